package web

import (
	"slices"
	"strings"
	"sync"
	"unicode"
)

// Secrets are texts that must not appear in errors and logs. They are safe for concurrent use.
type Secrets struct {
	mark string

	mu     sync.Mutex
	kept   []string
	newest []string
}

// NewSecrets returns Secrets with permanent ones. mark replaces them, as in "[key]".
func NewSecrets(mark string, kept ...string) *Secrets {
	none := func(s string) bool { return s == "" }
	return &Secrets{mark: mark, kept: slices.DeleteFunc(kept, none)}
}

// Add adds the newest tokens, and forgets all but the last eight.
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

// Strike replaces the secrets in a text from a server, and makes it one line, as [Line] does.
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

// Line makes a server's text one line for a log: without control characters, at most 300 characters long.
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
