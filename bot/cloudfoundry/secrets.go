package cloudfoundry

import (
	"strings"
	"sync"
)

// secrets are what must appear in no text.
type secrets struct {
	mu   sync.Mutex
	kept []string // the credentials'
	last []string // the newest tokens
}

func newSecrets(c Credentials) *secrets {
	return &secrets{kept: []string{c.Password, c.ClientSecret, c.RefreshToken}}
}

// add makes the newest tokens secrets, and forgets those before the ones before.
func (s *secrets) add(tokens ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last = append(s.last, tokens...)
	s.last = s.last[max(0, len(s.last)-4):]
}

// strike strikes the secrets out of a text that the server may have had a hand in, and makes it fit for one line.
func (s *secrets) strike(text string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, list := range [][]string{s.kept, s.last} {
		for _, secret := range list {
			if secret != "" {
				text = strings.ReplaceAll(text, secret, "[secret]")
			}
		}
	}
	return clean(text)
}
