package settings

import (
	"fmt"
	"os"
	"regexp"
	"strings"
)

// variable is the name of an environment variable as ${…} may hold it.
var variable = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// expand replaces ${NAME} in a text by the environment variable of this name, and $$ by a dollar; another dollar stays as it is. wrong says
// what is wrong with the text, without the value of a variable; names are the variables in it.
func expand(text string) (expanded string, names []string, wrong string) {
	var b strings.Builder
	for {
		before, after, found := strings.Cut(text, "$")
		b.WriteString(before)
		if !found {
			return b.String(), names, wrong
		}
		switch {
		case strings.HasPrefix(after, "$"):
			b.WriteByte('$')
			text = after[1:]
		case strings.HasPrefix(after, "{"):
			name, rest, closed := strings.Cut(after[1:], "}")
			value, set := os.LookupEnv(name)
			switch {
			case !closed || !variable.MatchString(name):
				return text, names, "${ must be followed by the name of an environment variable and }; write $${ for these characters themselves"
			case !set:
				wrong = fmt.Sprintf("the environment variable %s is not set; set it, or write $${%s} for these characters themselves", name, name)
			}
			names = append(names, name)
			b.WriteString(value)
			text = rest
		default:
			b.WriteByte('$')
			text = after
		}
	}
}
