// Package starter writes the first settings file of somebody new: commented, with what a platform needs, or with what
// another autoscaler's file says.
package starter

import (
	"bytes"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
)

// A File is a settings file in the making.
type File struct {
	// Head is what stands above all, a paragraph each.
	Head     []string
	Sections []Section
}

// A Section is a part of the file with a heading.
type Section struct {
	Title string
	Lines []Line
}

// A Line is one setting.
type Line struct {
	// Name is the setting's, as the environment has it, and Value what it is set to.
	Name, Value string
	// Off has it stand there as a comment, for who wants it.
	Off bool
	// Note stands above it, in the place of what the setting means in general; "" for that.
	Note string
}

const width = 100

// YAML writes the file as AUTOSCALE_FILE names one. A setting that is off is a line that begins with # and no space.
func (f File) YAML() []byte {
	meanings := map[string]string{}
	for _, e := range settings.Entries() {
		meanings[e.Name] = plain(e.Meaning)
	}
	var b bytes.Buffer
	for _, text := range f.Head {
		for _, line := range wrap(text, width-2) {
			b.WriteString("# " + line + "\n")
		}
	}
	for _, s := range f.Sections {
		fmt.Fprintf(&b, "\n# ---- %s ----\n", s.Title)
		for _, l := range s.Lines {
			note := l.Note
			if note == "" {
				note = meanings[l.Name]
			}
			b.WriteString("\n")
			for _, line := range wrap(note, width-2) {
				b.WriteString("# " + line + "\n")
			}
			if l.Off {
				b.WriteString("#")
			}
			fmt.Fprintf(&b, "%s: %s\n", strings.ToLower(l.Name), scalar(literal(l.Value)))
		}
	}
	return b.Bytes()
}

var link = regexp.MustCompile(`\[([^\]]*)\]\([^)]*\)`)

func plain(meaning string) string {
	return strings.ReplaceAll(link.ReplaceAllString(meaning, "$1"), "`", "")
}

func wrap(text string, width int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && len(line)+1+len(word) > width {
			lines = append(lines, line)
			line = ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return append(lines, line)
}

// literal keeps a dollar from beginning a variable: the file's reader takes ${NAME} for one, and $$ for a dollar.
func literal(value string) string {
	var b strings.Builder
	for i := range len(value) {
		b.WriteByte(value[i])
		if value[i] == '$' && i+1 < len(value) && (value[i+1] == '$' || value[i+1] == '{') {
			b.WriteByte('$')
		}
	}
	return b.String()
}

var simple = regexp.MustCompile(`^[A-Za-z/][A-Za-z0-9_./@-]*$|^[0-9]+$`) // needs no quotes in YAML

func scalar(text string) string {
	switch strings.ToLower(text) {
	case "true", "false":
		return text
	case "yes", "no", "on", "off", "null", "y", "n": // which some take for something else
		return "'" + text + "'"
	}
	if simple.MatchString(text) {
		return text
	}
	if strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r >= 0x7f }) {
		return strconv.QuoteToASCII(text) // whose escapes are YAML's as well
	}
	return "'" + strings.ReplaceAll(text, "'", "''") + "'"
}
