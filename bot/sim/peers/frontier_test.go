package peers_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/bot/chart"
	"github.com/autoscalebot/autoscalebot/bot/sim"
	"github.com/autoscalebot/autoscalebot/bot/sim/peers"
	"github.com/autoscalebot/autoscalebot/probe"
)

var frontier = flag.Bool("frontier", false, "run every policy on every trace, and write docs/policies.svg and the table in docs/policies.md anew")

const (
	tableBegin = "<!-- policies: go test ./bot/sim/peers -run Frontier -frontier -timeout 30m -->\n"
	tableEnd   = "<!-- /policies -->\n"
)

// ours are the bot's own policies: counting as by default, and the adaptive one with every aim, by heartbeats every 5 and 30 s.
func ours(t *testing.T) []sim.Driver {
	var out []sim.Driver
	for _, every := range []time.Duration{30 * time.Second, 5 * time.Second} {
		policy := bot.Policy{
			MaxResponseMS: 1000, MinResponseMS: 200, Fails: bot.InARow(3), Passes: bot.InARow(5), HelpAfter: 3,
			FailOn: []probe.Outcome{probe.Timeout, probe.ServerError},
		}
		out = append(out, sim.Bot(fmt.Sprintf("counting, every %v", every), bot.Options{Interval: every, HeartbeatsPerMinute: 60, Policy: policy}))
		for _, aim := range []bot.Aim{bot.Lean, bot.Balanced, bot.Safe} {
			a, err := bot.NewAdaptive(aim, 1000)
			if err != nil {
				t.Fatal(err)
			}
			policy.Adaptive = a
			out = append(out, sim.Bot(fmt.Sprintf("adaptive, %s, every %v", aim, every), bot.Options{Interval: every, HeartbeatsPerMinute: 60, Policy: policy}))
		}
	}
	return out
}

// logged are the adaptive policies with every aim, by the router's log and heartbeats every 5 s.
func logged(t *testing.T) []sim.Driver {
	var out []sim.Driver
	for _, aim := range []bot.Aim{bot.Lean, bot.Balanced, bot.Safe} {
		a, err := bot.NewAdaptive(aim, 1000)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, sim.WithRouterLog(fmt.Sprintf("adaptive, %s, with router logs", aim), bot.Options{Interval: 5 * time.Second, Policy: bot.Policy{
			MaxResponseMS: 1000, MinResponseMS: 200, Fails: bot.InARow(3), Passes: bot.InARow(5), HelpAfter: 3,
			FailOn: []probe.Outcome{probe.Timeout, probe.ServerError}, Adaptive: a,
		}}))
	}
	return out
}

// The picture and the table in the documents are made by this: slow minutes against dyno-hours, a dot per policy and trace.
func TestFrontier(t *testing.T) {
	if !*frontier {
		t.Skip("takes minutes: see the flag -frontier")
	}
	traces := []struct{ file, name string }{
		{"wc98_flash_day", "World Cup, matches"}, {"wc98_week_day", "World Cup, quiet"}, {"nasa_day", "NASA"}, {"aapl_day", "crowd"},
	}
	table := &strings.Builder{}
	table.WriteString("| policy | sees |")
	for _, trace := range traces {
		fmt.Fprintf(table, " %s |", trace.name)
	}
	table.WriteString("\n|---|---|---|---|---|---|\n")
	var series []chart.Series
	drivers := append([]sim.Driver{sim.Oracle()}, ours(t)...)
	own := len(drivers)
	drivers = append(drivers, logged(t)...)
	withLogs := len(drivers)
	drivers = append(drivers, peers.All(sim.DefaultFleet())...)
	for i, d := range drivers {
		sees := "inside every dyno"
		switch {
		case i == 0:
			sees = "the future"
		case i < own:
			sees = "heartbeats"
		case i < withLogs:
			sees = "heartbeats, router logs"
		}
		fmt.Fprintf(table, "| %s | %s |", d.Name, sees)
		s := chart.Series{Name: d.Name}
		for _, trace := range traces {
			r := play(t, trace.file, d)
			fmt.Fprintf(table, " %.2f / %.2f / %d |", r.SlowMinutesPercent, r.OracleRatio, r.Flips)
			s.Dots = append(s.Dots, chart.Dot{X: r.OracleRatio, Y: max(r.SlowMinutesPercent, 0.05), Label: trace.name})
		}
		if i > 0 && !strings.Contains(d.Name, "lean") && !strings.Contains(d.Name, "safe") { // which the table has
			series = append(series, s)
		}
		table.WriteString("\n")
		t.Log(d.Name)
	}
	picture := chart.Scatter{
		Title: "Slow minutes against dyno-hours", Subtitle: "a dot per policy and trace; best is below and to the left, and the lowest line is none",
		X: chart.Axis{Title: "dyno-hours in relation to perfect knowledge", Min: 0.8, Max: 2.5},
		Y: chart.Axis{Title: "slow minutes", Unit: "%", Log: true}, Series: series, Height: 760,
	}
	var svg bytes.Buffer
	if err := picture.SVG(&svg); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("../../../docs/policies.svg", svg.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	const page = "../../../docs/policies.md"
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(text), tableBegin)
	_, after, ok2 := strings.Cut(rest, tableEnd)
	if !ok || !ok2 {
		t.Fatalf("%s has no part between %q and %q", page, tableBegin, tableEnd)
	}
	if err := os.WriteFile(page, []byte(before+tableBegin+table.String()+tableEnd+after), 0o644); err != nil {
		t.Fatal(err)
	}
}

func play(t *testing.T, trace string, d sim.Driver) sim.Result {
	t.Helper()
	file, err := os.Open("../testdata/traces/" + trace + ".csv")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	demand, err := sim.ParseTrace(file)
	if err != nil {
		t.Fatal(err)
	}
	r, err := sim.Run(t.Context(), sim.Options{Demand: demand, Peak: 25, Seed: 1}, d)
	if err != nil {
		t.Fatal(err)
	}
	return r
}
