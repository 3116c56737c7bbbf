// Package header tells which names and values an HTTP header may have.
package header

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/http/httpguts"
)

// ValidName says whether s is a token as RFC 9110 has it (section 5.6.2).
func ValidName(s string) bool { return httpguts.ValidHeaderFieldName(s) }

// InvalidName says that a name is invalid. It does not show it: who forgets a colon has the value in it.
func InvalidName(name string) string {
	return fmt.Sprintf("with a name of %d characters, which is invalid: use letters, digits and hyphens",
		utf8.RuneCountInString(name))
}

// ValidValue says whether s has no control character, save for tabs.
func ValidValue(s string) bool {
	return !strings.ContainsFunc(s, func(c rune) bool { return c < ' ' && c != '\t' || c == 0x7f })
}
