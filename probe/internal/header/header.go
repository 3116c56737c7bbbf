// Package header checks the names and values of HTTP headers.
package header

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/http/httpguts"
)

// ValidName reports whether s is a token as RFC 9110 defines it (section 5.6.2).
func ValidName(s string) bool { return httpguts.ValidHeaderFieldName(s) }

// InvalidName describes an invalid name without showing it: if a colon is missing, the name holds the value.
func InvalidName(name string) string {
	return fmt.Sprintf("has an invalid name of %d characters: use letters, digits and hyphens",
		utf8.RuneCountInString(name))
}

// ValidValue reports whether s has no control character except tabs.
func ValidValue(s string) bool {
	return !strings.ContainsFunc(s, func(c rune) bool { return c < ' ' && c != '\t' || c == 0x7f })
}
