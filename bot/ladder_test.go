package bot_test

import (
	"encoding/json"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/bot/adaptive"
	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/bot/racetest"
	"github.com/autoscalebot/autoscalebot/bot/rapidtest"
	"github.com/autoscalebot/autoscalebot/bot/record"
	"github.com/autoscalebot/autoscalebot/notify"
	"github.com/autoscalebot/autoscalebot/probe"
)

// newOrder is a bot on a sized platform with two dynos, an order, and no rule.
func newOrder(order decide.Ladder, size string, change ...func(*bot.Options)) *sizes {
	return newSizes(size, append([]func(*bot.Options){func(o *bot.Options) {
		o.Policy.Rules = nil
		o.Policy.Ladder = order
	}}, change...)...)
}

// pulse beats n times, the platform having all its dynos up, and returns the last record.
func (s *sizes) pulse(n int, heart probe.Reading) record.Record {
	var r record.Record
	for range n {
		s.platform.up = s.platform.n
		r = s.beat(heart)
	}
	return r
}

func TestHorizontalFirst(t *testing.T) {
	s := newOrder(decide.Horizontal, "Standard-1X")
	s.pulse(3, slow)
	wantResizes(t, s.world, 3)
	s.wantSets(t)
	r := s.pulse(3, slow)
	wantResizes(t, s.world)
	s.wantSets(t, "standard-2x")
	wantWhy(t, r, "changed dynos standard-1x → standard-2x: 3 heartbeats in a row slower than 1000 ms (the last one took 1500 ms); "+
		"wanted 4, the maximum of this hour is 3, so larger dynos are next")
	if e := s.inbox.take(); slices.Contains(e, string(notify.NeedsExceedMax)+" opened") {
		t.Errorf("told %q although there are larger dynos", e)
	}
	r = s.pulse(19, slow)
	s.wantSets(t)
	wantWhy(t, r, "held at 3: 19 heartbeats in a row slower than 1000 ms (the last one took 1500 ms); wanted 4, the maximum of this hour is 3, so larger dynos are next; "+
		"wanted dynos of performance-m instead of standard-2x, but the cooldown of the size has 30 s left")
	s.pulse(1, slow)
	s.wantSets(t, "performance-m")
	r = s.pulse(30, slow)
	s.wantSets(t)
	if why := r.Why(); !strings.HasSuffix(why, "wanted 4, the maximum of this hour is 3; performance-m is the largest of the sizes to choose from") {
		t.Errorf("why: %s", why)
	}
	if e := s.inbox.take(); !slices.Contains(e, string(notify.NeedsExceedMax)+" opened") {
		t.Errorf("told %q, not that the largest are not enough", e)
	}

	// The larger dynos came 15 minutes ago: smaller ones are not yet tried, fewer ones are.
	r = s.pulse(5, fast)
	wantResizes(t, s.world, 2)
	s.wantSets(t)
	wantWhy(t, r, "scaled 3 → 2: 5 heartbeats in a row faster than 200 ms (the last one took 50 ms); "+
		"wanted dynos of standard-2x instead of performance-m, but larger ones were needed not long ago, which counts for 13 min longer")
	s.pulse(24, right)
	r = s.pulse(5, fast)
	wantResizes(t, s.world)
	s.wantSets(t, "standard-2x")
	wantWhy(t, r, "changed dynos performance-m → standard-2x: 5 heartbeats in a row faster than 200 ms (the last one took 50 ms); wanted 1, but smaller dynos come before fewer")
	r = s.pulse(19, fast)
	wantResizes(t, s.world)
	s.wantSets(t)
	if why := r.Why(); !strings.HasSuffix(why, "wanted 1, but the size changed not long ago, and is watched for 30 s longer") {
		t.Errorf("why: %s", why)
	}
	s.pulse(1, fast)
	s.wantSets(t, "standard-1x")
	r = s.pulse(19, fast)
	wantResizes(t, s.world)
	if why := r.Why(); !strings.HasSuffix(why, "wanted 1, but the size changed not long ago, and is watched for 30 s longer") {
		t.Errorf("why: %s", why)
	}
	s.pulse(1, fast)
	wantResizes(t, s.world, 1)
	s.pulse(90, fast)
	wantResizes(t, s.world)
	s.wantSets(t)
}

func TestVerticalFirst(t *testing.T) {
	s := newOrder(decide.Vertical, "Standard-1X")
	r := s.pulse(3, slow)
	wantResizes(t, s.world)
	s.wantSets(t, "standard-2x")
	wantWhy(t, r, "changed dynos standard-1x → standard-2x: 3 heartbeats in a row slower than 1000 ms (the last one took 1500 ms); wanted 3, but larger dynos come before more")
	s.pulse(20, slow)
	wantResizes(t, s.world)
	s.wantSets(t, "performance-m")
	s.pulse(3, slow)
	wantResizes(t, s.world, 3)

	s.pulse(17, fast) // the size is watched for 10 minutes
	wantResizes(t, s.world, 2)
	s.pulse(5, fast)
	wantResizes(t, s.world, 1)
	r = s.pulse(20, fast)
	s.wantSets(t)
	if why := r.Why(); !strings.HasSuffix(why, "wanted 0, the minimum of this hour is 1, so smaller dynos are next; "+
		"wanted dynos of standard-2x instead of performance-m, but larger ones were needed not long ago, which counts for 8 min longer") {
		t.Errorf("why: %s", why)
	}
	s.pulse(16, fast)
	s.wantSets(t, "standard-2x")
	s.pulse(20, fast)
	s.wantSets(t, "standard-1x")
	wantResizes(t, s.world)
	s.pulse(3, slow) // which are too small, and can't be taken back yet
	wantResizes(t, s.world, 2)
	s.wantSets(t)
}

// pending is a platform that tells that it has not changed all sizes yet.
type pending struct {
	*sized
	why string
}

func (p *pending) SizePending() string { return p.why }

func TestThePlatformChangesTheSizeInItsOwnTime(t *testing.T) {
	for _, order := range []decide.Ladder{decide.Horizontal, decide.Vertical} {
		var p *pending
		s := newOrder(order, "standard-1x", func(o *bot.Options) {
			p = &pending{sized: o.Scaler.(*sized)}
			o.Scaler = p
		})
		*s.limits = always{Min: 1, Max: 2}
		s.pulse(3, slow)
		s.wantSets(t, "standard-2x")
		s.inbox.take()
		p.why = "web-1 is resized in the maintenance window"
		r := s.pulse(300, slow)
		s.wantSets(t)
		if why := r.Why(); order == decide.Horizontal && !strings.HasSuffix(why, "so larger dynos are next; wanted dynos of performance-m instead of standard-2x, "+
			"but the last change of the size goes on: web-1 is resized in the maintenance window") {
			t.Errorf("why: %s", why)
		}
		if e := s.inbox.take(); slices.Contains(e, string(notify.ScaleFailed)) || r.Error != "" {
			t.Errorf("told %q, and the record has the error %q", e, r.Error)
		}
		*s.limits = always{Min: 1, Max: 3} // more are not kept waiting
		s.pulse(3, slow)
		wantResizes(t, s.world, 3)
		r = s.pulse(20, fast)
		wantResizes(t, s.world) // but fewer are
		p.why = ""
		s.pulse(1, slow)
		if st := s.kept.State; !st.SizeAt.Equal(s.now) || st.SizePending != "" {
			t.Errorf("the time of the size did not begin: %+v", st)
		}
		s.pulse(19, slow)
		s.wantSets(t)
		s.pulse(1, slow)
		s.wantSets(t, "performance-m")
	}
}

func TestVerticalFirstGoesOnWithMoreWhereThereAreNoLargerOnes(t *testing.T) {
	for name, c := range map[string]struct {
		err    error
		change func(*bot.Options)
		size   string
		asked  []string
	}{
		"refused":             {err: errPlatform, size: "standard-1x", asked: []string{"standard-2x"}},
		"a budget":            {change: func(o *bot.Options) { o.Policy.Budget = 90 }, size: "standard-2x"},
		"a size by hand":      {size: "private-s"},
		"a size not known":    {size: ""},
		"the largest already": {size: "performance-m"},
	} {
		var change []func(*bot.Options)
		if c.change != nil {
			change = append(change, c.change)
		}
		s := newOrder(decide.Vertical, c.size, change...)
		s.platform.setErr = c.err
		s.pulse(6, slow)
		if !slices.Equal(s.platform.sets, c.asked) || !slices.Contains(s.platform.resizes, 3) {
			t.Errorf("%s: asked for the sizes %q and for %v dynos", name, s.platform.sets, s.platform.resizes)
		}
	}
}

func TestLargerDynosThatWereWantedBackStayLonger(t *testing.T) {
	s := newOrder(decide.Vertical, "standard-1x", func(o *bot.Options) { o.Policy.Sizes = []string{"standard-1x", "standard-2x"} })
	*s.limits = always{Min: 2, Max: 2}
	var last time.Time
	for _, want := range []time.Duration{30 * time.Minute, time.Hour, 2 * time.Hour, 4 * time.Hour, 8 * time.Hour, 8 * time.Hour} {
		s.platform.sets = nil
		for len(s.platform.sets) == 0 {
			s.pulse(1, slow)
			last = s.now
		}
		s.wantSets(t, "standard-2x")
		for len(s.platform.sets) == 0 && s.now.Sub(last) < 24*time.Hour {
			s.pulse(1, fast)
		}
		s.wantSets(t, "standard-1x")
		if got := s.now.Sub(last); got != want {
			t.Errorf("smaller dynos came after %v, want %v", got, want)
		}
	}
	s.pulse(121, right) // that they did for an hour is forgiven
	s.pulse(3, slow)
	s.wantSets(t, "standard-2x")
	s.pulse(59, fast)
	s.wantSets(t)
	s.pulse(1, fast)
	s.wantSets(t, "standard-1x")
}

func TestSmallerDynosMustBearTheLoad(t *testing.T) {
	cpu := decide.SignalRule{Signal: "cpu", Max: 50, Min: 30, Fails: decide.InARow(1), Passes: decide.InARow(1)}
	memory := decide.SignalRule{Signal: "memory_max", Max: 95, Min: 20, Fails: decide.InARow(1), Passes: decide.InARow(1), Size: true}
	use := func(percent float64) probe.Reading {
		return probe.Reading{Signal: "cpu", Value: percent, Unit: "%", Outcome: probe.Answered}
	}
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
		{"a rule for the size objects", []decide.SignalRule{memory}, []probe.Reading{fast, memoryReading(40)}, nil, 1, "standard-2x", decide.HeldFit},
		{"or agrees", []decide.SignalRule{memory}, []probe.Reading{fast, memoryReading(10)}, nil, 2, "standard-1x", ""},
		{"or is not known", []decide.SignalRule{memory}, []probe.Reading{fast}, nil, 1, "standard-2x", decide.HeldFit},
		{"the app asks for as many as can be had", []decide.SignalRule{{Signal: "wants", Max: math.NaN(), Min: math.NaN(), Fails: decide.InARow(1), Passes: decide.InARow(1)}}, []probe.Reading{fast, wanting("wants", 1, probe.UnitDynos)}, nil, 2, "standard-1x", ""},
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

func memoryReading(percent float64) probe.Reading { return memory(percent) }

func wanting(signal string, value float64, unit string) probe.Reading {
	return probe.Reading{Signal: signal, Value: value, Unit: unit, Outcome: probe.Answered}
}

func TestSafeguardsHoldForTheSizeAsForTheNumber(t *testing.T) {
	for name, change := range map[string]func(*bot.Options){
		"a cooldown":    func(o *bot.Options) { o.Policy.CooldownUp = time.Hour },
		"a pause":       func(o *bot.Options) { o.Policy.PauseUp = true },
		"a manual hold": func(o *bot.Options) { o.Policy.ManualHold = time.Hour },
	} {
		s := newOrder(decide.Horizontal, "standard-1x", change)
		s.pulse(1, right)
		s.platform.n = 3
		if name == "a cooldown" {
			s.platform.n = 2
			s.pulse(3, slow)
			wantResizes(t, s.world, 3)
		}
		r := s.pulse(10, slow)
		if s.wantSets(t); len(r.Decision.Clamps) != 1 || r.Decision.Clamps[0].By == decide.ClampSize || r.Decision.Ladder != "" {
			t.Errorf("%s: %+v", name, r.Decision)
		}
	}
	s := newOrder(decide.Horizontal, "standard-2x", func(o *bot.Options) { o.Policy.Stabilization = 20 * time.Minute })
	s.pulse(43, fast) // the first four of which wish for no fewer
	s.wantSets(t)
	s.pulse(1, fast)
	s.wantSets(t, "standard-1x")
	s.pulse(43, fast) // which were watched anew
	wantResizes(t, s.world)
	s.pulse(1, fast)
	wantResizes(t, s.world, 1)
}

func TestAdaptiveClimbsTheLadder(t *testing.T) {
	racetest.Long(t)
	a, err := adaptive.New(adaptive.Balanced, 1000)
	if err != nil {
		t.Fatal(err)
	}
	for _, order := range []decide.Ladder{decide.Horizontal, decide.Vertical} {
		s := newOrder(order, "standard-1x", func(o *bot.Options) { o.Policy.Adaptive = a })
		*s.limits = always{Min: 1, Max: 2}
		s.pulse(5, right)
		for range 300 {
			if s.pulse(1, took(6000)); len(s.platform.sets) == 2 {
				break
			}
		}
		s.wantSets(t, "standard-2x", "performance-m")
		calm := s.now
		sets := 0
		for s.now.Sub(calm) < 12*time.Hour && (s.platform.size != "standard-1x" || s.platform.n > 1) {
			r := s.pulse(1, took(20))
			if d := r.Decision; r.Action == record.Resized {
				sets++
				if at := s.now.Sub(calm); at < 10*time.Minute || d.Load == nil || r.Decision.Rule != decide.RuleLessLoad {
					t.Errorf("%s: smaller dynos after %v: %s", order, at, r.Why())
				}
				if st := s.kept.State; st.Load != nil || st.Weeks != nil || len(st.Desired) > 0 || !st.Begun.Equal(s.now) {
					t.Errorf("%s: what is known of the new dynos is not learned anew: %+v", order, st)
				}
			}
		}
		if s.platform.size != "standard-1x" || s.platform.n != 1 || sets != 2 {
			t.Errorf("%s: ended at %d of %s after %d smaller sizes", order, s.platform.n, s.platform.size, sets)
		}
		t.Logf("%s: took %v to come down", order, s.now.Sub(calm))
	}
}

// An order that is not set, and a ladder that nobody asks about, change nothing.
func TestWithoutAnOrderNothingIsDifferent(t *testing.T) {
	rapidtest.Check(t, func(t *rapid.T) {
		plain := drawPolicy(t)
		laddered := plain
		laddered.Sizes, laddered.SizePrices = []string{"a", "b"}, []float64{1, 2}
		a, b := decide.State{}, decide.State{SizeState: decide.SizeState{Size: "a"}}
		reading := rapid.SampledFrom([]probe.Reading{slow, right, fast, fast, blind})
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

// Whatever the readings are, the order holds, and the two axes never move together.
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
		reading := rapid.SampledFrom([]probe.Reading{slow, slow, right, fast, fast, fast, blind})
		queue := rapid.SampledFrom([]probe.Reading{jobs(0), jobs(5), jobs(50), jobs(500), jobsUnknown})
		st, now := decide.State{SizeState: decide.SizeState{Size: size}}, noon
		var sized, larger, smaller time.Time
		for range rapid.IntRange(1, 80).Draw(t, "ticks") {
			now = now.Add(time.Duration(rapid.SampledFrom([]int{1, 30, 60, 300, 1200}).Draw(t, "pause")) * time.Second)
			in := append(rapid.SliceOfN(reading, 0, 2).Draw(t, "readings"), queue.Draw(t, "queue"))
			before := fromJSON(t, st)
			next, d := p.Decide(st, facts(now, in, lim, n))
			if again, d2 := p.Decide(before, facts(now, in, lim, n)); !reflect.DeepEqual(again, next) || !reflect.DeepEqual(d2, d) {
				t.Fatalf("the same state, through JSON, decided otherwise:\n%+v %+v\n%+v %+v", next, d, again, d2)
			}
			if _, err := json.Marshal(d); err != nil {
				t.Fatal(err)
			}
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

// An app whose dynos of a size serve twice as much as those of the one below, or a little more or less than that, is followed up and
// down without flapping, by either order and any kind of load.
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
