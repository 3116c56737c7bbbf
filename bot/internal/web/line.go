// Package web is what the calls to the APIs of different platforms have in common: how they wait for another try, and how what went wrong
// is told.
package web

import (
	"strings"
	"unicode"
)

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
