package settings

import (
	"fmt"
	"os"
	"strings"
)

// expand replaces ${NAME} by an environment variable, and $$ by a dollar; another dollar stays. wrong shows no
// variable's value; names are the variables in the text.
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
			case !closed || !variableName.MatchString(name):
				return text, names, "${ must be followed by the name of an environment variable and }; write $${ for " +
					"these characters themselves"
			case !set:
				wrong = fmt.Sprintf("the environment variable %s is not set; set it, or write $${%s} for these "+
					"characters themselves", name, name)
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
