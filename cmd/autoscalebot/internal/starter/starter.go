// Package starter writes a first settings file with comments, for a platform or converted from another autoscaler's
// file.
package starter

import (
	"bytes"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
)

// A File is the content of a settings file.
type File struct {
	// Head has the paragraphs at the top.
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
	// Name is the setting's name in the environment.
	Name, Value string
	// Off makes the line a comment, which the user can switch on.
	Off bool
	// Note is the comment above the line; "" for the setting's description.
	Note string
}

const width = 100

// YAML returns the file for AUTOSCALE_FILE. A setting that is off is a line that begins with # and no space.
func (f File) YAML() []byte {
	meanings := map[string]string{}
	for _, e := range settings.Entries() {
		meanings[e.Name] = strings.ReplaceAll(e.Meaning, "`", "")
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

// In the file ${NAME} is a variable and $$ a dollar.
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

var simple = regexp.MustCompile(`^[A-Za-z/][A-Za-z0-9_./@-]*$|^[0-9]+$`) // it needs no quotes in YAML

func scalar(text string) string {
	switch strings.ToLower(text) {
	case "true", "false":
		return text
	case "yes", "no", "on", "off", "null", "y", "n": // some readers take them for booleans or null
		return "'" + text + "'"
	}
	if simple.MatchString(text) {
		return text
	}
	if strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r >= 0x7f }) {
		return strconv.QuoteToASCII(text) // YAML has the same escapes
	}
	return "'" + strings.ReplaceAll(text, "'", "''") + "'"
}
