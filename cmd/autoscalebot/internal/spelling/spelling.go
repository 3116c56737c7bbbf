// Package spelling finds the known name that is meant by a misspelled one.
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

// Nearest returns the name with the smallest edit distance, the first one if there are several. It panics if there are
// no names.
func Nearest(name string, names []string) string {
	return slices.MinFunc(names, func(a, b string) int { return distance(a, name) - distance(b, name) })
}

// Meant returns the nearest name if it is near enough for a typing mistake, at most 3 edits.
func Meant(name string, names []string) (meant string, ok bool) {
	if len(names) == 0 {
		return "", false
	}
	meant = Nearest(name, names)
	return meant, distance(meant, name) <= farthestTypo
}

// Begun returns the name that a short word means: the nearest one with at most an edit for each three characters, or
// the only one that begins with the word.
func Begun(word string, names []string) (meant string, ok bool) {
	begun := slices.DeleteFunc(slices.Clone(names), func(name string) bool { return !strings.HasPrefix(name, word) })
	if len(begun) == 1 && word != "" {
		return begun[0], true
	}
	if meant, ok = Meant(word, names); !ok || distance(meant, word) > max(1, len(word)/3) || len(word) < 2 {
		return "", false
	}
	return meant, true
}

func distance(a, b string) int { return levenshtein.ComputeDistance(a, b) }

var word = regexp.MustCompile(`^[A-Za-z][A-Za-z_ -]{0,29}$`)

// Shown returns a name for a message. A secret may have been written instead of a name, so a text that is neither a
// word nor similar to one of names becomes its length.
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
