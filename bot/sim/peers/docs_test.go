package peers_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// docs/adaptive.md and the text of docs/policies.md quote the tables of docs/policies.md.
func TestDocumentsQuoteTheTables(t *testing.T) {
	read := func(path string) string {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	policies, about := read(page), read("../../../docs/adaptive.md")
	cells := func(text, row string) []string {
		line := regexp.MustCompile(`(?m)^\| ` + row + ` \|.*$`).FindString(text)
		if line == "" {
			t.Fatalf("there is no row %q", row)
		}
		return strings.Split(strings.Trim(line, "| "), " | ")
	}
	for _, aim := range []string{"lean", "balanced", "safe"} {
		measured, quoted := cells(policies, "adaptive, "+aim+", every 5s"), cells(about, "`"+aim+"`[^|]*")
		for trace, column := range map[int]int{2: 2, 4: 3} { // World Cup, matches, and NASA
			if !strings.HasPrefix(measured[trace], quoted[column]+" / ") {
				t.Errorf("docs/adaptive.md says %s for %s, and docs/policies.md %s", quoted[column], aim, measured[trace])
			}
		}
	}
	_, text, _ := strings.Cut(policies, sensitivityEnd)
	text = strings.Join(strings.Fields(text), " ")
	for _, c := range []struct {
		row    string
		column int
		figure int // of the cell
		quote  string
	}{
		{"slots of a dyno: 1", 1, 2, "takes %s times its dyno-hours for at most 1 % slow minutes"},
		{"1 slot, coefficient of variation 3", 1, 2, "(coefficient of variation 3), it takes %s times"},
		{"one dyno is five times slower than the others", 1, 2, "It takes %s times the dyno-hours until even a dyno"},
		{"one dyno is five times slower than the others", 3, 1, "reports it, and takes %s times"},
		{"the idle app takes longer than the threshold: 1.5 s, heartbeats 1.2 s", 3, 1, "without aiming at the threshold: %s times every 5 s"},
	} {
		figure := strings.Split(cells(policies, regexp.QuoteMeta(c.row))[c.column], " / ")[c.figure]
		if want := strings.Replace(c.quote, "%s", strings.Trim(figure, "*"), 1); !strings.Contains(text, want) {
			t.Errorf("docs/policies.md does not say %q", want)
		}
	}
}
