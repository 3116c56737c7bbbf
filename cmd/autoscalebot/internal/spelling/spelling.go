// Package spelling finds the name that somebody meant who wrote another.
package spelling

import (
	"slices"

	"github.com/agnivade/levenshtein"
)

// Distance is the least number of letters to insert, delete or replace that makes a of b.
func Distance(a, b string) int { return levenshtein.ComputeDistance(a, b) }

// Nearest returns the name with the least Distance to name, the first of several. It panics if there are no names.
func Nearest(name string, names []string) string {
	return slices.MinFunc(names, func(a, b string) int { return Distance(a, name) - Distance(b, name) })
}
