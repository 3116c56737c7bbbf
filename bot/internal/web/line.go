// Package web makes the calls to the APIs of different platforms: it bounds them, tries again what may pass, waits
// where it is asked to, and tells what went wrong.
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
