package cli

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/bot/record"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/admin"
	"github.com/autoscalebot/autoscalebot/probe"
	"github.com/autoscalebot/autoscalebot/schedule"
)

var teaTime = time.Date(2026, 11, 22, 16, 4, 0, 0, time.UTC)

// A real bot's records: slow heartbeats, no data, a pause, and an override whose change fails once.
func aDay(t *testing.T) []record.Record {
	platform, prober := &goldenPlatform{n: 2}, &goldenProber{}
	recent := record.NewRecent(100)
	b := bot.New(bot.Options{
		App: "dancing-forest", ProcessType: "web", Interval: time.Minute, Probers: []probe.Prober{prober},
		Schedule: limits{Min: 1, Max: 4}, Scaler: platform, Recorders: []record.Recorder{recent},
		Policy: decide.Policy{
			HeartbeatRule: decide.HeartbeatRule{
				MaxResponseMS: 1000, MinResponseMS: 200, Fails: decide.Quorum{N: 2, M: 2}, Passes: decide.Quorum{N: 2, M: 2},
				FailOn: []probe.Outcome{probe.Timeout},
			},
			Up: decide.Step{Dynos: 1}, Down: decide.Step{Dynos: 1},
			Safeguards: decide.Safeguards{CooldownUp: 90 * time.Second},
		},
	})
	beat := 0
	tick := func(ms float64) {
		prober.next = probe.Reading{Signal: "heartbeat", Value: ms, Unit: "ms", Outcome: probe.Answered, Status: 200}
		if ms < 0 {
			prober.next.Outcome, prober.next.Error = probe.Unreachable, "connection refused"
		}
		b.Tick(t.Context(), teaTime.Add(time.Duration(beat-13)*30*time.Second))
		beat++
	}
	for _, ms := range []float64{431, 1243, 1507, 1600, 1601, -1, 1602} {
		tick(ms)
	}
	b.SetControl(func(c decide.Control) decide.Control {
		c.Down = decide.Pause{On: true, Until: teaTime.Add(2 * time.Hour)}
		return c
	})
	tick(7.5)
	tick(8)
	platform.fails = true
	b.SetControl(func(c decide.Control) decide.Control {
		c.Override = decide.Override{Dynos: 2, Until: teaTime.Add(time.Hour)}
		return c
	})
	tick(300)
	platform.fails = false
	tick(300)
	tick(300)
	return recent.Last(100)
}

type limits schedule.Limits

func (l limits) At(time.Time) schedule.Limits           { return schedule.Limits(l) }
func (l limits) Rows(time.Time) (minRow, maxRow string) { return "", "" }

func TestWhyIsPlain(t *testing.T) {
	records := aDay(t)
	var out strings.Builder
	if err := (&decisionWriter{w: &out, zone: time.UTC}).all(records); err != nil {
		t.Fatal(err)
	}
	golden(t, "testdata/why.golden", out.String())
}

// Each day and each clock change has a heading; the first one names the zone.
func TestWhyNamesEachDay(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	var records []record.Record
	for _, minutes := range []int{-30, 0, 60, 120} { // the clocks go from 3:00 back to 2:00 at minute 90
		at := time.Date(2026, 10, 24, 23, 30, 0, 0, time.UTC).Add(time.Duration(minutes-70) * time.Minute)
		records = append(records, record.Record{Time: at, Action: record.Interrupted})
	}
	for zone, want := range map[*time.Location]string{
		berlin: `Sat 2026-10-24, times in Europe/Berlin (CEST)
23:50:00 interrupted: the bot is stopping
Sun 2026-10-25 (CEST)
00:20:00 interrupted: the bot is stopping
01:20:00 interrupted: the bot is stopping
02:20:00 interrupted: the bot is stopping
`, time.UTC: `Sat 2026-10-24, times in UTC
21:50:00 interrupted: the bot is stopping
22:20:00 interrupted: the bot is stopping
23:20:00 interrupted: the bot is stopping
Sun 2026-10-25
00:20:00 interrupted: the bot is stopping
`,
	} {
		var out strings.Builder
		if err := (&decisionWriter{w: &out, zone: zone}).all(records); err != nil || out.String() != want {
			t.Errorf("got %v\n%swant\n%s", err, out.String(), want)
		}
	}
	var out strings.Builder
	again := []record.Record{{Time: records[3].Time, Action: record.Interrupted}, {Time: records[3].Time.Add(time.Hour), Action: record.Interrupted}}
	if err := (&decisionWriter{w: &out, zone: berlin}).all(again); err != nil || !strings.HasSuffix(out.String(), "\nSun 2026-10-25 (CET)\n02:20:00 interrupted: the bot is stopping\n") {
		t.Errorf("when the clocks go back:\n%s", out.String())
	}
}

func TestStatusIsPlain(t *testing.T) {
	records := aDay(t)
	last, quota := records[len(records)-1], 4321
	last.Quota = &quota
	last.Decision.Bill = &decide.Bill{Spend: decide.Spend{From: teaTime.AddDate(0, 0, -21), Dollars: 31.4}, Budget: 100, Price: 25, Forecast: 48.27}
	full := admin.Status{
		Time: teaTime, Started: teaTime.Add(-5 * time.Hour), Version: "1.2.3", App: "dancing-forest", ProcessType: "web", DryRun: true,
		Limits: schedule.Limits{Min: 1, Max: 4}, PausedBySettings: []bot.Direction{bot.Down}, Last: &last, LastChange: &records[10],
		Control: decide.Control{
			Up:       decide.Pause{On: true, Until: teaTime.Add(time.Hour)},
			Override: decide.Override{Dynos: 2, Until: teaTime.Add(2 * time.Hour)},
			Limits: []decide.LimitsOverride{
				{Limits: schedule.Limits{Min: 1, Max: 4}, From: teaTime, Until: teaTime.Add(time.Hour), By: "uid 1000"},
				{Limits: schedule.Limits{Min: 10, Max: 20}, From: teaTime.Add(72 * time.Hour), Until: teaTime.Add(96 * time.Hour)},
			},
		},
		Incidents: []admin.Incident{
			{Text: "web is at its maximum of 4 and still too slow (for 12 min)", Advice: "Raise MAX_DYNOS, or find out what makes the app slow."},
			{Text: "scaling of web is paused"},
		},
		CooldownUp: 41.2, CooldownDown: 300,
	}
	fresh := admin.Status{
		Time: teaTime, Started: teaTime, Version: "1.2.3", App: "dancing-forest", ProcessType: "web", Limits: schedule.Limits{Min: 1, Max: 4},
	}
	var out strings.Builder
	for _, st := range []admin.Status{full, fresh} {
		if err := printStatus(&out, st, time.UTC); err != nil {
			t.Fatal(err)
		}
		out.WriteString("--\n")
		if err := printHolding(&out, st, time.UTC); err != nil {
			t.Fatal(err)
		}
		out.WriteString("==\n")
	}
	golden(t, "testdata/status.golden", out.String())
}

// Run go test -update to rewrite the file.
func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if want := read(t, file); got != want {
		t.Errorf("got\n%s\n%s says\n%s", got, file, want)
	}
}
