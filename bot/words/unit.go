package words

import (
	"cmp"
	"fmt"
	"strings"
)

// A Unit is a platform's word for what it scales, in the singular: "dyno", "instance", "server" or "process". The zero
// Unit is "dyno".
type Unit string

// One returns the singular.
func (u Unit) One() string { return cmp.Or(string(u), "dyno") }

// Many returns the plural: "dynos", "processes".
func (u Unit) Many() string {
	if one := u.One(); strings.HasSuffix(one, "s") {
		return one + "es"
	}
	return u.One() + "s"
}

// Of returns n with the word: "1 dyno", "3 dynos".
func (u Unit) Of(n int) string {
	if n == 1 {
		return "1 " + u.One()
	}
	return fmt.Sprintf("%d %s", n, u.Many())
}
