package cli

import (
	"fmt"
	"io"
	"unicode/utf8"
)

// A liveLine is one line of a terminal that is rewritten.
type liveLine struct {
	w     io.Writer
	width int // of the line on the screen
}

// A line that is as wide as the terminal would wrap, and could not be rewritten.
func (l *liveLine) draw(text string) {
	if most := widthOf(l.w) - 1; most > 1 && utf8.RuneCountInString(text) > most {
		text = string([]rune(text)[:most-1]) + "…"
	}
	fmt.Fprintf(l.w, "\r%-*s", l.width, text)
	l.width = utf8.RuneCountInString(text)
}

func (l *liveLine) clear() {
	if l.width > 0 {
		fmt.Fprintf(l.w, "\r%*s\r", l.width, "")
		l.width = 0
	}
}
