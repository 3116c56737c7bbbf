// Package spelling finds the name that somebody meant who wrote another.
package spelling

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/agnivade/levenshtein"
)

// Distance is the least number of letters to insert, delete or replace that makes a of b.
func Distance(a, b string) int { return levenshtein.ComputeDistance(a, b) }

// Nearest returns the name with the least Distance to name, the first of several. It panics if there are no names.
func Nearest(name string, names []string) string {
	return slices.MinFunc(names, func(a, b string) int { return Distance(a, name) - Distance(b, name) })
}

// word is what a name looks like that somebody made up: no digits, and not long.
var word = regexp.MustCompile(`^[A-Za-z][A-Za-z_ -]{0,29}$`)

// Shown returns the name that somebody wrote as a message may show it: as it is where it is a word or much like one of names, and else only its
// length, as a secret may have been written in the place of a name.
func Shown(name string, names []string) string {
	likeOurs := len(names) > 0 && len(name) < 60 && Distance(strings.ToLower(name), Nearest(strings.ToLower(name), names)) <= min(3, len(name)/3)
	if likeOurs || word.MatchString(name) {
		return name
	}
	return fmt.Sprintf("a name of %d characters", utf8.RuneCountInString(name))
}
