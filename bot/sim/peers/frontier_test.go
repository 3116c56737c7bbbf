package peers_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/bot/adaptive"
	"github.com/autoscalebot/autoscalebot/bot/chart"
	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/bot/sim"
	"github.com/autoscalebot/autoscalebot/bot/sim/peers"
	"github.com/autoscalebot/autoscalebot/probe"
)

var frontier = flag.Bool("frontier", false, "run every policy on every trace, and rewrite the pictures and two tables of docs/policies.md")

const (
	page          = "../../../docs/policies.md"
	tableBegin    = "<!-- policies: go test ./bot/sim/peers -run Frontier -frontier -timeout 30m -->\n"
	tableEnd      = "<!-- /policies -->\n"
	frontierBegin = "<!-- frontier: by the same command -->\n"
	frontierEnd   = "<!-- /frontier -->\n"
)

// Slow minutes in per cent, and dyno-hours relative to the oracle's.
type point struct{ slow, ratio float64 }

func (p point) String() string { return fmt.Sprintf("%.2f / %.2f", p.slow, p.ratio) }

// The logarithmic axis of the picture ends above zero.
func (p point) dot(label string) chart.Dot {
	return chart.Dot{X: p.ratio, Y: max(p.slow, 0.05), Label: label}
}

// A day of a trace. The targets are for the whole trace: with heartbeats every 5 s, every 30 s, and with router logs.
type day struct {
	file, name string
	aims       [3]point
}

func days() []day {
	return []day{
		{"wc98_flash_day", "World Cup, matches", [3]point{{0.1, 1.14}, {0.3, 1.19}, {0.1, 1.1}}},
		{"wc98_week_day", "World Cup, quiet", [3]point{{0.15, 1.12}, {0.5, 1.14}, {0.15, 1.08}}},
		{"nasa_day", "NASA", [3]point{{1.5, 1.3}, {2, 1.33}, {0.8, 1.25}}},
		{"aapl_day", "crowd", [3]point{{0.6, 1.3}, {0.9, 1.4}, {0.4, 1.2}}},
	}
}

type group struct {
	name, sees string
	drivers    []sim.Driver
	labels     []string     // in the picture, one for each driver
	marker     chart.Marker // AutoMarker leaves the group out of the picture
	join       bool
	results    [][]sim.Result // by driver and day
}

func usual(boundMS float64) decide.Policy {
	return decide.Policy{
		HeartbeatRule: decide.HeartbeatRule{
			MaxResponseMS: boundMS, MinResponseMS: boundMS / 5, Fails: decide.InARow(3), Passes: decide.InARow(5),
			FailOn: []probe.Outcome{probe.Timeout, probe.ServerError},
		},
		Safeguards: decide.Safeguards{IneffectiveAfter: 3},
	}
}

func counting() group {
	g := group{name: "counting", sees: "heartbeats", marker: chart.Square}
	for _, every := range []time.Duration{30 * time.Second, 5 * time.Second} {
		name := fmt.Sprintf("counting, every %v", every)
		g.drivers = append(g.drivers, sim.Bot(name, bot.Options{Interval: every, Policy: usual(1000)}))
		g.labels = append(g.labels, name)
	}
	return g
}

// prices are those of a slow minute, in dyno-hours.
func adaptively(t *testing.T, g group, every time.Duration, drive func(string, bot.Options) sim.Driver, prices ...float64) group {
	names := map[float64]string{0.3: "lean", 3: "balanced", 30: "safe"}
	for _, price := range prices {
		a, err := adaptive.NewPriced(price, 1000)
		if err != nil {
			t.Fatal(err)
		}
		policy := usual(1000)
		policy.Adaptive = a
		name := fmt.Sprintf("%g", price)
		if aim := names[price]; aim != "" {
			name += ", " + aim
		}
		g.drivers = append(g.drivers, drive(name, bot.Options{Interval: every, HeartbeatsPerMinute: 60, Policy: policy}))
		g.labels = append(g.labels, names[price])
	}
	return g
}

func groups(t *testing.T) []group {
	others := group{name: "others", sees: "inside every dyno", drivers: peers.All(sim.DefaultFleet()), marker: chart.Triangle}
	for _, d := range others.drivers {
		others.labels = append(others.labels, d.Name)
	}
	const logs = "heartbeats, router logs"
	return []group{
		{name: "perfect knowledge", sees: "the future", drivers: []sim.Driver{sim.Oracle()}, labels: []string{"oracle"}, marker: chart.Star},
		counting(),
		adaptively(t, group{name: "adaptive, every 30s", sees: "heartbeats", marker: chart.AutoMarker}, 30*time.Second, sim.Bot, 0.3, 3, 30),
		adaptively(t, group{name: "adaptive, every 5s", sees: "heartbeats", marker: chart.Circle, join: true}, 5*time.Second, sim.Bot,
			0.3, 0.6, 1.5, 3, 6, 15, 30),
		adaptively(t, group{name: "adaptive, with router logs", sees: logs, marker: chart.Diamond, join: true}, 5*time.Second, sim.WithRouterLog, 0.3, 3, 30),
		others,
	}
}

// Makes the pictures and the first two tables of docs/policies.md: slow minutes against dyno-hours, for each policy and
// day.
func TestFrontier(t *testing.T) {
	if !*frontier {
		t.Skip("takes minutes: see the flag -frontier")
	}
	all := groups(t)
	var wg sync.WaitGroup
	places := make(chan struct{}, 2)
	for i := range all {
		g := &all[i]
		g.results = make([][]sim.Result, len(g.drivers))
		for j, d := range g.drivers {
			wg.Go(func() {
				places <- struct{}{}
				defer func() { <-places }()
				for _, day := range days() {
					g.results[j] = append(g.results[j], play(t, trace(t, day.file), d))
				}
				t.Logf("%s: %s", g.name, d.Name)
			})
		}
	}
	wg.Wait()
	if t.Failed() {
		return
	}
	writeBetween(t, page, tableBegin, tableEnd, policyTable(all))
	writeBetween(t, page, frontierBegin, frontierEnd, frontierTable(all))
	for name, dark := range map[string]bool{"policies.svg": false, "policies-dark.svg": true} {
		var svg bytes.Buffer
		if err := picture(all, dark).SVG(&svg); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile("../../../docs/"+name, svg.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func header(first ...string) string {
	for _, d := range days() {
		first = append(first, d.name)
	}
	return "| " + strings.Join(first, " | ") + " |\n" + strings.Repeat("|---", len(first)) + "|\n"
}

// Of the adaptive policies only those whose aim has a name.
func policyTable(all []group) string {
	var b strings.Builder
	b.WriteString(header("policy", "sees"))
	for _, g := range all {
		for i, d := range g.drivers {
			name := d.Name
			if strings.HasPrefix(g.name, "adaptive") {
				if g.labels[i] == "" {
					continue
				}
				name = strings.Replace(g.name, "adaptive", "adaptive, "+g.labels[i], 1)
			}
			fmt.Fprintf(&b, "| %s | %s |", name, g.sees)
			for _, r := range g.results[i] {
				fmt.Fprintf(&b, " %.2f / %.2f / %d |", r.SlowMinutesPercent, r.OracleRatio, r.Flips)
			}
			b.WriteString("\n")
		}
	}
	return b.String()
}

// A row for each price of a slow minute, under the target, for each group.
func frontierTable(all []group) string {
	var b strings.Builder
	b.WriteString(header("price of a slow minute, in dyno-hours"))
	for aim, name := range []string{"adaptive, every 5s", "adaptive, every 30s", "adaptive, with router logs"} {
		for _, g := range all {
			if g.name != name {
				continue
			}
			b.WriteString("| **" + strings.TrimPrefix(name, "adaptive, ") + "**: target |")
			for _, d := range days() {
				fmt.Fprintf(&b, " **%v** |", d.aims[aim])
			}
			for i, d := range g.drivers {
				b.WriteString("\n| " + d.Name + " |")
				for _, r := range g.results[i] {
					fmt.Fprintf(&b, " %v |", point{r.SlowMinutesPercent, r.OracleRatio})
				}
			}
			b.WriteString("\n")
		}
	}
	return b.String()
}

// A color for each day, and a shape for each group of policies. The legend names each once.
func picture(all []group, dark bool) chart.Scatter {
	var series []chart.Series
	for _, g := range all {
		if g.marker == chart.AutoMarker {
			continue
		}
		for i, d := range days() {
			s := chart.Series{Name: g.name + ": " + d.name, Color: colors()[i], Marker: g.marker, Join: g.join, NoKey: i > 0 && g.marker != chart.Circle}
			for j, label := range g.labels {
				r := g.results[j][i]
				s.Dots = append(s.Dots, point{r.SlowMinutesPercent, r.OracleRatio}.dot(label))
			}
			series = append(series, s)
		}
	}
	for i, d := range days() {
		series = append(series, chart.Series{
			Name: "target, every 5s: " + d.name, Color: colors()[i], Marker: chart.Cross, NoKey: i > 0, Dots: []chart.Dot{d.aims[0].dot("target")},
		})
	}
	return chart.Scatter{
		Title:    "Slow minutes against dyno-hours",
		Subtitle: "one color for each trace, one shape for each kind of policy; lower left is better; the lowest line is 0",
		X:        chart.Axis{Title: "dyno-hours relative to perfect knowledge", Min: 0.8, Max: 2.5},
		Y:        chart.Axis{Title: "slow minutes", Unit: "%", Log: true}, Series: series, Height: 860, Dark: dark,
	}
}

func colors() [4]chart.Color {
	return [...]chart.Color{chart.Blue, chart.Green, chart.Vermilion, chart.Purple}
}

func play(t *testing.T, demand sim.Demand, d sim.Driver) sim.Result {
	r, err := sim.Run(t.Context(), sim.Options{Demand: demand, Peak: 25, Seed: 1}, d)
	if err != nil {
		t.Error(err)
	}
	return r
}
