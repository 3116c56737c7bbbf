package demo

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// A Screen is the terminal that shows a run.
type Screen struct {
	Columns, Rows int
	// ASCII: the terminal shows no other characters. Plain: it shows no color.
	ASCII, Plain bool
}

var (
	styles   = regexp.MustCompile("\x1b\\[[0-9;]*m")
	trailing = regexp.MustCompile(" +((\x1b\\[0m)*)$")
	// Words change their length, so they change before lines are broken.
	asciiWords = strings.NewReplacer("→", "->", "…", "...", "×", "x", "·", "-")
	// One character each.
	asciiMarks = strings.NewReplacer(
		"┤", "|", "┼", "+", "╭", ".", "╮", ".", "╰", "'", "╯", "'", "│", "|", "─", "-", "╶", "-", "╴", "-",
		"■", "#", "□", ".", "▮", "#", "▯", ".", "●", "*", "○", "o", "◐", "o", "◌", "-", "✗", "x",
		"▁", "_", "▂", "_", "▃", "_", "▄", "=", "▅", "=", "▆", "#", "▇", "#", "█", "#", "–", "-",
	)
)

func (sc Screen) words(text string) string {
	if sc.ASCII {
		return asciiWords.Replace(text)
	}
	return text
}

func (sc Screen) finish(text string) string {
	if sc.ASCII {
		text = asciiMarks.Replace(text)
	}
	if sc.Plain {
		text = styles.ReplaceAllString(text, "")
	}
	return text
}

// Redraw returns what draws a frame over the last one, without flicker. Clearing the rest of a line that is full would
// erase its last character.
func (sc Screen) Redraw(frame string) string {
	var b strings.Builder
	b.WriteString("\x1b[H")
	for line := range strings.Lines(frame) {
		line = strings.TrimSuffix(line, "\n")
		b.WriteString(line)
		if visible(line) < sc.Columns {
			b.WriteString("\x1b[K")
		}
		b.WriteString("\n")
	}
	b.WriteString("\x1b[J")
	return b.String()
}

func visible(line string) int { return utf8.RuneCountInString(styles.ReplaceAllString(line, "")) }

// Wrap breaks a text between words into lines of at most this many columns. The lines after the first begin with indent
// spaces. A word that is longer than a line is broken.
func (sc Screen) Wrap(text string, columns, indent int) []string {
	lines := wrap(sc.words(text), columns, indent)
	for i, line := range lines {
		lines[i] = sc.finish(line)
	}
	return lines
}

func wrap(text string, columns, indent int) []string {
	columns = max(columns, indent+1)
	var lines []string
	runes := []rune(text)
	for len(runes) > columns {
		cut := columns
		for cut > indent && runes[cut] != ' ' {
			cut--
		}
		if cut <= indent {
			cut = columns
		}
		lines = append(lines, strings.TrimRight(string(runes[:cut]), " "))
		rest := strings.TrimLeft(string(runes[cut:]), " ")
		if rest == "" {
			return lines
		}
		runes = []rune(strings.Repeat(" ", indent) + rest)
	}
	return append(lines, string(runes))
}

// Only whole words are left out, so no word is misread.
func (sc Screen) shorten(text string, columns int) string {
	if visible(text) <= columns {
		return text
	}
	return sc.unfinished(text, columns)
}

// The line ends with an ellipsis, for which its last words may have to go.
func (sc Screen) unfinished(line string, columns int) string {
	more := sc.words("…")
	for visible(line)+1+visible(more) > columns {
		space := strings.LastIndex(line, " ")
		if space <= 0 {
			runes := []rune(styles.ReplaceAllString(line, ""))
			return string(runes[:max(0, min(len(runes), columns-visible(more)))]) + more
		}
		line = strings.TrimRight(line[:space], " ")
	}
	if strings.Contains(line, "\x1b") {
		line += reset
	}
	return line + " " + more
}

// The texts say the same in fewer and fewer words.
func (sc Screen) first(columns int, texts ...string) string {
	for _, text := range texts {
		if visible(text) <= columns {
			return text
		}
	}
	return sc.shorten(texts[len(texts)-1], columns)
}
