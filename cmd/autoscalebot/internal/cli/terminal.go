package cli

import (
	"io"

	"golang.org/x/term"
)

// The width of the terminal; 0 if w is not a terminal, or its width is unknown.
func columns(w io.Writer) int {
	f, ok := w.(interface{ Fd() uintptr })
	if !ok {
		return 0
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 0
	}
	return width
}
