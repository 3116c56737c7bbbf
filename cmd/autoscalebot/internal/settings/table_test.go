package settings_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
)

func printed(t *testing.T, write func(io.Writer) error) string {
	t.Helper()
	var b bytes.Buffer
	must(t, write(&b))
	return b.String()
}

func TestSettingsArePrintedToTheWidthOfATerminal(t *testing.T) {
	wide := printed(t, func(w io.Writer) error { return settings.Print(w, 0) })
	for _, e := range settings.Entries() {
		meaning := strings.ReplaceAll(e.Meaning, "`", "")
		if !slices.ContainsFunc(strings.Split(wide, "\n"), func(line string) bool {
			return strings.HasPrefix(line, "  "+e.Name+"  ") && strings.HasSuffix(line, "  "+meaning)
		}) {
			t.Errorf("%s has no line with its meaning", e.Name)
		}
	}
	for _, width := range []int{60, 80, 100, 200} {
		text := printed(t, func(w io.Writer) error { return settings.Print(w, width) })
		if strings.Join(strings.Fields(text), " ") != strings.Join(strings.Fields(wide), " ") {
			t.Errorf("at %d columns other words are printed", width)
		}
		for line := range strings.Lines(text) {
			words := strings.Fields(line)
			if utf8.RuneCountInString(strings.TrimRight(line, "\n")) > width && len(words) > 2 {
				t.Errorf("wider than %d columns: %s", width, line)
			}
		}
	}
}

// At 100 columns a meaning has a column of its own. At 60 it is below the name.
func TestAMeaningContinuesBelowItsBeginning(t *testing.T) {
	pace, err := settings.FindGroup("pace")
	must(t, err)
	for width, want := range map[int]string{
		100: `
  COOLDOWN_DOWN_IN_SECONDS              0         Minimum time between any change and the next
                                                  scale-down.
`,
		60: `
  COOLDOWN_DOWN_IN_SECONDS  0
      Minimum time between any change and the next
      scale-down.
`,
	} {
		if got := printed(t, func(w io.Writer) error { return settings.PrintGroup(w, pace, width) }); !strings.Contains(got, want) {
			t.Errorf("at %d columns:\n%s", width, got)
		}
	}
}

func TestAGroupIsFoundByAWordOfItsName(t *testing.T) {
	for name, want := range map[string]string{"heartbeat": "Heartbeat", "Cost": "Cost and size", "ssh": "HAProxy and SSH", "AWS": "AWS", " pools of servers": "Pools of servers"} {
		if g, err := settings.FindGroup(name); err != nil || g.Name != want {
			t.Errorf("%q: got %q, %v, want %q", name, g.Name, err, want)
		}
	}
	for name, want := range map[string]string{
		"hartbeat": `unknown group "hartbeat". Did you mean heartbeat?`,
		"and":      `unknown group "and": must be one of Essentials, App and platform, `,
		"":         `unknown group "": must be one of Essentials, `,
	} {
		if _, err := settings.FindGroup(name); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", name, err, want)
		}
	}
	heartbeat, err := settings.FindGroup("heartbeat")
	must(t, err)
	if got := printed(t, func(w io.Writer) error { return settings.PrintGroup(w, heartbeat, 0) }); strings.Contains(got, "COOLDOWN") ||
		!strings.Contains(got, "  HEARTBEAT_METHOD ") || !strings.Contains(got, "\nIn the group Essentials: HEARTBEAT_URL, ") {
		t.Errorf("the group is\n%s", got)
	}
}

func TestASettingIsFoundInAnyForm(t *testing.T) {
	for name, want := range map[string]string{
		"MAX_DYNOS": "MAX_DYNOS", "max_dynos": "MAX_DYNOS", "AUTOSCALE_MAX_DYNOS": "MAX_DYNOS", "max_instances": "MAX_DYNOS",
		"AUTOSCALE_FILE": "AUTOSCALE_FILE", " policy ": "POLICY",
	} {
		if e, err := settings.FindEntry(name); err != nil || e.Name != want {
			t.Errorf("%q: got %q, %v, want %q", name, e.Name, err, want)
		}
	}
	for name, want := range map[string]string{
		"MAX_DYNO":                          `unknown setting "MAX_DYNO". Did you mean MAX_DYNOS?`,
		"budget":                            `unknown setting "budget". Did you mean MONTHLY_BUDGET?`,
		"quux":                              `unknown setting "quux". Run autoscalebot settings for the list`,
		"HEROKU_API_KEY=01234567-89ab-cdef": `unknown setting "a name of 33 characters". Run autoscalebot settings for the list`,
	} {
		if _, err := settings.FindEntry(name); err == nil || err.Error() != want {
			t.Errorf("%q: got %v, want %s", name, err, want)
		}
	}
}

func story(t *testing.T, name string) string {
	t.Helper()
	e, err := settings.FindEntry(name)
	must(t, err)
	return printed(t, func(w io.Writer) error { return e.WriteStory(w, 0) })
}

func TestASettingTellsWhereItIsSet(t *testing.T) {
	env(t, "AUTOSCALE_MAX_DYNOS=7", "TIME_ZONE=Nowhere")
	want := `MAX_DYNOS: Maximum number of dynos, in the form of MIN_DYNOS.

  default    3
  now        7 (from the environment variable AUTOSCALE_MAX_DYNOS)
  group      Essentials
  names      MAX_DYNOS, AUTOSCALE_MAX_DYNOS, MAX_INSTANCES, AUTOSCALE_MAX_INSTANCES; max_dynos in the file of AUTOSCALE_FILE
  read more  docs/schedule.md, docs/settings.md
`
	if got := story(t, "MAX_DYNOS"); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	for name, want := range map[string]string{
		"HEROKU_API_KEY": "now        set, hidden (from the environment variable HEROKU_API_KEY)\n",
		"MIN_DYNOS":      "now        1 (the default)\n",
		"SMTP_URL":       "now        not set\n",
		"TIME_ZONE":      "now        Nowhere (from the environment variable TIME_ZONE); invalid: \"Nowhere\": unknown time zone",
	} {
		if got := story(t, name); !strings.Contains(got, want) || strings.Contains(got, secret) {
			t.Errorf("%s: want %q in\n%s", name, want, got)
		}
	}
}

func TestASettingOfAFileHasItsLine(t *testing.T) {
	inFile(t, app+"min_dynos: 2\nprocesses:\n  web: {max_dynos: 5}\n  worker: {}")
	for name, want := range map[string]string{
		"MIN_DYNOS": "now for web     2 (from autoscale.yaml:3)\n  now for worker  2 (from autoscale.yaml:3)\n",
		"MAX_DYNOS": "now for web     5 (from autoscale.yaml:5)\n  now for worker  3 (the default)\n",
	} {
		if got := story(t, name); !strings.Contains(got, want) {
			t.Errorf("%s: want %q in\n%s", name, want, got)
		}
	}
	inFile(t, "- a\n")
	e, err := settings.FindEntry("MIN_DYNOS")
	must(t, err)
	var ps settings.Problems
	if err := e.WriteStory(io.Discard, 0); !errors.As(err, &ps) || !strings.Contains(err.Error(), "autoscale.yaml:1: must be settings") {
		t.Errorf("a broken file: got %v", err)
	}
}

// The pages exist, and mention the setting if it is an essential one.
func TestTheStoryNamesPages(t *testing.T) {
	for _, e := range settings.Entries() {
		for i, page := range e.Pages() {
			page, _, _ = strings.Cut(page, "#")
			text, err := os.ReadFile("../../../../" + page)
			must(t, err)
			if e.Group == "Essentials" && i == 0 && !strings.Contains(string(text), e.Name) {
				t.Errorf("%s does not mention %s", page, e.Name)
			}
		}
	}
}
