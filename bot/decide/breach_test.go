package decide_test

import (
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/bot/racetest"
	"github.com/autoscalebot/autoscalebot/bot/record"
	"github.com/autoscalebot/autoscalebot/probe"
)

func latency(ms float64) probe.Reading { return signal("responsetime", ms, "ms") }

func newBreaches(dynos, least, most int, rules ...decide.BreachRule) *world {
	w := with(dynos, func(p *decide.Policy) { p.Breaches = rules })
	w.limits = bounds(least, most)
	return w
}

// up adds a dyno if the response time was above 500 ms for a minute, with a cooldown of three minutes.
var up = decide.BreachRule{
	Metric: "responsetime", Operator: ">", Threshold: 500, Step: decide.Step{Dynos: 1}, Breach: time.Minute, Cooldown: 3 * time.Minute,
}

func TestBreaches(t *testing.T) {
	with := func(change func(*decide.BreachRule)) decide.BreachRule {
		r := up
		change(&r)
		return r
	}
	down := with(func(r *decide.BreachRule) { r.Operator, r.Down = "<", true })
	gone := probe.Reading{Signal: "responsetime", Outcome: probe.Timeout, Error: "no answer"}
	for _, c := range []struct {
		name  string
		rules []decide.BreachRule
		dynos int
		in    []probe.Reading
		to    int
		why   string
	}{
		{"every reading beyond, and one older than the duration", []decide.BreachRule{up}, 2, []probe.Reading{latency(600), latency(650), latency(620)}, 3, "responsetime > 500 ms for 60 s"},
		{"none is older", []decide.BreachRule{up}, 2, []probe.Reading{latency(600), latency(650)}, 2, ""},
		{"one is not beyond", []decide.BreachRule{up}, 2, []probe.Reading{latency(600), latency(450), latency(620)}, 2, ""},
		{"what is older than the duration does not matter", []decide.BreachRule{up}, 2, []probe.Reading{latency(100), latency(650), latency(620)}, 3, "responsetime > 500 ms for 60 s"},
		{"the threshold itself is not beyond >", []decide.BreachRule{up}, 2, []probe.Reading{latency(600), latency(500), latency(620)}, 2, ""},
		{"but beyond >=", []decide.BreachRule{with(func(r *decide.BreachRule) { r.Operator = ">=" })}, 2, []probe.Reading{latency(600), latency(500), latency(620)}, 3, "responsetime >= 500 ms for 60 s"},
		{"and <=", []decide.BreachRule{with(func(r *decide.BreachRule) { r.Operator, r.Down = "<=", true })}, 2, []probe.Reading{latency(500), latency(500), latency(500)}, 1, "responsetime <= 500 ms for 60 s"},
		{"an empty reading is no breach", []decide.BreachRule{up}, 2, []probe.Reading{latency(600), gone, latency(620)}, 2, ""},
		{"nor one of another metric", []decide.BreachRule{up}, 2, []probe.Reading{jobs(600), jobs(600), jobs(600)}, 2, ""},
		{"the first in the list acts", []decide.BreachRule{down, up, with(func(r *decide.BreachRule) { r.Step = decide.Step{Dynos: 4} })}, 2, []probe.Reading{latency(600), latency(650), latency(620)}, 3, "responsetime > 500 ms for 60 s"},
		{"per instance", []decide.BreachRule{with(func(r *decide.BreachRule) { r.Metric, r.Signal, r.PerDyno = "latency", "responsetime", true })}, 2, []probe.Reading{latency(1200), latency(1300), latency(1240)}, 3, "latency > 500 ms for 60 s"},
		{"which is not beyond", []decide.BreachRule{with(func(r *decide.BreachRule) { r.PerDyno = true })}, 2, []probe.Reading{latency(600), latency(650), latency(620)}, 2, ""},
		{"to the maximum", []decide.BreachRule{with(func(r *decide.BreachRule) { r.Step = decide.Step{Dynos: 2} })}, 5, []probe.Reading{latency(600), latency(650), latency(620)}, 6, "responsetime > 500 ms for 60 s; desired 7, but the maximum is 6"},
		{"a share, to the minimum", []decide.BreachRule{with(func(r *decide.BreachRule) { r.Operator, r.Down, r.Step = "<", true, decide.Step{Percent: 60} })}, 3, []probe.Reading{latency(1), latency(1), latency(1)}, 2, "responsetime < 500 ms for 60 s; desired 1, but the minimum is 2"},
		{"a small share is one dyno", []decide.BreachRule{with(func(r *decide.BreachRule) { r.Step = decide.Step{Percent: 10} })}, 3, []probe.Reading{latency(600), latency(650), latency(620)}, 4, "responsetime > 500 ms for 60 s"},
		{"up or down", []decide.BreachRule{with(func(r *decide.BreachRule) { r.Operator, r.Down, r.Step = "<", true, decide.Step{Percent: 10} })}, 3, []probe.Reading{latency(1), latency(1), latency(1)}, 2, "responsetime < 500 ms for 60 s"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newBreaches(c.dynos, 1, 6, c.rules...)
			if c.rules[0].Step.Percent == 60 {
				w.limits.Min = 2
			}
			var r record.Record
			for _, in := range c.in {
				r = w.tick(fast, in) // the heartbeat has no say
			}
			d := r.Decision
			if d.To != c.to {
				t.Errorf("decided %d → %d, want %d", d.From, d.To, c.to)
			}
			if got := r.Why(); c.why != "" && got != c.why {
				t.Errorf("why is %q\nwant   %q", got, c.why)
			}
		})
	}
}

func TestBreachesCoolDown(t *testing.T) {
	w := newBreaches(2, 1, 4, up)
	var ups []time.Duration
	var last record.Record
	for range 20 {
		if last = w.tick(latency(600)); last.Decision.To > last.Decision.From {
			ups = append(ups, w.now.Sub(noon))
		}
	}
	if len(ups) != 2 || ups[0] != time.Minute || ups[1] != 4*time.Minute {
		t.Errorf("went up after %v, want 1m and, when it had cooled down, 4m", ups)
	}
	if got, want := last.Why(), "responsetime > 500 ms for 60 s; desired 5, but the maximum is 4"; got != want {
		t.Errorf("why is %q\nwant   %q", got, want)
	}
	// At the maximum nothing changes and no cooldown starts. Below it, the next breach acts at once.
	w.limits.Max = 5
	if r := w.tick(latency(600)); r.Decision.To != 5 {
		t.Errorf("a change that was not made started a cool-down: %s", r.Why())
	}
	w.limits.Max = 9
	if got, want := w.tick(latency(600)).Why(), "responsetime > 500 ms for 60 s; desired 6, but the cooldown has 3 min left"; got != want {
		t.Errorf("why is %q\nwant   %q", got, want)
	}
}

// App Autoscaler's scaling engine rounds the new number to an integer, half up, and changes it by at least one dyno.
func TestSharesOfScalingRules(t *testing.T) {
	racetest.Computes(t)
	change := func(n, percent int) int {
		down := percent < 0
		r := decide.BreachRule{Metric: "responsetime", Operator: ">", Threshold: 500, Breach: time.Minute, Down: down, Step: decide.Step{Percent: float64(max(percent, -percent))}}
		return newBreaches(n, 0, 1000, r).beat(times(3, latency(600))...).Decision.To
	}
	inexact := map[[2]int]int{{5, -90}: 0, {15, -90}: 1} // 1 - 0.9 is less than 0.1
	for n := 1; n <= 20; n++ {
		for percent := 1; percent <= 100; percent++ {
			up, down := (n*(100+percent)+50)/100, (n*(100-percent)+50)/100
			if got, want := change(n, percent), max(up, n+1); got != want {
				t.Errorf("+%d%% of %d is %d, want %d", percent, n, got, want)
			}
			want := min(down, n-1)
			if less, ok := inexact[[2]int{n, -percent}]; ok {
				want = less
			}
			if got := change(n, -percent); got != want {
				t.Errorf("-%d%% of %d is %d, want %d", percent, n, got, want)
			}
		}
	}
	for _, c := range []struct{ n, percent, to int }{{3, -50, 2}, {5, -50, 3}, {10, -25, 8}, {3, -60, 1}, {3, 10, 4}, {3, -10, 2}, {3, -200, 0}, {4, 150, 10}} {
		if got := change(c.n, c.percent); got != c.to {
			t.Errorf("%+d%% of %d is %d, want %d", c.percent, c.n, got, c.to)
		}
	}
}

// With the longest breach time, an hour, and the shortest intervals a rule fires when it is due. Of two rules on one
// metric, neither is late because the other's threshold is crossed again and again.
func TestBreachesOfAnHourAtShortIntervals(t *testing.T) {
	racetest.Computes(t)
	for _, every := range []time.Duration{time.Second, 3 * time.Second, 5 * time.Second} {
		t.Run(every.String(), func(t *testing.T) {
			long, short := up, up
			long.Breach = time.Hour
			short.Threshold = 800
			p := defaults
			p.Breaches = []decide.BreachRule{long, short}
			var state decide.State
			for at := time.Duration(0); at <= time.Hour+10*every; at += every {
				value := 600.0
				if at/every%2 == 0 {
					value = 900 // beyond the threshold of both, at every other reading
				}
				next, d := p.Decide(state, facts(noon.Add(at), []probe.Reading{latency(value)}, bounds(1, 6), 2))
				if state = next; d.To == 2 {
					continue
				}
				if at != time.Hour {
					t.Errorf("went up after %v, want 1h", at)
				}
				return
			}
			t.Error("an hour beyond the threshold never fired")
		})
	}
}
