package web

import (
	"slices"
	"strings"
	"sync"
	"unicode"
)

// Secrets are what must appear in no text. They may be used from several goroutines.
type Secrets struct {
	mark string

	mu     sync.Mutex
	kept   []string
	newest []string
}

// NewSecrets makes Secrets of those that stay the same. mark stands in their place, as in "[key]".
func NewSecrets(mark string, kept ...string) *Secrets {
	none := func(s string) bool { return s == "" }
	return &Secrets{mark: mark, kept: slices.DeleteFunc(kept, none)}
}

// Add makes the newest tokens secrets as well, and forgets all but the last eight.
func (s *Secrets) Add(tokens ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, token := range tokens {
		if token != "" && !slices.Contains(s.newest, token) {
			s.newest = append(s.newest, token)
		}
	}
	s.newest = s.newest[max(0, len(s.newest)-8):]
}

// Strike strikes the secrets out of a text that the server may have had a hand in, and makes it fit for one line, as
// [Line] does.
func (s *Secrets) Strike(text string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, list := range [][]string{s.kept, s.newest} {
		for _, secret := range list {
			text = strings.ReplaceAll(text, secret, s.mark)
		}
	}
	return Line(text)
}

// Line makes a text of the server's fit for one line of a log: no control characters, at most 300 characters.
func Line(s string) string {
	s = strings.TrimSpace(strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, s))
	if r := []rune(s); len(r) > 300 {
		return string(r[:300]) + "…"
	}
	return s
}
