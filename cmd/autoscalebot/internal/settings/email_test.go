package settings_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings/settingstest"
)

func TestRecipients(t *testing.T) {
	for text, want := range map[string][]string{
		"a@example.com":                                    {"a@example.com"},
		"a@example.com, b@example.com,":                    {"a@example.com", "b@example.com"},
		`"Ops, Two" <a@b>`:                                 {`"Ops, Two" <a@b>`},
		`Ops <c@b>, "Ops, \"Two, 2\"" <a@b>, "x,y"@b`:      {"Ops <c@b>", `"Ops, \"Two, 2\"" <a@b>`, `"x,y"@b`},
		`a@b (Ops, (two, three)), c@b (an \) escape, too)`: {"a@b (Ops, (two, three))", `c@b (an \) escape, too)`},
	} {
		env(t, "EMAIL_TO="+text)
		s, err := settingstest.Load()
		if err != nil || !slices.Equal(s.EmailTo, want) {
			t.Errorf("%s: got %q, %v, want %q", text, s.EmailTo, err, want)
		}
	}
	inFile(t, app+`email_to: ['"Ops, Two" <a@b>', c@b]`)
	if s, err := settingstest.Load(); err != nil || len(s.EmailTo) != 2 {
		t.Errorf("in the file: got %v, want two", err)
	}
	inFile(t, app+"email_to: ['a@b, c@b', d@b]\ndigitalocean_tags: ['a=b,c']")
	if _, err := settingstest.Load(); err == nil || strings.Count(err.Error(), "an item contains the separator") != 2 {
		t.Errorf("two in one item: got %v", err)
	}
}
