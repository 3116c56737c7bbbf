package settings

import (
	"cmp"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/spelling"
)

// The pages of the essential settings, whose group has several.
var essentialPages = map[string]string{
	"HEARTBEAT_URL": "heartbeat.md", "HEROKU_APP_NAME": "platforms.md", "HEROKU_API_KEY": "platforms.md",
	"MIN_DYNOS": "schedule.md", "MAX_DYNOS": "schedule.md", "TIME_ZONE": "schedule.md", "POLICY": "adaptive.md",
	"MAX_RESPONSE_TIME_IN_MS": "heartbeat.md", "MIN_RESPONSE_TIME_IN_MS": "heartbeat.md",
	"HEARTBEAT_INTERVAL_IN_SECONDS": "heartbeat.md", "DASHBOARD_PASSWORD": "dashboard.md", "DRY_RUN": "safety.md",
}

var link = regexp.MustCompile(`\]\(([^)]+)\)`)

// Pages returns the pages of the documentation with the details of a setting, such as docs/schedule.md.
func (e Entry) Pages() []string {
	out := []string{"docs/settings.md"}
	if page := essentialPages[e.Name]; page != "" {
		return append([]string{"docs/" + page}, out...)
	}
	for _, g := range Groups() {
		for _, found := range link.FindAllStringSubmatch(g.See, -1) {
			if page := "docs/" + found[1]; g.Name == e.Group && strings.Contains(page, ".md") {
				out = slices.Insert(out, len(out)-1, page)
			}
		}
	}
	return out
}

// FindEntry returns the setting of a name in any form: in any case, with or without the prefix, or its second name. The
// error has the nearest names.
func FindEntry(name string) (Entry, error) {
	upper := strings.ToUpper(strings.TrimSpace(name))
	short := strings.TrimPrefix(upper, Prefix)
	all := Entries()
	for _, e := range all {
		if e.Name == upper || e.Name == mainName(short) {
			return e, nil
		}
	}
	var known, with []string
	for _, e := range all {
		known = append(known, e.Name)
		if strings.Contains(e.Name, short) && short != "" {
			with = append(with, e.Name)
		}
	}
	hint := "Run autoscalebot settings for the list"
	const most = 6
	if meant, ok := spelling.Begun(short, known); ok {
		hint = "Did you mean " + meant + "?"
	} else if n := len(with); n > 0 && n <= most {
		hint = "Did you mean " + strings.Join(with, " or ") + "?"
	}
	return Entry{}, fmt.Errorf("unknown setting %q. %s", spelling.Shown(name, known), hint)
}

// FindGroup returns the group of a name or of a word of it, in any case. The error has the nearest one.
func FindGroup(name string) (Group, error) {
	var known []string
	var with []Group
	lower := strings.ToLower(strings.TrimSpace(name))
	for _, g := range Groups() {
		has := strings.ToLower(g.Name)
		if has == lower {
			return g, nil
		}
		if slices.Contains(strings.Fields(has), lower) {
			with = append(with, g)
		}
		known = append(known, has)
		known = append(known, strings.Fields(has)...)
	}
	if len(with) == 1 {
		return with[0], nil
	}
	known = slices.DeleteFunc(known, func(word string) bool { return word == "and" || word == "of" })
	if meant, ok := spelling.Begun(lower, known); ok && len(with) == 0 {
		return Group{}, fmt.Errorf("unknown group %q. Did you mean %s?", name, meant)
	}
	var names []string
	for _, g := range Groups() {
		names = append(names, g.Name)
	}
	return Group{}, fmt.Errorf("unknown group %q: must be one of %s", name, strings.Join(names, ", "))
}

// WriteStory writes one setting with what it means, its default, where it is set now, its group, its names, and the
// pages that describe it. The width is as in [Print]. The error is a [Problems] if the settings file cannot be read.
func (e Entry) WriteStory(w io.Writer, width int) error {
	var problems Problems
	sources := problems.sources()
	if sources[0].broken() {
		return append(problems, sources[0].problems()...)
	}
	rows := [][2]string{{"default", cmp.Or(e.Default, "no default")}}
	for _, src := range sources {
		label := "now"
		if src != nil && src.own != nil && len(sources) > 1 {
			label += " for " + src.own.name
		}
		rows = append(rows, [2]string{label, e.now(src)})
	}
	rows = append(
		rows, [2]string{"group", e.Group}, [2]string{"names", e.forms()},
		[2]string{"read more", strings.Join(e.Pages(), ", ")},
	)
	var b strings.Builder
	b.WriteString(wrap(e.Name+": "+plain(e.Meaning), "", "  ", width) + "\n")
	labels := 0
	for _, row := range rows {
		labels = max(labels, len(row[0]))
	}
	for _, row := range rows {
		b.WriteString(wrap(row[1], fmt.Sprintf("  %-*s  ", labels, row[0]), strings.Repeat(" ", labels+4), width))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// The value in force, and where it is set.
func (e Entry) now(src *source) string {
	var problems Problems
	problems.read(src, func(name string) bool { return name == e.Name })
	problems.place(0, src)
	text := ""
	for _, f := range fields() {
		if f.Tag.Get("envconfig") == e.Name {
			text = src.text(f)
		}
	}
	if text == hidden {
		text = strings.Trim(hidden, "()")
	}
	switch from := src.from(e.Name); {
	case from == "" && text == "":
		text = "not set"
	case from == "":
		text += " (the default)"
	case find(e.Name) != "":
		text += " (from the environment variable " + from + ")"
	default:
		text += " (from " + from + ")"
	}
	for _, p := range problems {
		text += "; invalid: " + p.What
	}
	return text
}

func (e Entry) forms() string {
	if e.Name == fileName {
		return e.Name + " in the environment"
	}
	names := []string{e.Name, Prefix + e.Name}
	if other := OtherName(e.Name); other != "" {
		names = append(names, other, Prefix+other)
	}
	return strings.Join(names, ", ") + "; " + strings.ToLower(e.Name) + " in the file of " + fileName
}
