package dashboard

import (
	"cmp"
	"strings"

	"github.com/autoscalebot/autoscalebot/notify"
)

// The platform's word for one dyno; "" means dyno.
type noun string

func (n noun) one() string { return cmp.Or(notify.OneLine(string(n), 30), "dyno") }

func (n noun) many() string {
	one := n.one()
	if strings.HasSuffix(one, "s") {
		return one + "es"
	}
	return one + "s"
}

func (n noun) title() string {
	many := n.many()
	return strings.ToUpper(many[:1]) + many[1:]
}

func (n noun) a() string {
	one := n.one()
	if strings.Contains("aeiou", one[:1]) {
		return "an " + one
	}
	return "a " + one
}

func (n noun) count(i int) string { return count(i, n.one(), n.many()) }
