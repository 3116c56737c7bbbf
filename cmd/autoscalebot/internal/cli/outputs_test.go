package cli

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/bot/record"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings/settingstest"
	"github.com/autoscalebot/autoscalebot/probe"
)

// What documents show of the program's output is what it prints: between "<!-- output: autoscalebot why -->" and "<!-- /output -->".
func TestOutputsInDocuments(t *testing.T) {
	part := regexp.MustCompile("(?s)<!-- output: (.*?) -->\n.*?<!-- /output -->")
	found := map[string]bool{}
	for _, file := range textFiles(t) {
		if filepath.Ext(file) != ".md" {
			continue
		}
		text := read(t, file)
		now := part.ReplaceAllStringFunc(text, func(old string) string {
			command := part.FindStringSubmatch(old)[1]
			found[command] = true
			return "<!-- output: " + command + " -->\n" + outputOf(t, command) + "<!-- /output -->"
		})
		switch {
		case now == text:
		case *update:
			if err := os.WriteFile(file, []byte(now), 0o644); err != nil {
				t.Fatal(err)
			}
		default:
			t.Errorf("%s shows output that the program does not print: update it by sh .ci/docs texts", strings.TrimPrefix(file, root))
		}
	}
	for _, want := range []string{
		"autoscalebot why", "autoscalebot settings --markdown", "autoscalebot settings --markdown, Essentials",
	} {
		if !found[want] {
			t.Errorf("no document shows the output of %q", want)
		}
	}
}

func outputOf(t *testing.T, command string) string {
	t.Helper()
	var out bytes.Buffer
	switch {
	case command == "autoscalebot why":
		if err := (&decisionWriter{w: &out, zone: time.UTC}).all(slowWave(t)); err != nil {
			t.Fatal(err)
		}
	case strings.HasPrefix(command, "autoscalebot help"), strings.HasSuffix(command, " --help"):
		if code := run(t.Context(), strings.Fields(command)[1:], &out, io.Discard); code != exitFine {
			t.Fatalf("%s: exit code %d", command, code)
		}
	case command == "autoscalebot settings MAX_DYNOS":
		settingstest.Env(t, "MAX_DYNOS=5")
		if code := run(t.Context(), strings.Fields(command)[1:], &out, io.Discard); code != exitFine {
			t.Fatalf("%s: exit code %d", command, code)
		}
	case strings.HasPrefix(command, "autoscalebot settings --markdown"):
		if err := settings.Markdown(&out); err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(command, ", Essentials") {
			return out.String()
		}
		_, table, _ := strings.Cut(out.String(), "## Essentials\n\n")
		_, table, _ = strings.Cut(table, "\n\n")
		table, _, _ = strings.Cut(table, "\n\n")
		return table + "\n"
	default:
		t.Fatalf("a document shows the output of %q, which this test cannot run", command)
	}
	return "```\n" + out.String() + "```\n"
}

// The decisions of a bot with the default thresholds in a slow minute, and in the quiet minutes after it.
func slowWave(t *testing.T) []record.Record {
	t.Helper()
	prober, recent := &goldenProber{}, record.NewRecent(100)
	b := bot.New(bot.Options{
		App: "dancing-forest", ProcessType: "web", Interval: 30 * time.Second, Probers: []probe.Prober{prober},
		Schedule: limits{Min: 1, Max: 5}, Scaler: &goldenPlatform{n: 2}, Recorders: []record.Recorder{recent},
		Policy: decide.Policy{
			HeartbeatRule: decide.HeartbeatRule{
				MaxResponseMS: 1000, MinResponseMS: 200, Fails: decide.Quorum{N: 3, M: 3}, Passes: decide.Quorum{N: 5, M: 5},
			},
			Up: decide.Step{Dynos: 1}, Down: decide.Step{Dynos: 1},
			Safeguards: decide.Safeguards{CooldownDown: 360 * time.Second},
		},
	})
	at := time.Date(2026, 11, 22, 12, 4, 0, 0, time.UTC)
	for _, ms := range []float64{1102, 1243, 1507, 431, 405, 388, 290, 231, 188, 143, 121, 95, 92} {
		prober.next = probe.Reading{Signal: "heartbeat", Value: ms, Unit: "ms", Outcome: probe.Answered, Status: 200}
		b.Tick(t.Context(), at)
		at = at.Add(30 * time.Second)
	}
	all := recent.Last(100)
	return []record.Record{all[1], all[2], all[3], all[len(all)-1]}
}

// The README stays short, and quotes of the measured policies what their page says.
func TestReadmeIsShortAndQuotesTheMeasurements(t *testing.T) {
	readme := read(t, root+"README.md")
	if most := 12 << 10; len(readme) > most {
		t.Errorf("README.md has %d bytes, want at most %d", len(readme), most)
	}
	policies := read(t, root+"docs/policies.md")
	for row, quote := range map[string]string{
		"adaptive, balanced, every 5s": `no minute was slow, for ([0-9.]+) times the dyno-hours`,
		"counting, every 30s":          `Counting left more than half of the minutes (slow)`,
	} {
		cells := regexp.MustCompile(`\| ` + row + ` \| heartbeats \| ([0-9.]+) / ([0-9.]+) /`).FindStringSubmatch(policies)
		said := regexp.MustCompile(quote).FindStringSubmatch(readme)
		if cells == nil || said == nil {
			t.Errorf("%s: found %q in docs/policies.md and %q in README.md", row, cells, said)
			continue
		}
		slow, err := strconv.ParseFloat(cells[1], 64)
		if err != nil {
			t.Fatal(err)
		}
		if said[1] == "slow" && slow <= 50 || said[1] != "slow" && (slow != 0 || said[1] != cells[2]) {
			t.Errorf("README.md says %q, docs/policies.md %q", said[0], cells[0])
		}
	}
}
