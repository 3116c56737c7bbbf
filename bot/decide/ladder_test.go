package decide_test

import (
	"math"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/bot/racetest"
	"github.com/autoscalebot/autoscalebot/bot/rapidtest"
	"github.com/autoscalebot/autoscalebot/probe"
)

func TestSmallerDynosMustBearTheLoad(t *testing.T) {
	cpu := decide.SignalRule{Signal: "cpu", Max: 50, Min: 30, Fails: decide.InARow(1), Passes: decide.InARow(1)}
	full := decide.SignalRule{Signal: "memory_max", Max: 95, Min: 20, Fails: decide.InARow(1), Passes: decide.InARow(1), Size: true}
	use := func(percent float64) probe.Reading { return signal("cpu", percent, "%") }
	for _, c := range []struct {
		name   string
		rules  []decide.SignalRule
		in     []probe.Reading
		prices []float64
		to     int
		size   string
		held   string
	}{
		{"twice the load is below the maximum", []decide.SignalRule{cpu}, []probe.Reading{fast, use(20)}, nil, 2, "standard-1x", ""},
		{"or above it", []decide.SignalRule{cpu}, []probe.Reading{fast, use(28)}, nil, 1, "standard-2x", decide.HeldFit},
		{"a price says more", []decide.SignalRule{cpu}, []probe.Reading{fast, use(20)}, []float64{10, 30, 50}, 1, "standard-2x", decide.HeldFit},
		{"so would the heartbeat", nil, []probe.Reading{took(190)}, []float64{10, 60, 80}, 1, "standard-2x", decide.HeldFit},
		{"a rule for the size objects", []decide.SignalRule{full}, []probe.Reading{fast, memory(40)}, nil, 1, "standard-2x", decide.HeldFit},
		{"or agrees", []decide.SignalRule{full}, []probe.Reading{fast, memory(10)}, nil, 2, "standard-1x", ""},
		{"or is not known", []decide.SignalRule{full}, []probe.Reading{fast}, nil, 1, "standard-2x", decide.HeldFit},
		{"the app asks for as many as can be had", []decide.SignalRule{{Signal: "wants", Max: math.NaN(), Min: math.NaN(), Fails: decide.InARow(1), Passes: decide.InARow(1)}}, []probe.Reading{fast, signal("wants", 1, probe.UnitDynos)}, nil, 2, "standard-1x", ""},
	} {
		p := defaults
		p.Passes, p.Rules, p.SizePrices = decide.InARow(1), c.rules, c.prices
		p.Sizes, p.Ladder = []string{"standard-1x", "standard-2x", "performance-m"}, decide.Horizontal
		_, d := p.Decide(decide.State{SizeState: decide.SizeState{Size: "standard-2x"}}, facts(noon, c.in, bounds(1, 3), 2))
		if d.To != c.to || d.SizeTo != c.size || d.SizeHeld != c.held {
			t.Errorf("%s: decided on %d of %s, held by %q; want %d of %s, %q: %s", c.name, d.To, d.SizeTo, d.SizeHeld, c.to, c.size, c.held, why(d, c.in...))
		}
	}
}

// An empty ladder, and sizes that no rule uses, change nothing.
func TestWithoutAnOrderNothingIsDifferent(t *testing.T) {
	rapidtest.Check(t, func(t *rapid.T) {
		plain := drawPolicy(t)
		laddered := plain
		laddered.Sizes, laddered.SizePrices = []string{"a", "b"}, []float64{1, 2}
		a, b := decide.State{}, decide.State{SizeState: decide.SizeState{Size: "a"}}
		reading := rapid.SampledFrom([]probe.Reading{slow, right, fast, fast, noData})
		n, now := rapid.IntRange(0, 6).Draw(t, "dynos"), noon
		for range rapid.IntRange(1, 30).Draw(t, "ticks") {
			now = now.Add(time.Duration(rapid.IntRange(1, 200).Draw(t, "pause")) * time.Second)
			in := rapid.SliceOfN(reading, 0, 2).Draw(t, "readings")
			var d, e decide.Decision
			a, d = plain.Decide(a, facts(now, in, bounds(1, 4), n))
			b, e = laddered.Decide(b, facts(now, in, bounds(1, 4), n))
			if !reflect.DeepEqual(d, e) {
				t.Fatalf("decided\n%+v, without a ladder\n%+v", e, d)
			}
			if d.To != n {
				a, b, n = applied(a, now, d), applied(b, now, d), d.To
			}
		}
	})
}

func TestTheOrderHolds(t *testing.T) {
	racetest.Computes(t)
	names := []string{"a", "b", "c", "d"}
	rapidtest.Check(t, func(t *rapid.T) {
		p := drawPolicy(t)
		p.Ladder = rapid.SampledFrom([]decide.Ladder{decide.Horizontal, decide.Vertical}).Draw(t, "order")
		p.Sizes = names[:rapid.IntRange(1, 4).Draw(t, "sizes")]
		p.SizePrices = rapid.SampledFrom([][]float64{nil, {1, 2, 4, 8}, {5, 20, 25, 100}}).Draw(t, "prices")
		lim := bounds(rapid.IntRange(0, 3).Draw(t, "min"), 0)
		lim.Max = lim.Min + rapid.IntRange(0, 3).Draw(t, "room")
		n, size := rapid.IntRange(0, 6).Draw(t, "dynos"), rapid.SampledFrom(append(slices.Clone(p.Sizes), "other")).Draw(t, "size")
		reading := rapid.SampledFrom([]probe.Reading{slow, slow, right, fast, fast, fast, noData})
		queue := rapid.SampledFrom([]probe.Reading{jobs(0), jobs(5), jobs(50), jobs(500), jobsUnknown})
		st, now := decide.State{SizeState: decide.SizeState{Size: size}}, noon
		var sized, larger, smaller time.Time
		for range rapid.IntRange(1, 80).Draw(t, "ticks") {
			now = now.Add(time.Duration(rapid.SampledFrom([]int{1, 30, 60, 300, 1200}).Draw(t, "pause")) * time.Second)
			in := append(rapid.SliceOfN(reading, 0, 2).Draw(t, "readings"), queue.Draw(t, "queue"))
			next, d := decideTwice(t, p, st, facts(now, in, lim, n))
			inside, at, top := lim.Clamp(n) == n, slices.Index(p.Sizes, size), len(p.Sizes)-1
			to := slices.Index(p.Sizes, d.SizeTo)
			switch resizes := d.SizeTo != d.SizeFrom; {
			case resizes && d.To != n:
				t.Fatalf("both change: %+v", d)
			case resizes && (at < 0 || to-at != 1 && to-at != -1 || !inside || n == 0):
				t.Fatalf("changes the size from %q: %+v", size, d)
			case resizes && now.Sub(sized) < 10*time.Minute:
				t.Fatalf("changes the size %v after it changed: %+v", now.Sub(sized), d)
			case resizes && to > at && (d.Says() != decide.Slow || p.Ladder == decide.Horizontal && n < lim.Max):
				t.Fatalf("larger ones out of order: %+v", d)
			case resizes && to < at && (d.Says() != decide.Fast || now.Sub(larger) < 30*time.Minute || p.Ladder == decide.Vertical && n > lim.Min):
				t.Fatalf("smaller ones out of order: %+v", d)
			case inside && n > 0 && d.To > n && p.Ladder == decide.Vertical && at >= 0 && at < top && d.Bill == nil && now.Sub(smaller) >= 10*time.Minute:
				t.Fatalf("more before larger ones: %+v", d)
			case inside && d.To < n && p.Ladder == decide.Horizontal && at > 0 && d.Rule != decide.RuleIneffective && d.SizeHeld != decide.HeldRecent && d.SizeHeld != decide.HeldFit:
				t.Fatalf("fewer before smaller ones: %+v", d)
			case inside && d.To < n && at >= 0 && now.Sub(sized) < 10*time.Minute:
				t.Fatalf("fewer dynos %v after the size changed: %+v", now.Sub(sized), d)
			case lim.Clamp(d.To) != d.To && (n != 0 || p.ZeroIsOurs):
				t.Fatalf("left the limits %v: %+v", lim, d)
			}
			st = next
			switch {
			case d.SizeTo != d.SizeFrom:
				st = accepted(p, st, now, d)
				size, sized = d.SizeTo, now
				if to > at {
					larger = now
				} else {
					smaller = now
				}
			case d.To != n:
				st = applied(st, now, d)
				n = d.To
			}
		}
	})
}

// Dynos of one size serve twice as much as those of the size below, or somewhat more or less. The ladder follows the
// load up and down without flapping, in either order and with any kind of load.
func TestTheLadderDoesNotFlap(t *testing.T) {
	racetest.Computes(t)
	names := []string{"a", "b", "c"}
	rapidtest.Check(t, func(t *rapid.T) {
		order := rapid.SampledFrom([]decide.Ladder{decide.Horizontal, decide.Vertical}).Draw(t, "order")
		times := rapid.SampledFrom([]float64{1.5, 2, 2.5, 4}).Draw(t, "a larger one serves")
		least := rapid.IntRange(1, 2).Draw(t, "min")
		lim := bounds(least, least+rapid.IntRange(0, 3).Draw(t, "room"))
		load := rapid.Float64Range(0, 12).Draw(t, "load")
		p := decide.Policy{
			HeartbeatRule: decide.HeartbeatRule{MaxResponseMS: 1000, MinResponseMS: 130, Fails: decide.InARow(3), Passes: decide.InARow(5), FailOn: defaults.FailOn},
			Sizing:        decide.Sizing{Ladder: order, Sizes: names}, Safeguards: decide.Safeguards{IneffectiveAfter: 3},
		}
		n, at := lim.Min, 0
		st, now := decide.State{SizeState: decide.SizeState{Size: names[0]}}, noon
		changes, late, slowTicks := 0, 0, 0
		for tick := range 60 * 24 {
			now = now.Add(time.Minute)
			busy := load / (float64(n) * math.Pow(times, float64(at)))
			answer := failed(probe.Timeout, "no answer within 10s")
			if busy < 0.99 {
				answer = took(100 / (1 - busy))
			}
			next, d := p.Decide(st, facts(now, []probe.Reading{answer}, lim, n))
			st = next
			switch {
			case d.SizeTo != d.SizeFrom:
				st = accepted(p, st, now, d)
				at = slices.Index(names, d.SizeTo)
				if changes++; tick > 60*4 {
					late++
				}
			case d.To != n:
				st, n = applied(st, now, d), d.To
			}
			if tick > 60 && busy > 0.9 {
				slowTicks++
			}
		}
		if late > 8 {
			t.Fatalf("%d changes of the size, %d of them after four hours of the same load", changes, late)
		}
		if most := float64(lim.Max) * times * times; load < 0.8*most && slowTicks > 2*60 {
			t.Fatalf("slow for %d ticks after the first hour, at %d of %s at last", slowTicks, n, names[at])
		}
	})
}
