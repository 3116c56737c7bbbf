package settings

import (
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"
)

// An Entry describes one setting.
type Entry struct {
	Group   string // one of [Groups]
	Name    string
	Default string // "" if there is no default
	Meaning string // one sentence, in Markdown without links

	home  string // the group if it were not essential
	trial bool
}

// Entries returns the descriptions of all settings, in the order of [Groups].
func Entries() []Entry {
	var out []Entry
	for _, f := range fields() {
		group, home, trial := place(f)
		out = append(out, Entry{
			group, f.Tag.Get("envconfig"), f.Tag.Get("default"),
			strings.ReplaceAll(f.Tag.Get("desc"), "''", "`"), home, trial,
		})
	}
	return out
}

func place(f reflect.StructField) (group, home string, trial bool) {
	top := reflect.TypeFor[Settings]()
	for i := range f.Index[0] + 1 {
		if g := top.Field(i).Tag.Get("group"); g != "" {
			home = g
		}
	}
	group = home
	if slices.Contains(essentials, f.Tag.Get("envconfig")) {
		group = essential
	}
	return group, home, top.Field(f.Index[0]).Tag.Get("trial") != ""
}

func names(wanted func(Entry) bool) (out []string) {
	for _, e := range Entries() {
		if wanted(e) {
			out = append(out, e.Name)
		}
	}
	return out
}

func entriesOf(group string) []Entry {
	return slices.DeleteFunc(Entries(), func(e Entry) bool { return e.Group != group })
}

// Markdown writes the reference of all settings for docs/settings.md: a heading and a table for each group.
func Markdown(w io.Writer) error {
	var b strings.Builder
	b.WriteByte('\n')
	for _, g := range Groups() {
		fmt.Fprintf(&b, "## %s\n\n%s %s\n\n| setting | default | meaning |\n|---|---|---|\n", g.Name, g.Intro, g.See)
		for _, e := range entriesOf(g.Name) {
			def := ""
			if e.Default != "" {
				def = "`" + e.Default + "`"
			}
			fmt.Fprintf(&b, "| `%s` | %s | %s |\n", e.Name, def, strings.ReplaceAll(e.Meaning, "|", `\|`))
		}
		b.WriteByte('\n')
	}
	writeRestarts(&b)
	_, err := io.WriteString(w, b.String())
	return err
}

// The narrowest column of meanings. In a narrower one, a meaning has lines of its own.
const leastMeaning = 32

// Print writes the groups and their settings. Lines are at most width columns wide, where words allow; 0 is any width.
func Print(w io.Writer, width int) error {
	var b strings.Builder
	for i, g := range Groups() {
		if i > 0 {
			b.WriteByte('\n')
		}
		g.print(&b, width)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// PrintGroup writes one group as [Print] does, with the names of its settings that are in the group of the essential
// ones.
func PrintGroup(w io.Writer, g Group, width int) error {
	var b strings.Builder
	g.print(&b, width)
	elsewhere := names(func(e Entry) bool { return e.home == g.Name && e.Group != g.Name })
	if len(elsewhere) > 0 {
		b.WriteString("\n" + wrap("In the group "+essential+": "+strings.Join(elsewhere, ", "), "", "  ", width))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (g Group) print(b *strings.Builder, width int) {
	var names, defaults int
	entries := entriesOf(g.Name)
	for _, e := range entries {
		names = max(names, utf8.RuneCountInString(e.Name))
		defaults = max(defaults, utf8.RuneCountInString(e.Default))
	}
	b.WriteString(wrap(g.Name+": "+plain(g.Intro), "", "  ", width))
	column := strings.Repeat(" ", 2+names+2+defaults+2)
	below := width > 0 && width-len(column) < leastMeaning
	for _, e := range entries {
		switch {
		case below:
			b.WriteString(strings.TrimRight("  "+e.Name+"  "+e.Default, " ") + "\n")
			b.WriteString(wrap(plain(e.Meaning), "      ", "      ", width))
		default:
			head := fmt.Sprintf("  %-*s  %-*s  ", names, e.Name, defaults, e.Default)
			b.WriteString(wrap(plain(e.Meaning), head, column, width))
		}
	}
}

func plain(markdown string) string { return strings.ReplaceAll(markdown, "`", "") }

// The first line begins with first, the others with next. A width of 0 is any width.
func wrap(text, first, next string, width int) string {
	if width <= 0 {
		return first + text + "\n"
	}
	var b strings.Builder
	line, empty := first, true
	for word := range strings.FieldsSeq(text) {
		if !empty && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > width {
			b.WriteString(line + "\n")
			line, empty = next, true
		}
		if !empty {
			line += " "
		}
		line, empty = line+word, false
	}
	return b.String() + line + "\n"
}
