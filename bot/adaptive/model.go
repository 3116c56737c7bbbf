// Package adaptive estimates an app's load from its heartbeats and its router's log, and the number of dynos that the
// load needs. It knows nothing of policies. Each tick it takes a [Tick], updates the [Load], and answers with a number
// of dynos and a reason.
package adaptive

import (
	"fmt"
	"math"
	"time"
)

// An Aim weighs fast answers against a small bill.
type Aim string

const (
	Lean     Aim = "lean"
	Balanced Aim = "balanced"
	Safe     Aim = "safe"
)

// A Model decides by the load that it infers from how often and how long heartbeats wait. It goes straight to the
// number of dynos that the load needs, and scales down after fewer have been enough for the hold time. [Load] documents
// the inference. Every heartbeat reading must be in milliseconds.
//
// New and NewPriced make it. It is safe for use by several bots at once.
type Model struct {
	numbers
	routerAim routerAim
	queueing  *queueing
	haste     float64 // of [Model.Hasten]; 0 without
}

// What an aim stands for:
//
//	up    if Q(upQuantile)/up > N, to ⌈Q(upQuantile)/to⌉
//	down  if ⌈Q(downQuantile)/down⌉ < N, to that
//
//	Q(p)  dynos that are enough with probability p, each as busy as allowed
//	N     dynos there are
type numbers struct {
	upQuantile, up, to float64
	downQuantile, down float64
}

// Used for every aim if the idle app already exceeds the threshold, so no number of dynos gets below it: the bot then
// serves the likely load and no more.
func hopeless() numbers { return numbers{upQuantile: 0.4, up: 1, to: 1, downQuantile: 0.7, down: 0.95} }

const (
	// The hold time starts at leastHold and never exceeds mostHold: fewer dynos must have been enough for this long
	// before any is removed.
	leastHold, mostHold = 8 * time.Minute, 20 * time.Minute
	// If a scale-down is taken back within reversalWithin hold times, the hold time becomes reversalFactor times as
	// long. Most of that is forgotten in reversalForget seconds without another.
	reversalWithin, reversalFactor = 2, 1.5
	reversalForget                 = 6 * 3600.0
	// No dyno is removed for this long after a scale-up, or after the bot starts.
	calmAfterUp = 10 * time.Minute
	// Heartbeats do not wait if dynos are less than about trialBusy busy, so they cannot show how much less. After
	// trialFactor hold times without a change, the bot tries a tenth fewer dynos, if the rest are likely to stay below
	// trialBusy. (With two dynos, the one left would be twice as busy.)
	trialFactor, trialBusy = 2.5, 0.45
	// Replaces upQuantile during a backlog: too few dynos cost the most then.
	backlogQuantile = 0.8
	// The time in which a backlog is to be worked off.
	drainSeconds = 60.0
	// A late heartbeat takes longer than the threshold, and than this many times the idle latency.
	lateFactor = 3
)

// New makes a model that aims at answers within boundMS milliseconds, the upper threshold, more than 0. The error says
// what is wrong.
func New(aim Aim, boundMS float64) (*Model, error) {
	all := map[Aim]numbers{
		Lean:     {0.6, 0.98, 0.95, 0.7, 0.94},
		Balanced: {0.6, 0.93, 0.9, 0.8, 0.9},
		Safe:     {0.6, 0.85, 0.82, 0.9, 0.8},
	}
	n, ok := all[aim]
	switch {
	case !ok:
		return nil, fmt.Errorf("invalid aim %q: must be lean, balanced or safe", string(aim))
	case !(boundMS > 0) || math.IsInf(boundMS, 0):
		return nil, fmt.Errorf("invalid threshold of %g ms: must be more than 0", boundMS)
	}
	return &Model{numbers: n, routerAim: aim.router(), queueing: newQueueing(boundMS / 1000)}, nil
}

// Update returns the load after a tick's readings, and the estimate that follows from it. A nil Load knows nothing.
// Both results are nil without dynos.
func (m *Model) Update(l *Load, t Tick) (*Load, *Estimate) {
	if t.Dynos <= 0 {
		return nil, nil
	}
	w := m.queueing
	next, dt := l.begin(t.Now, t.Dynos, w, m.hastened(leastHold))
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

// The result is a copy that may be changed. A new load assumes that dynos are about half busy.
func (l *Load) begin(now time.Time, n int, w *queueing, hold time.Duration) (next *Load, dt float64) {
	if l == nil || !l.sound() {
		next = &Load{At: now, Dynos: n, HoldTime: hold.Seconds()}
		for h := range guesses {
			next.Mean[h], next.Spread[h] = float32(math.Log(0.5*float64(n))), 0.7
			next.Weight[h] = float32(w.of[h].prior(0))
		}
		return next, 1
	}
	c := *l
	dt = min(max(now.Sub(l.At).Seconds(), 0.1), longestGap)
	c.HoldTime = max(hold.Seconds(), c.HoldTime*math.Exp(-dt/reversalForget))
	return &c, dt
}

// False for a load that this version cannot have written, such as one from a damaged file.
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

// The number of slow ticks in a row: slower than the threshold, and than is usual for the idle app.
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

func (m *Model) by(l *Load) numbers {
	if l.Baseline.exceeds(m.queueing.bound) {
		return hopeless()
	}
	return m.numbers
}

// The most dynos that may follow n at once. A wrong guess is cheap up to there, and the next tick knows more. If no
// number gets below the threshold, there is no hurry.
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

// Dynos that work off the backlog in time: r·b/drainSeconds.
//
//	r  dynos that serve
//	b  seconds that recent heartbeats waited
func (l *Load) drain(serving float64) float64 {
	if b := middle(l.Backlog); b > backlogFrom {
		return serving * b / drainSeconds
	}
	return 0
}

// MostNeeded limits the number of dynos that a load can need.
const MostNeeded = 10_000

func dynos(need float64) int { return int(math.Ceil(min(need, MostNeeded))) }

func round(x float64) float64 { return math.Round(x*100) / 100 }
