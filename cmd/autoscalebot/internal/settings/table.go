package settings

import (
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"text/tabwriter"
)

// An Entry describes one setting.
type Entry struct {
	Group   string // one of [Groups]
	Name    string
	Default string // "" if there is no default
	Meaning string // one sentence, in Markdown without links

	trial bool
}

// Entries returns the descriptions of all settings, in the order of [Groups].
func Entries() []Entry {
	var out []Entry
	for _, f := range fields() {
		group, trial := place(f)
		out = append(out, Entry{
			group, f.Tag.Get("envconfig"), f.Tag.Get("default"),
			strings.ReplaceAll(f.Tag.Get("desc"), "''", "`"), trial,
		})
	}
	return out
}

func place(f reflect.StructField) (group string, trial bool) {
	top := reflect.TypeFor[Settings]()
	for i := range f.Index[0] + 1 {
		if g := top.Field(i).Tag.Get("group"); g != "" {
			group = g
		}
	}
	if slices.Contains(essentials, f.Tag.Get("envconfig")) {
		group = essential
	}
	return group, top.Field(f.Index[0]).Tag.Get("trial") != ""
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
	_, err := io.WriteString(w, b.String())
	return err
}

// Print writes the groups and their settings for a terminal.
func Print(w io.Writer) error {
	plain := strings.NewReplacer("`", "")
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for i, g := range Groups() {
		if i > 0 {
			fmt.Fprintln(tw)
		}
		fmt.Fprintf(tw, "%s: %s\n", g.Name, plain.Replace(g.Intro))
		for _, e := range entriesOf(g.Name) {
			fmt.Fprintf(tw, "  %s\t%s\t%s\n", e.Name, e.Default, plain.Replace(e.Meaning))
		}
	}
	return tw.Flush()
}
