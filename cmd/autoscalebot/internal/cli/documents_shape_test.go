package cli

import (
	"regexp"
	"strings"
	"testing"
)

var shapeRules = []struct {
	old *regexp.Regexp
	new string
}{
	{regexp.MustCompile(`https?://[^\s;,]*[^\s;,.:]`), "URL"},
	{regexp.MustCompile(`\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun|Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\b`), "day"},
	{regexp.MustCompile(`\d+([-.,:/]\d+)*`), "1"},
	{regexp.MustCompile(`\b1(T1Z?| ?(ms|µs|s|m|min|h))\b`), "1"},
	{regexp.MustCompile(`[-−+]1\b`), "1"},
	{regexp.MustCompile(`\s+`), " "},
}

// Times, numbers, addresses and the width of columns may differ.
func shapeOf(line string) string {
	for _, s := range shapeRules {
		line = s.old.ReplaceAllString(line, s.new)
	}
	return strings.TrimSpace(line)
}

// The first line that a document shows and the program does not print in its place. A line "…" stands for any lines; so does the
// end if part is true.
func shapeDiffers(shown, printed []string, part bool) (line string, differs bool) {
	for len(shown) > 0 {
		if shown[0] == "…" {
			if len(shown) == 1 {
				return "", false
			}
			line, differs = shown[1], true
			for skip := range printed {
				if at, no := shapeDiffers(shown[1:], printed[skip:], part); !no {
					return "", false
				} else if at != shown[1] {
					line = at
				}
			}
			return line, differs
		}
		if len(printed) == 0 || shapeOf(shown[0]) != shapeOf(printed[0]) {
			return shown[0], true
		}
		shown, printed = shown[1:], printed[1:]
	}
	if len(printed) > 0 && !part {
		return "the end, not " + printed[0], true
	}
	return "", false
}

func TestShapesOfOutputs(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		shown, printed string
		part, want     bool
	}{
		"numbers":         {"web 2 × 1,234 at http://127.0.0.1:41", "web  17 × 12 at http://h:8/x", false, true},
		"times":           {"since 2026-12-01 13:19 UTC, 0.5 ms", "since 2027-01-02 03:04 UTC, 2 s", false, true},
		"words":           {"web 2 slow", "web 2 fast", false, false},
		"more":            {"a", "a\nb", false, false},
		"more of a part":  {"a", "a\nb", true, true},
		"less":            {"a\nb", "a", false, false},
		"lines left out":  {"a\n…\nd", "a\nb\nc\nd", false, true},
		"an end left out": {"a\n…", "a\nb\nc", false, true},
		"left out wrong":  {"a\n…\ne", "a\nb\nc\nd", false, false},
	} {
		if line, differs := shapeDiffers(strings.Split(c.shown, "\n"), strings.Split(c.printed, "\n"), c.part); differs == c.want {
			t.Errorf("%s: differs %v at %q", name, differs, line)
		}
	}
}
