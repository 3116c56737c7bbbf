package cli

import (
	"io"
	"os"
	"strings"
	"unicode/utf8"

	"golang.org/x/term"

	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/service"
)

// Colors are for a terminal that is not dumb, without NO_COLOR (https://no-color.org).
type paint bool

const (
	green  = "\x1b[32m"
	yellow = "\x1b[33m"
	red    = "\x1b[1;31m"
	faint  = "\x1b[2m"
	bold   = "\x1b[1m"
	plain  = "\x1b[0m"
)

func paintOn(w io.Writer) paint {
	return paint(service.IsTerminal(w) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb")
}

func (p paint) in(color, text string) string {
	if !p {
		return text
	}
	return color + text + plain
}

const narrowest = 40

// Columns of a terminal; 0 elsewhere, or if it does not say.
func widthOf(w io.Writer) int {
	if f, ok := w.(interface{ Fd() uintptr }); ok && service.IsTerminal(w) {
		if width, _, err := term.GetSize(int(f.Fd())); err == nil {
			return width
		}
	}
	return 0
}

// A word longer than the width, such as an address to copy, stays whole. With little or no width, the text stays as it
// is.
func wrapTo(text string, width int) string {
	if width < narrowest {
		return text
	}
	var b strings.Builder
	for line := range strings.Lines(text) {
		used := 0
		for word := range strings.SplitSeq(strings.TrimRight(line, "\n"), " ") {
			n := utf8.RuneCountInString(word)
			switch {
			case used > 0 && used+1+n > width:
				b.WriteString("\n")
				used = 0
			case used > 0:
				b.WriteString(" ")
				used++
			}
			b.WriteString(word)
			used += n
		}
		if strings.HasSuffix(line, "\n") {
			b.WriteString("\n")
		}
	}
	return b.String()
}
