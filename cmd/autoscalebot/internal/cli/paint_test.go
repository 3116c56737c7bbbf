package cli

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestLinesBreakBetweenWords(t *testing.T) {
	text := "the app’s median\nhttps://www.example.com/a/very/long/address/that/is/copied/in/one/piece " + strings.Repeat("word ", 30) + "end"
	for _, width := range []int{40, 57, 177} {
		got := wrapTo(text, width)
		for line := range strings.Lines(got) {
			if n := utf8.RuneCountInString(strings.TrimSpace(line)); n > width && strings.Contains(strings.TrimSpace(line), " ") {
				t.Errorf("at %d columns: %d in %q", width, n, line)
			}
		}
		if strings.Join(strings.Fields(got), " ") != strings.Join(strings.Fields(text), " ") || !strings.HasPrefix(got, "the app’s median\nhttps") {
			t.Errorf("at %d columns the words have changed:\n%s", width, got)
		}
	}
	for _, width := range []int{-23, 0, 20} {
		if wrapTo(text, width) != text {
			t.Errorf("without a width (%d) the text has changed", width)
		}
	}
}
