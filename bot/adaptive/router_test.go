package adaptive_test

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/adaptive"
	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/bot/racetest"
	"github.com/autoscalebot/autoscalebot/bot/record"
	"github.com/autoscalebot/autoscalebot/probe"
)

// A logged app's router log follows queueing theory: dynos of 5 slots, 100 ms, exponential. Each serves about 47
// requests/s within a second. Heartbeats wait as requests do.
type logged struct {
	running
	rate   float64   // requests/s
	slower float64   // the factor by which requests take longer at any load
	quiet  bool      // no line arrives
	rates  []float64 // of the last minute, and the requests served at once
	busy   []float64
}

func newLogged(p decide.Policy, dynos int, rate float64) *logged {
	return &logged{
		running: running{policy: p, dynos: dynos, limits: [2]int{1, 60}, now: noon, draws: rand.New(rand.NewPCG(3, 4))},
		rate:    rate, slower: 1,
	}
}

func line(signal string, value float64) probe.Reading {
	unit, _ := probe.SignalUnit(signal)
	return probe.Reading{Signal: signal, Value: value, Unit: unit, Outcome: probe.Answered}
}

func (a *logged) takes() float64 {
	busy := min(0.98, a.rate*0.1*a.slower/(5*float64(a.dynos)))
	offered, b := 5*busy, 1.0
	for k := 1; k <= 5; k++ {
		b = offered * b / (float64(k) + offered*b)
	}
	return a.slower * (0.1 + b/(1-busy*(1-b))*0.02/(1-busy))
}

func (a *logged) readings() []probe.Reading {
	waits := a.takes() - 0.1*a.slower
	in := []probe.Reading{took(60 + 10*a.draws.NormFloat64() + 1000*waits*a.draws.ExpFloat64())}
	if a.quiet {
		return append(in, probe.Reading{Signal: probe.RequestsPerSecond, Unit: "requests/s", Outcome: probe.Unreachable, Error: "no line has come"})
	}
	noise := func(sd float64) float64 { return math.Exp(sd * a.draws.NormFloat64()) }
	recent := min(a.rate, 49*float64(a.dynos)/a.slower) // those that are answered
	a.rates = append(a.rates[max(0, len(a.rates)-11):], recent*noise(0.02))
	a.busy = append(a.busy[max(0, len(a.busy)-11):], recent*a.takes()*noise(0.02))
	rate, busy := average(a.rates), average(a.busy)
	mean := busy / rate
	return append(in, line(probe.RequestsPerSecond, rate), line(probe.RecentRequestsPerSecond, recent*noise(0.02)), line(probe.Busy, busy),
		line(probe.ServiceP50, 700*mean), line(probe.ServiceP95, 3000*mean))
}

func average(all []float64) float64 {
	sum := 0.0
	for _, x := range all {
		sum += x
	}
	return sum / float64(len(all))
}

func (a *logged) run(d time.Duration) decide.Decision { return a.runWith(d, a.readings) }

func TestAdaptiveKeepsAsManyDynosAsTheLogSays(t *testing.T) {
	racetest.Long(t)
	for _, rate := range []float64{8, 60, 600} {
		a := newLogged(adaptively(t, adaptive.Balanced, 1000), int(rate/30)+2, rate)
		for i := range 20 { // a moving load teaches most
			a.rate = rate * (1 + 0.3*math.Sin(float64(i)/3))
			a.run(10 * time.Minute)
		}
		a.rate = rate
		d := a.run(30 * time.Minute)
		if least, most := math.Ceil(rate/50), 1+1.25*rate/45; float64(a.dynos) < least || float64(a.dynos) > most {
			t.Errorf("%g requests/s have %d dynos, want %g to %g: %+v", rate, a.dynos, least, most, d.Load)
		}
		if rate < 60 {
			continue
		}
		if d.Load == nil || d.Load.PerDyno < 33 || d.Load.PerDyno > 52 {
			t.Errorf("at %g requests/s a dyno is taken to bear %+v %+v", rate, d.Load, a.state.Load.Router.Capacity)
		}
		if got := (record.Record{Decision: d, Dynos: a.dynos, Readings: a.readings()}).Why(); !strings.Contains(got, " requests/s, about ") {
			t.Errorf("why is %q, without the requests", got)
		}
	}
}

func TestAdaptiveGoesUpWithTheLogBeforeAHeartbeatWaits(t *testing.T) {
	racetest.Computes(t)
	a := newLogged(adaptively(t, adaptive.Balanced, 1000), 5, 150)
	a.run(2 * time.Hour)
	a.rate, a.ups = 700, nil
	a.run(30 * time.Second)
	if a.dynos < 15 {
		t.Errorf("half a minute after 700 requests/s came, there are %d dynos: %v", a.dynos, a.ups)
	}
}

// If the log stops, the heartbeats still count, and nothing is removed at once.
func TestAdaptiveGoesByHeartbeatsWhenTheLogStops(t *testing.T) {
	racetest.Computes(t)
	a := newLogged(adaptively(t, adaptive.Balanced, 1000), 8, 300)
	a.run(2 * time.Hour)
	before := a.dynos
	a.quiet, a.rate = true, 0
	d := a.run(time.Minute)
	if a.dynos != before || d.Load.PerDyno != 0 || strings.Contains(d.Load.String(), "requests/s") {
		t.Errorf("a minute after the log stopped, %d dynos are %d, by %q", before, a.dynos, d.Load)
	}
	a.quiet, a.rate = false, 300
	if d := a.run(10 * time.Minute); d.Load.PerDyno < 30 {
		t.Errorf("when the log was back, a dyno was taken to bear %+v", d.Load)
	}
}

// Requests that take twice as long from one minute to the next, as after a bad release, need at most twice the dynos.
func TestAdaptiveLearnsThatRequestsTakeLonger(t *testing.T) {
	racetest.Long(t)
	a := newLogged(adaptively(t, adaptive.Balanced, 1000), 8, 300)
	a.run(3 * time.Hour)
	a.slower = 2
	a.run(6 * time.Hour)
	if a.dynos < 12 || a.dynos > 20 {
		t.Errorf("300 requests/s of 200 ms each have %d dynos, want about 14: %+v", a.dynos, a.state.Load.Router)
	}
}

func BenchmarkDecideAdaptiveWithLog(b *testing.B) {
	a := newLogged(adaptively(b, adaptive.Balanced, 1000), 8, 300)
	a.run(time.Hour)
	b.ReportAllocs()
	for b.Loop() {
		a.now = a.now.Add(5 * time.Second)
		a.state, _ = a.policy.Decide(a.state, facts(a.now, a.readings(), bounds(1, 60), a.dynos))
	}
}
