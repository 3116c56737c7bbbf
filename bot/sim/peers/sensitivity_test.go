package peers_test

import (
	"flag"
	"fmt"
	"math"
	"os"
	"sort"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/bot/adaptive"
	"github.com/autoscalebot/autoscalebot/bot/racetest"
	"github.com/autoscalebot/autoscalebot/bot/sim"
	"github.com/autoscalebot/autoscalebot/schedule"
)

var sensitivity = flag.Bool("sensitivity", false, "run counting and the adaptive policy on many kinds of app, and rewrite the table in docs/policies.md")

const (
	sensitivityBegin = "<!-- sensitivity: go test ./bot/sim/peers -run Sensitivity -sensitivity -timeout 60m -->\n"
	sensitivityEnd   = "<!-- /sensitivity -->\n"
)

// The adaptive policy should take at most this multiple of the oracle's dyno-hours.
const mostRatio = 1.5

type kind struct {
	name   string
	change func(o *sim.Options)
}

func fleet(name string, change func(f *sim.Fleet)) kind {
	return kind{name, func(o *sim.Options) { change(&o.Fleet) }}
}

func service(mean time.Duration, cv float64) sim.Service { return sim.Service{Mean: mean, CV: cv} }

// All have a peak of 25 dynos and a threshold of a second, unless they say otherwise.
func kinds() []kind {
	out := []kind{{"as above", func(*sim.Options) {}}}
	for _, c := range []int{1, 3, 20} {
		out = append(out, fleet(fmt.Sprintf("slots of a dyno: %d", c), func(f *sim.Fleet) { f.Slots = c }))
	}
	for _, cv := range []float64{0.5, 3} {
		out = append(out, fleet(fmt.Sprintf("coefficient of variation %g", cv), func(f *sim.Fleet) { f.Service.CV = cv }))
	}
	return append(out,
		fleet("1 slot, coefficient of variation 3", func(f *sim.Fleet) { f.Slots, f.Service.CV = 1, 3 }),
		fleet("an answer takes 20 ms", func(f *sim.Fleet) { f.Service.Mean = 20 * time.Millisecond }),
		kind{"an answer takes 300 ms, the threshold is 3 s", func(o *sim.Options) { o.Fleet.Service.Mean, o.Bound = 300*time.Millisecond, 3*time.Second }},
		kind{"an answer takes a second, the threshold is 5 s", func(o *sim.Options) { o.Fleet.Service.Mean, o.Bound = time.Second, 5*time.Second }},
		fleet("a boot takes 10 s", func(f *sim.Fleet) { f.BootMin, f.BootMax = 10*time.Second, 10*time.Second }),
		fleet("a boot takes 90 to 180 s", func(f *sim.Fleet) { f.BootMin, f.BootMax = 90*time.Second, 180*time.Second }),
		kind{"the peak needs 3 dynos", func(o *sim.Options) { o.Peak = 3 }},
		fleet("router: the dyno with the fewest requests", func(f *sim.Fleet) { f.Router = sim.LeastConnections }),
		fleet("router: the better of two random dynos", func(f *sim.Fleet) { f.Router = sim.TwoChoices }),
		fleet("heavy tail: Pareto distribution, coefficient of variation 3", func(f *sim.Fleet) { f.Service = sim.Service{Mean: f.Service.Mean, CV: 3, Law: sim.Pareto} }),
		fleet("two kinds of page: 90 % take 40 ms, 10 % take 640 ms", func(f *sim.Fleet) {
			f.Routes = []sim.Route{{Weight: 9, Service: service(40*time.Millisecond, 0.5)}, {Weight: 1, Service: service(640*time.Millisecond, 0.5)}}
		}),
		fleet("one dyno is five times slower than the others", func(f *sim.Fleet) { f.Slow, f.SlowFactor = 1, 5 }),
		fleet("a slow, jittery heartbeat: 300 ms, coefficient of variation 2", func(f *sim.Fleet) { f.Heartbeat.Service = service(300*time.Millisecond, 2) }),
		// A fifth of an answer is the database's. Its 18 slots have capacity for 900 of the 1,125 requests per second
		// of the peak.
		fleet("a shared database with capacity for 80 % of the peak", func(f *sim.Fleet) {
			f.Service.Mean = 80 * time.Millisecond
			f.Database = sim.Database{Slots: 18, Service: service(20*time.Millisecond, 1)}
		}),
		fleet("the idle app takes longer than the threshold: 1.5 s, heartbeats 1.2 s", func(f *sim.Fleet) {
			f.Service.Mean, f.Heartbeat.Service = 1500*time.Millisecond, service(1200*time.Millisecond, 0.2)
		}),
	)
}

// A kind of app with counting and the adaptive policy, each with heartbeats every 5 and every 30 s, and with perfect
// knowledge.
type contest struct {
	kind
	count, adaptive [2]sim.Result
	// perfect is the share of slow minutes in per cent with perfect knowledge of the demand. matches and holds are the
	// multiples of its dyno-hours at which it has as few slow minutes as the adaptive policy every 5 s, and at most
	// slowMinutes; +Inf if no number of dynos is enough.
	perfect, matches, holds float64
}

func (c contest) cells() string {
	var b strings.Builder
	fmt.Fprintf(&b, " %.2f / %s / %s |", c.perfect, times(c.matches), times(c.holds))
	for i := range c.count {
		a, count := c.adaptive[i], c.count[i]
		fmt.Fprintf(&b, " %.2f / %.2f / %d |", count.SlowMinutesPercent, count.OracleRatio, count.Flips)
		fmt.Fprintf(&b, " %s / %s / %d |", bold(a.SlowMinutesPercent, count.SlowMinutesPercent), bold(a.OracleRatio, mostRatio), a.Flips)
	}
	return b.String()
}

func times(ratio float64) string {
	if math.IsInf(ratio, 0) {
		return "never"
	}
	return fmt.Sprintf("%.2f", ratio)
}

// A figure above most is bold.
func bold(figure, most float64) string {
	if figure > most {
		return fmt.Sprintf("**%.2f**", figure)
	}
	return fmt.Sprintf("%.2f", figure)
}

func (c contest) lost() (out []string) {
	for i, every := range heartbeatsEvery {
		a, b := c.adaptive[i], c.count[i]
		if a.SlowMinutesPercent > b.SlowMinutesPercent {
			out = append(out, fmt.Sprintf("every %v: %.2f %% slow minutes, and %.2f %% by counting", every, a.SlowMinutesPercent, b.SlowMinutesPercent))
		}
		if a.OracleRatio > mostRatio {
			out = append(out, fmt.Sprintf("every %v: %.2f times the oracle's dyno-hours", every, a.OracleRatio))
		}
	}
	return out
}

var heartbeatsEvery = [2]time.Duration{5 * time.Second, 30 * time.Second}

// Makes the last table of docs/policies.md: the policies on apps that differ from what they expect. It logs where the
// adaptive policy has more slow minutes than counting, or takes more than 1.5 times the oracle's dyno-hours.
func TestSensitivity(t *testing.T) {
	if !*sensitivity {
		t.Skip("takes minutes: see the flag -sensitivity")
	}
	demand := trace(t, "wc98_flash_day")
	all := make([]contest, len(kinds()))
	var wg sync.WaitGroup
	places := make(chan struct{}, 2)
	for i, k := range kinds() {
		wg.Go(func() {
			places <- struct{}{}
			defer func() { <-places }()
			all[i] = hold(t, k, demand)
			t.Logf("%s:%s", k.name, all[i].cells())
		})
	}
	wg.Wait()
	table := &strings.Builder{}
	table.WriteString("| what is different | perfect knowledge | counting, every 5 s | adaptive, every 5 s | counting, every 30 s | adaptive, every 30 s |\n")
	table.WriteString(strings.Repeat("|---", 6) + "|\n")
	for _, c := range all {
		fmt.Fprintf(table, "| %s |%s\n", c.name, c.cells())
		for _, lost := range c.lost() {
			t.Logf("lost: %s, %s", c.name, lost)
		}
	}
	writeBetween(t, page, sensitivityBegin, sensitivityEnd, table.String())
}

func hold(t *testing.T, k kind, demand sim.Demand) contest {
	o := sim.Options{Demand: demand, Peak: 25, Seed: 1, Fleet: sim.DefaultFleet(), Bound: time.Second}
	k.change(&o)
	c := contest{kind: k}
	for i, every := range heartbeatsEvery {
		c.count[i] = drive(t, o, every, false)
		c.adaptive[i] = drive(t, o, every, true)
	}
	c.know(t, o)
	return c
}

const (
	// The share of slow minutes, in per cent, up to which the threshold counts as kept.
	slowMinutes = 1
	// The oracle asks for up to mostTimes its dynos, in steps of a twentieth.
	timesSteps, mostTimes = 20, 10
)

func (c *contest) know(t *testing.T, o sim.Options) {
	o.Limits = schedule.Limits{Min: 1, Max: 1000}
	seen := map[int]sim.Result{}
	run := func(step int) sim.Result {
		r, ok := seen[step]
		if !ok {
			var err error
			if r, err = sim.Run(t.Context(), o, sim.OracleOf(1+float64(step)/timesSteps)); err != nil {
				t.Error(err)
			}
			seen[step] = r
		}
		return r
	}
	needs := func(slow float64) float64 {
		const most = (mostTimes - 1) * timesSteps
		step := sort.Search(most+1, func(step int) bool { return run(step).SlowMinutesPercent <= slow })
		if step > most {
			return math.Inf(1)
		}
		return run(step).DynoHours / run(0).DynoHours
	}
	c.perfect = run(0).SlowMinutesPercent
	c.matches, c.holds = needs(c.adaptive[0].SlowMinutesPercent), needs(slowMinutes)
}

func drive(t *testing.T, o sim.Options, every time.Duration, adapts bool) sim.Result {
	boundMS := o.Bound.Seconds() * 1000
	policy := usual(boundMS)
	var err error
	if adapts {
		policy.Adaptive, err = adaptive.New(adaptive.Balanced, boundMS)
	}
	var r sim.Result
	if err == nil {
		r, err = sim.Run(t.Context(), o, sim.Bot("bot", bot.Options{Interval: every, HeartbeatsPerMinute: 60, Policy: policy}))
	}
	if err != nil {
		t.Error(err)
	}
	return r
}

// The load of the World Cup's matches rises fivefold in these hours. On apps that differ from what it expects, the
// adaptive policy stays below these multiples of the oracle's dyno-hours: the mean measured over three seeds, with room
// for the noise between them.
func TestNoKindOfAppMakesDynosRunAway(t *testing.T) {
	if testing.Short() {
		t.Skip("takes some seconds")
	}
	racetest.Long(t)
	demand, err := trace(t, "wc98_flash_day").Between(12*time.Hour, 17*time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	most := map[string]float64{
		"1 slot, coefficient of variation 3":                                    3.2,
		"one dyno is five times slower than the others":                         1.9,
		"a slow, jittery heartbeat: 300 ms, coefficient of variation 2":         1.6,
		"the idle app takes longer than the threshold: 1.5 s, heartbeats 1.2 s": 2.6,
	}
	for _, k := range kinds() {
		bar, ok := most[k.name]
		if !ok {
			continue
		}
		delete(most, k.name)
		o := sim.Options{Demand: demand, Peak: 12, Seed: 1, Fleet: sim.DefaultFleet(), Bound: time.Second}
		k.change(&o)
		r := drive(t, o, 5*time.Second, true)
		t.Logf("%s: %.2f %% slow minutes at %.2f", k.name, r.SlowMinutesPercent, r.OracleRatio)
		if r.OracleRatio > bar {
			t.Errorf("%s: %.2f times the oracle's dyno-hours, want %.2f", k.name, r.OracleRatio, bar)
		}
	}
	for name := range most {
		t.Errorf("there is no kind of app %q", name)
	}
}

// Every kind of app can be simulated, and each changes the result.
func TestKindsOfAppDiffer(t *testing.T) {
	racetest.Long(t)
	demand, err := trace(t, "wc98_flash_day").Between(14*time.Hour, 14*time.Hour+40*time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]string{}
	for _, k := range kinds() {
		o := sim.Options{Demand: demand, Peak: 2.5, Seed: 1, Fleet: sim.DefaultFleet(), Bound: time.Second}
		o.Fleet.Dynos = 2
		k.change(&o)
		is := fmt.Sprint(drive(t, o, 5*time.Second, false).Minutes)
		if other, ok := seen[is]; ok {
			t.Errorf("%q is as %q", k.name, other)
		}
		seen[is] = k.name
	}
}

func trace(t *testing.T, name string) sim.Trace {
	t.Helper()
	file, err := os.Open("../testdata/traces/" + name + ".csv")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	demand, err := sim.ParseTrace(file)
	if err != nil {
		t.Fatal(err)
	}
	return demand
}

func writeBetween(t *testing.T, page, begin, end, text string) {
	t.Helper()
	was, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(was), begin)
	_, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("%s has no part between %q and %q", page, begin, end)
	}
	if err := os.WriteFile(page, []byte(before+begin+text+end+after), 0o644); err != nil {
		t.Fatal(err)
	}
}
