package settings

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// An Entry describes one setting to its user.
type Entry struct {
	Group   string
	Name    string
	Default string
	Meaning string
}

// Entries describes every setting, in the order in which they are best read.
func Entries() []Entry {
	var out []Entry
	group := ""
	for _, f := range fields() {
		if g, ok := f.Tag.Lookup("group"); ok {
			group = g
		}
		out = append(out, Entry{
			group, f.Tag.Get("envconfig"), f.Tag.Get("default"),
			strings.ReplaceAll(f.Tag.Get("desc"), "''", "`"),
		})
	}
	return out
}

func names(wanted func(Entry) bool) (out []string) {
	for _, e := range Entries() {
		if wanted(e) {
			out = append(out, e.Name)
		}
	}
	return out
}

// Markdown writes the settings as the table that stands in the README, with a row for each group's name.
func Markdown(w io.Writer) error {
	var b strings.Builder
	b.WriteString("| setting | default | meaning |\n|---|---|---|\n")
	group := ""
	for _, e := range Entries() {
		if e.Group != group {
			group = e.Group
			fmt.Fprintf(&b, "| **%s** | | |\n", group)
		}
		def := ""
		if e.Default != "" {
			def = "`" + e.Default + "`"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", e.Name, def, strings.ReplaceAll(e.Meaning, "|", `\|`))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// Print writes the settings for a terminal.
func Print(w io.Writer) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	group := ""
	for _, e := range Entries() {
		if e.Group != group {
			if group != "" {
				fmt.Fprintln(tw)
			}
			group = e.Group
			fmt.Fprintln(tw, group)
		}
		fmt.Fprintf(tw, "  %s\t%s\t%s\n", e.Name, e.Default, strings.ReplaceAll(e.Meaning, "`", ""))
	}
	return tw.Flush()
}
