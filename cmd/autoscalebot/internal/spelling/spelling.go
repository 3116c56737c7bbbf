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

const farthestTypo = 3

// Nearest returns the one of names that takes the fewest letters to insert, delete or replace, the first of several. It
// panics if there are no names.
func Nearest(name string, names []string) string {
	return slices.MinFunc(names, func(a, b string) int { return distance(a, name) - distance(b, name) })
}

// Meant returns the nearest of names, where it is so near that name is a typing mistake.
func Meant(name string, names []string) (meant string, ok bool) {
	if len(names) == 0 {
		return "", false
	}
	meant = Nearest(name, names)
	return meant, distance(meant, name) <= farthestTypo
}

func distance(a, b string) int { return levenshtein.ComputeDistance(a, b) }

var word = regexp.MustCompile(`^[A-Za-z][A-Za-z_ -]{0,29}$`)

// Shown returns the name that somebody wrote as a message may show it: as it is where it is a word or much like one of
// names, and else only its length, as a secret may have been written in the place of a name.
func Shown(name string, names []string) string {
	likeOurs := false
	if lower := strings.ToLower(name); len(name) < 60 {
		meant, ok := Meant(lower, names)
		likeOurs = ok && distance(lower, meant) <= len(name)/3
	}
	if likeOurs || word.MatchString(name) {
		return name
	}
	return fmt.Sprintf("a name of %d characters", utf8.RuneCountInString(name))
}
