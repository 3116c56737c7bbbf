// Package when reads durations and moments as people write them: "2 hours", "1d12h", "15:00", "yesterday 3pm", "fri
// 9:00".
//
// It is strict. A text that it does not understand as a whole is an error with examples, and a time of day that a clock
// change skips or repeats is an error that says what to write instead. A day is 24 hours and a week is 7 days.
package when

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

const longestText = 64 // bytes

// One space between words, in lower case. A long text is cut in errors.
func normal(text string) string { return strings.ToLower(strings.Join(strings.Fields(text), " ")) }

func quoted(text string) string {
	if !utf8.ValidString(text) {
		text = strings.ToValidUTF8(text, "?")
	}
	if len(text) > longestText {
		text = text[:longestText] + "…"
	}
	return fmt.Sprintf("%q", text)
}
