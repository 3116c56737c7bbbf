// Package guard tells who may post to the bot.
package guard

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"strings"
)

const (
	// Tokens can be guessed at from anywhere.
	shortest = 16
	most     = 8 // tokens: more than one only while one replaces another
)

// A Guard knows tokens, by their hashes. The zero Guard knows none.
type Guard struct{ sums [][sha256.Size]byte }

// New returns a Guard that lets in who knows one of the tokens. An error says what is wrong with them without showing
// them.
func New(tokens []string) (Guard, error) {
	var g Guard
	var wrong []error
	if len(tokens) == 0 {
		wrong = append(wrong, errors.New("there is no token, so anybody could post: `openssl rand -hex 16` makes one"))
	}
	if len(tokens) > most {
		wrong = append(wrong, fmt.Errorf("there are %d tokens, and may be %d", len(tokens), most))
	}
	for i, t := range tokens {
		switch {
		case len(t) < shortest:
			wrong = append(wrong, fmt.Errorf("token %d has %d bytes, and must have at least %d: `openssl rand -hex "+
				"16` makes one", i+1, len(t), shortest))
		case strings.ContainsFunc(t, func(c rune) bool { return c <= ' ' || c > '~' }):
			wrong = append(wrong, fmt.Errorf("token %d has a space or a character that is not ASCII, which headers "+
				"don't carry", i+1))
		}
		g.sums = append(g.sums, sha256.Sum256([]byte(t)))
	}
	return g, errors.Join(wrong...)
}

// Knows tells whether a request carries a token, as "Authorization: Bearer TOKEN" or as the password of basic
// authentication. It takes as long for a wrong token as for a right one, whatever they have in common.
func (g Guard) Knows(r *http.Request) bool {
	var token string
	if kind, rest, _ := strings.Cut(r.Header.Get("Authorization"), " "); strings.EqualFold(kind, "Bearer") {
		token = strings.TrimSpace(rest)
	} else {
		_, token, _ = r.BasicAuth()
	}
	sum, known := sha256.Sum256([]byte(token)), 0
	for i := range g.sums {
		known |= subtle.ConstantTimeCompare(sum[:], g.sums[i][:])
	}
	return known == 1
}
