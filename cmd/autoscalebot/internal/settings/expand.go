package settings

import (
	"fmt"
	"os"
	"strings"
)

// ${NAME} is an environment variable and $$ a dollar. Any other dollar stays. names are the variables in the text.
// wrong never quotes their values.
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
				return text, names, "${ must be followed by the name of an environment variable and }. " +
					"Write $${ for a " +
					"literal ${"
			case !set:
				wrong = fmt.Sprintf("the environment variable %s is not set. Set it, or write $${%s} for the literal "+
					"text", name, name)
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
