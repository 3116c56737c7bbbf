package settings

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"strings"
)

// For platforms that have instances instead of dynos.
var otherNames = map[string]string{"MIN_INSTANCES": "MIN_DYNOS", "MAX_INSTANCES": "MAX_DYNOS"}

// OtherName returns the second name of a setting, "" if it has only one.
func OtherName(name string) string {
	for other, of := range otherNames {
		if of == name {
			return other
		}
	}
	return ""
}

func mainName(name string) string { return cmp.Or(otherNames[name], name) }

// MainNames replaces second names in pairs of NAME=value by the main names of the settings, without the prefix.
func MainNames(pairs []string) []string {
	out := slices.Clone(pairs)
	for i, pair := range out {
		name, _, _ := strings.Cut(strings.TrimPrefix(pair, Prefix), "=")
		if main := mainName(name); main != name {
			out[i] = main + strings.TrimPrefix(strings.TrimPrefix(pair, Prefix), name)
		}
	}
	return out
}

// Named replaces the settings' main names in a text by the names under which the user has set them.
func (s *Settings) Named(text string) string {
	for _, name := range otherNames {
		text = strings.ReplaceAll(text, name, s.called(name))
	}
	return text
}

func (s *Settings) called(name string) string { return cmp.Or(s.as[name], s.src.called(name)) }

// The name in the environment or in the file, without the prefix.
func (src *source) called(name string) string {
	if under := find(name); under != "" {
		return strings.TrimPrefix(under, Prefix)
	}
	g, _ := src.given(name)
	return cmp.Or(g.as, name)
}

const (
	sameSetting = "is another name of %s, which is set too; remove one of them"
	sameInFile  = "is another name of %s, which %s sets too; remove one of them"
)

// This finds a second name in the environment, or in the environment and the file.
func (ps *Problems) twoNames(src *source, name string) {
	other := OtherName(name)
	if other == "" {
		return
	}
	first, second := set(name), set(other)
	if first != "" && second != "" {
		ps.add(second, sameSetting, first)
		return
	}
	under := cmp.Or(first, second)
	if g, _ := src.given(name); under != "" && g.as != "" && g.as != strings.TrimPrefix(under, Prefix) {
		*ps = append(*ps, Problem{
			strings.ToLower(g.as), fmt.Sprintf(sameInFile, under, "the environment"), g.at,
		})
	}
}

// This finds a second name in the file.
func (f *file) twoNames(line int, as string, earlier ...given) {
	for _, g := range earlier {
		if g.as != "" && g.as != as {
			f.wrong(line, strings.ToLower(as), sameInFile, strings.ToLower(g.as), g.at)
			return
		}
	}
}

// An empty variable counts as not set.
func set(name string) string {
	for _, under := range []string{Prefix + name, name} {
		if strings.TrimSpace(os.Getenv(under)) != "" {
			return under
		}
	}
	return ""
}
