// Package adaptive infers an app's load from its heartbeats and its router's log, and how many dynos it needs. It knows
// no policy: at each tick it is given a [Tick], takes it into what it knows of the [Load], and says how many dynos
// there should be and why.
package adaptive

import (
	"fmt"
	"math"
	"time"
)

// An Aim is what the adaptive policy gives up for what: dynos for fast answers, or some slow minutes for a smaller
// bill.
type Aim string

const (
	Lean     Aim = "lean"
	Balanced Aim = "balanced"
	Safe     Aim = "safe"
)

// A Model decides from the load that it infers from how often and how long heartbeats wait: it goes straight to the
// number of dynos that is needed, and comes down when fewer have been enough for long. [Load] says how the load is
// inferred. It wants each reading that is a heartbeat in milliseconds.
//
// It is made by New or NewPriced, and may be used by several bots at once.
type Model struct {
	numbers
	routerAim routerAim
	queueing  *queueing
}

// numbers are what an aim stands for:
//
//	up    where Q(upQuantile)/up > N, to ⌈Q(upQuantile)/to⌉
//	down  where ⌈Q(downQuantile)/down⌉ < N, to that
//
//	Q(p)  dynos that are enough with a chance of p, each as busy as it may be
//	N     dynos there are
type numbers struct {
	upQuantile, up, to float64
	downQuantile, down float64
}

// hopeless is what every aim stands for where the idle app exceeds the bound already, so that no number of dynos keeps
// it: those that the load is likely to need are enough.
func hopeless() numbers { return numbers{upQuantile: 0.4, up: 1, to: 1, downQuantile: 0.7, down: 0.95} }

const (
	// leastHold and mostHold bound the hold time: how long fewer dynos must have been enough before any is removed.
	leastHold, mostHold = 8 * time.Minute, 20 * time.Minute
	// A scale-down that is taken back within reversalWithin hold times makes the hold time reversalFactor times as
	// long, most of which is forgotten in reversalForget seconds without one.
	reversalWithin, reversalFactor = 2, 1.5
	reversalForget                 = 6 * 3600.0
	// calmAfterUp is how long after an up no dyno is removed, and how long the bot watches at first.
	calmAfterUp = 10 * time.Minute
	// Where dynos are busy to less than about trialBusy, heartbeats do not wait, and cannot tell by how much less. So
	// after trialFactor hold times without a change a tenth of the dynos goes on trial, where those that are left are
	// likely to be no busier than that: of two dynos, one would be twice as busy.
	trialFactor, trialBusy = 2.5, 0.45
	// backlogQuantile takes the place of upQuantile while there is a backlog: then too few dynos cost the most.
	backlogQuantile = 0.8
	// drainSeconds is how long it may take to work off a backlog.
	drainSeconds = 60.0
	// lateFactor is how many times as long as an idle app's a late heartbeat is, where that is beyond the bound.
	lateFactor = 3
)

// New makes a model that aims at answers within bound milliseconds, more than 0. The error says what is wrong.
func New(aim Aim, boundMS float64) (*Model, error) {
	all := map[Aim]numbers{
		Lean:     {0.6, 0.98, 0.95, 0.7, 0.94},
		Balanced: {0.6, 0.93, 0.9, 0.8, 0.9},
		Safe:     {0.6, 0.85, 0.82, 0.9, 0.8},
	}
	n, ok := all[aim]
	switch {
	case !ok:
		return nil, fmt.Errorf("aim %q: write lean, balanced or safe", string(aim))
	case !(boundMS > 0) || math.IsInf(boundMS, 0):
		return nil, fmt.Errorf("a bound of %g ms is none; it must be more than 0", boundMS)
	}
	return &Model{n, aim.router(), newQueueing(boundMS / 1000)}, nil
}

// Update takes the readings of a tick into what is known of the load, and says what load they tell of. A nil Load knows
// nothing. It says nothing where there are no dynos.
func (m *Model) Update(l *Load, t Tick) (*Load, *Estimate) {
	if t.Dynos <= 0 {
		return nil, nil
	}
	w := m.queueing
	next, dt := l.begin(t.Now, t.Dynos, w)
	serving, fresh := next.serving(&t)
	bs := t.beats()
	next.Baseline.add(t.Now, bs)
	next.update(w, bs, serving, fresh, dt)
	next.Late = next.lateness(w, bs)
	next.At = t.Now
	next.Router = m.router(next, &t, serving)
	e := m.estimate(next, serving)
	m.loosen(next, &t, serving)
	next.Needs = next.Needs.Note(t.Now, e.Need, time.Duration(next.HoldTime*float64(time.Second)))
	e.Most, e.HoldSeconds = next.Needs[0].Dynos, math.Round(next.HoldTime)
	return next, e
}

// begin returns a copy that may be changed, and how many seconds have passed. A bot that knows nothing takes its dynos
// to be busy to a half, more or less.
func (l *Load) begin(now time.Time, n int, w *queueing) (next *Load, dt float64) {
	if l == nil || !l.sound() {
		next = &Load{At: now, Dynos: n, HoldTime: leastHold.Seconds()}
		for h := range guesses {
			next.Mean[h], next.Spread[h] = float32(math.Log(0.5*float64(n))), 0.7
			next.Weight[h] = float32(w.of[h].prior(0))
		}
		return next, 1
	}
	c := *l
	dt = min(max(now.Sub(l.At).Seconds(), 0.1), longestGap)
	c.HoldTime = max(leastHold.Seconds(), c.HoldTime*math.Exp(-dt/reversalForget))
	return &c, dt
}

// sound says whether a load is one that this version could have written.
func (l *Load) sound() bool {
	for h := range guesses {
		if !(l.Spread[h] >= leastSpread/2 && l.Spread[h] <= 2*mostSpread) || !(l.Weight[h] <= 0) ||
			!(math.Abs(float64(l.Mean[h])) < 50) {
			return false
		}
	}
	return l.Outliers >= 0 && l.Outliers <= mostOutliers && l.HoldTime <= mostHold.Seconds() &&
		len(l.Baseline.Counts) <= baselineBins
}

// lateness counts on the ticks in a row that are slow, by the bound and by what is usual for an app without load.
func (l *Load) lateness(w *queueing, bs []beat) int {
	median, _ := l.Baseline.distribution(w.bound)
	late := 0
	for _, b := range bs {
		if b.late || b.took > max(w.bound, lateFactor*median) {
			late++
		}
	}
	switch {
	case len(bs) == 0:
		return l.Late
	case 2*late <= len(bs):
		return 0
	}
	return l.Late + 1
}

// by is what the aim stands for as things are.
func (m *Model) by(l *Load) numbers {
	if l.Baseline.exceeds(m.queueing.bound) {
		return hopeless()
	}
	return m.numbers
}

// leap is how many dynos there may be at once instead of n: at most twice as many and two, as a wrong guess is cheap so
// far, and the next tick knows more. Where no number keeps the bound there is no hurry.
func (m *Model) leap(l *Load, n int) int {
	if l.Baseline.exceeds(m.queueing.bound) {
		return n + trial(n)
	}
	return 2*n + 2
}

func (m *Model) estimate(l *Load, serving float64) *Estimate {
	w, by := m.queueing, m.by(l)
	drain := l.drain(serving)
	e := &Estimate{
		Low: round(l.quantile(w, 0.1, false)), Likely: round(l.quantile(w, 0.5, false)),
		High:   round(l.quantile(w, 0.9, false)),
		Busy:   round(l.limit(w) * by.down),
		Need:   dynos(l.quantile(w, by.downQuantile, true)/by.down + drain),
		Beyond: l.Baseline.exceeds(w.bound),
	}
	if l.Outliers > reportOutliers {
		e.Outliers = round(l.Outliers)
	}
	return e
}

// drain is how many dynos it takes to work off the backlog in time: r·b/drainSeconds.
//
//	r  dynos that serve
//	b  seconds that heartbeats lately waited
func (l *Load) drain(serving float64) float64 {
	if b := middle(l.Backlog); b > backlogFrom {
		return serving * b / drainSeconds
	}
	return 0
}

// MostNeeded bounds what a need can be.
const MostNeeded = 10_000

func dynos(need float64) int { return int(math.Ceil(min(need, MostNeeded))) }

func round(x float64) float64 { return math.Round(x*100) / 100 }
