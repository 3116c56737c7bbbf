package cli

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
)

// A docBlock is a fenced block of a document. A session is a block whose commands follow "$ ", each with its output.
type docBlock struct {
	page     string
	line     int // of the first line in the fences
	language string
	text     string
	before   string // the nearest text above it
}

// A docCommand is a command as a document shows it.
type docCommand struct {
	page  string
	line  int
	text  string
	shown []string // the output in a session
	// session says that the block shows what the command prints.
	session bool
}

var (
	fence      = regexp.MustCompile("^( *)```([a-z]*)$")
	assignment = regexp.MustCompile(`^[A-Z][A-Z0-9_]*=`)
)

func docBlocks(t *testing.T, page string) (blocks []docBlock) {
	t.Helper()
	var b *docBlock
	above, indent := "", ""
	for i, line := range strings.Split(read(t, root+page), "\n") {
		m := fence.FindStringSubmatch(line)
		switch {
		case m != nil && b == nil:
			b, indent = &docBlock{page: page, line: i + 2, language: m[2], before: above}, m[1]
		case m != nil:
			blocks, b = append(blocks, *b), nil
		case b != nil:
			b.text += strings.TrimPrefix(line, indent) + "\n"
		case line != "":
			above = line
		}
	}
	return blocks
}

// The documents with commands, as paths from the root.
func docPages(t *testing.T) (pages []string) {
	t.Helper()
	for _, file := range textFiles(t) {
		if filepath.Ext(file) == ".md" {
			pages = append(pages, strings.TrimPrefix(file, root))
		}
	}
	return pages
}

func (b docBlock) line0() string { return strings.SplitN(b.text, "\n", 2)[0] }

func (b docBlock) isSession() bool {
	return b.language == "" && strings.HasPrefix(b.text, "$ ")
}

// The commands of a block, without comments.
func (b docBlock) commands() (all []docCommand) {
	switch {
	case b.isSession():
		for i, line := range strings.Split(strings.TrimSuffix(b.text, "\n"), "\n") {
			if command, ok := strings.CutPrefix(line, "$ "); ok {
				all = append(all, docCommand{page: b.page, line: b.line + i, text: command, session: true})
			} else {
				last := &all[len(all)-1]
				last.shown = append(last.shown, line)
			}
		}
	case b.language == "sh" || b.language == "bash":
		if strings.HasPrefix(b.text, "#!") {
			return nil // a script
		}
		whole, at := "", 0
		for i, line := range strings.Split(strings.TrimSuffix(b.text, "\n"), "\n") {
			if whole == "" {
				at = b.line + i
			}
			whole += line
			code, open := shellCode(whole)
			if open {
				whole += "\n"
				continue
			}
			if whole = ""; code != "" {
				all = append(all, docCommand{page: b.page, line: at, text: code})
			}
		}
	}
	return all
}

// A block of settings has nothing but assignments.
func (b docBlock) isSettings() bool {
	commands := b.commands()
	for _, c := range commands {
		if rest, ok := afterAssignment(c.text); !ok || rest != "" || !isSetting(strings.SplitN(c.text, "=", 2)[0]) {
			return false
		}
	}
	return len(commands) > 0 && !b.isSession()
}

func isSetting(name string) bool {
	name = strings.TrimPrefix(name, settings.Prefix)
	return name != "" && slices.ContainsFunc(settings.Entries(), func(e settings.Entry) bool { return e.Name == name || settings.OtherName(e.Name) == name })
}

// What follows an assignment at the beginning of a command.
func afterAssignment(code string) (rest string, ok bool) {
	if !assignment.MatchString(code) {
		return "", false
	}
	quote := byte(0)
	for i := range len(code) {
		switch c := code[i]; {
		case quote == 0 && (c == '\'' || c == '"'):
			quote = c
		case c == quote:
			quote = 0
		case quote == 0 && c == ' ':
			return strings.TrimSpace(code[i:]), true
		}
	}
	return "", true
}

// The code of a line without its comment, and whether the command continues on the next line.
func shellCode(line string) (code string, open bool) {
	quote := byte(0)
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case c == '\\' && quote != '\'':
			if i++; i == len(line) {
				return "", true
			}
		case quote == 0 && (c == '\'' || c == '"'):
			quote = c
		case c == quote:
			quote = 0
		case c == '#' && quote == 0 && (i == 0 || line[i-1] == ' '):
			return strings.TrimSpace(line[:i]), false
		}
	}
	return strings.TrimSpace(line), quote != 0
}

func TestCommandsAreFoundInDocuments(t *testing.T) {
	t.Parallel()
	b := docBlock{line: 7, language: "sh", text: "a --b '# c' \\\n  \"d\n e\"   # f\n# g\n\nX='y z' h#i  # j\n"}
	got := b.commands()
	if len(got) != 2 || got[0].text != "a --b '# c' \\\n  \"d\n e\"" || got[0].line != 7 || got[1].text != "X='y z' h#i" || got[1].line != 12 {
		t.Errorf("got %+v", got)
	}
	b = docBlock{line: 7, text: "$ a\nb\n\n$ c\n"}
	if got := b.commands(); len(got) != 2 || len(got[0].shown) != 2 || got[1].line != 10 || got[1].shown != nil {
		t.Errorf("got %+v", got)
	}
	for text, want := range map[string]bool{
		"MIN_DYNOS=1\nMAX_DYNOS='2 3'    # c\n": true, "MIN_DYNOS=1 b\n": false, "MIN_DYNOS=1\nb\n": false, "# a\n": false,
		"export MIN_DYNOS=1\n": false, "MIN_DYNOS=1\nVERSION=2\n": false,
	} {
		if (docBlock{language: "sh", text: text}).isSettings() != want {
			t.Errorf("%q is a block of settings: %v, want %v", text, !want, want)
		}
	}
}
