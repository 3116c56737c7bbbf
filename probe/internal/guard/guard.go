// Package guard checks who may post to the bot.
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
	// Anybody can guess at tokens.
	shortest = 16
	most     = 8 // tokens: several only while one replaces another
)

// A Guard knows the hashes of tokens. The zero Guard knows no tokens.
type Guard struct{ sums [][sha256.Size]byte }

// New returns a Guard for the tokens. Its error says what is wrong with them without showing them.
func New(tokens []string) (Guard, error) {
	var g Guard
	var wrong []error
	if len(tokens) == 0 {
		wrong = append(wrong, errors.New("there is no token, so anybody could post: `openssl rand -hex 16` "+
			"generates one"))
	}
	if len(tokens) > most {
		wrong = append(wrong, fmt.Errorf("there are %d tokens: the maximum is %d", len(tokens), most))
	}
	for i, t := range tokens {
		switch {
		case len(t) < shortest:
			wrong = append(wrong, fmt.Errorf("token %d has %d bytes: must have at least %d, `openssl rand -hex "+
				"16` generates one", i+1, len(t), shortest))
		case strings.ContainsFunc(t, func(c rune) bool { return c <= ' ' || c > '~' }):
			wrong = append(wrong, fmt.Errorf("token %d has a space or a character that is not ASCII, which headers "+
				"cannot carry", i+1))
		}
		g.sums = append(g.sums, sha256.Sum256([]byte(t)))
	}
	return g, errors.Join(wrong...)
}

// Knows reports whether a request carries one of the tokens, as "Authorization: Bearer TOKEN" or as the password of
// basic authentication. It takes constant time, whatever a wrong token has in common with a right one.
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
