package bot

import (
	"fmt"
	"math"
	"time"

	"github.com/autoscalebot/autoscalebot/probe"
)

// An Aim is what the adaptive policy gives up for what: dynos for fast answers, or some slow minutes for a smaller bill.
type Aim string

// The aims.
const (
	Lean     Aim = "lean"
	Balanced Aim = "balanced"
	Safe     Aim = "safe"
)

// Adaptive decides from the load that it infers from how often and how long heartbeats wait, instead of counting slow and fast ones: it
// goes straight to the number of dynos that is needed, and comes down when fewer have been enough for long. [Load] says how the load
// is inferred. A Policy with an Adaptive wants each reading that is a heartbeat in milliseconds.
//
// It is made by NewAdaptive, and may be used by several bots at once.
type Adaptive struct {
	numbers
	routerAim routerAim
	queueing  *queueing
}

// numbers are what an aim stands for.
type numbers struct {
	// Dynos are added when the load that is exceeded as likely as not, and a little above, is more than a share up of what they bear,
	// and as many as make it a share to of it.
	upQuantile, up, to float64
	// They are removed when the load that is exceeded with the chance 1−downQuantile is no more than a share down of what is left bears.
	downQuantile, down float64
}

// hopeless is what every aim stands for where the idle app exceeds the bound already, so that no number of dynos keeps it: those that the
// load is likely to need are enough.
func hopeless() numbers { return numbers{upQuantile: 0.4, up: 1, to: 1, downQuantile: 0.7, down: 0.95} }

const (
	// leastHold and mostPatience are how long fewer dynos must have been enough before any is removed: longer where the load is
	// not smooth. A down that is taken back within
	// twice the patience makes it half as long again; of that, hours without one forget.
	leastHold, mostHold            = 8 * time.Minute, 20 * time.Minute
	reversalWithin, reversalFactor = 2, 1.5
	reversalForget                 = 6 * 3600.0
	// calmAfterUp is how long after an up no dyno is removed, and how long the bot watches at first.
	calmAfterUp = 10 * time.Minute
	// Where dynos are busy to less than about trialBusy, heartbeats do not wait, and cannot tell by how much less. So after trialFactor
	// times the patience without a change a tenth of the dynos goes on trial, where those that are left are likely to be no busier: of
	// two dynos, one would be twice as busy.
	trialFactor, trialBusy = 2.5, 0.45
	// backlogQuantile takes the place of the quantile of an up while there is a backlog: then too few dynos cost the most.
	backlogQuantile = 0.8
	// drainSeconds is how long it may take to work off a backlog.
	drainSeconds = 60.0
	// needsKept bounds the needs that are remembered.
	needsKept = 64
	// lateFactor is how many times as long as an idle app's a late heartbeat is, where that is beyond the bound.
	lateFactor = 3
)

// NewAdaptive makes an adaptive policy that aims at answers within bound milliseconds, more than 0. The error says what is wrong.
func NewAdaptive(aim Aim, boundMS float64) (*Adaptive, error) {
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
	return &Adaptive{n, aim.router(), newQueueing(boundMS / 1000)}, nil
}

// infer takes the readings of a tick into the state, and says what load they tell of. It says nothing at 0 dynos.
func (p *Policy) infer(st *State, d *Decision, now time.Time, in []probe.Reading) {
	n := d.From
	if p.Adaptive == nil || n <= 0 {
		st.Load = nil
		return
	}
	w := p.Adaptive.queueing
	l, dt := st.Load.begin(now, n, w)
	serving, fresh := l.serving(now, n, st.BootTime(), st.BootSince.IsZero())
	bs := p.beats(in)
	l.Baseline.add(now, bs)
	l.update(w, bs, serving, fresh, dt)
	l.Late = l.lateness(w, bs)
	l.At = now
	l.Router = p.Adaptive.router(l, st, now, in, serving)
	d.Load = p.Adaptive.estimate(l, now, serving)
	p.loosen(l, st, d, now, serving)
	l.Needs = needed(l.Needs, now, d.Load.Need, time.Duration(l.HoldTime*float64(time.Second)))
	d.Load.Most, d.Load.HoldSeconds = l.Needs[0].Dynos, math.Round(l.HoldTime)
	st.Load = l
}

// begin returns a copy that may be changed, and how many seconds have passed. A bot that knows nothing takes its dynos to be busy to
// a half, more or less.
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
		if !(l.Spread[h] >= leastSpread/2 && l.Spread[h] <= 2*mostSpread) || !(l.Weight[h] <= 0) || !(math.Abs(float64(l.Mean[h])) < 50) {
			return false
		}
	}
	return l.Outliers >= 0 && l.Outliers <= mostOutliers && l.HoldTime <= mostHold.Seconds() && len(l.Baseline.Counts) <= baselineBins
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

// needed takes in a need, and drops those that are older than the window or can no longer be the highest.
func needed(needs []Desired, now time.Time, n int, window time.Duration) []Desired {
	kept := make([]Desired, 0, len(needs)+1)
	for _, w := range needs {
		if w.Dynos > n && now.Sub(w.Time) < window && len(kept) < needsKept {
			kept = append(kept, w)
		}
	}
	return append(kept, Desired{now, n})
}

// by is what the aim stands for as things are.
func (a *Adaptive) by(l *Load) numbers {
	if l.Baseline.exceeds(a.queueing.bound) {
		return hopeless()
	}
	return a.numbers
}

// leap is how many dynos there may be at once instead of n: at most twice as many and two, as a wrong guess is cheap so far, and the next tick
// knows more. Where no number keeps the bound there is no hurry.
func (a *Adaptive) leap(l *Load, n int) int {
	if l.Baseline.exceeds(a.queueing.bound) {
		return n + trial(n)
	}
	return 2*n + 2
}

// estimate says what load is likely, and how many dynos it needs.
func (a *Adaptive) estimate(l *Load, now time.Time, serving float64) *Estimate {
	w, by := a.queueing, a.by(l)
	drain := l.drain(serving)
	e := &Estimate{
		Low: round(l.quantile(w, 0.1, false)), Likely: round(l.quantile(w, 0.5, false)), High: round(l.quantile(w, 0.9, false)),
		Busy:   round(l.limit(w) * by.down),
		Need:   dynos(l.quantile(w, by.downQuantile, true)/by.down + drain),
		Beyond: l.Baseline.exceeds(w.bound),
	}
	if l.Outliers > reportOutliers {
		e.Outliers = round(l.Outliers)
	}
	return e
}

// drain is how many dynos it takes to work off the backlog in time.
func (l *Load) drain(serving float64) float64 {
	if b := middle(l.Backlog); b > backlogFrom {
		return serving * b / drainSeconds
	}
	return 0
}

// mostNeeded bounds what a need can be.
const mostNeeded = 10_000

func dynos(need float64) int { return int(math.Ceil(min(need, mostNeeded))) }

func round(x float64) float64 { return math.Round(x*100) / 100 }

// adapt wishes for what the load needs: by the router's log where there is one, else by the heartbeats; and for what the same hour of former
// days and weeks needed, where that is more.
func (p *Policy) adapt(st *State, d *Decision, now time.Time, in []probe.Reading) {
	if st.Load.Router.speaks(now) && !st.Load.Router.Capacity.At.IsZero() {
		p.adaptToRouter(st, d, now, in)
	} else {
		p.adaptBeats(st, d, now, in)
	}
	p.expect(st, d, now)
}

// adaptBeats wishes for what the load needs that the heartbeats tell of.
func (p *Policy) adaptBeats(st *State, d *Decision, now time.Time, in []probe.Reading) {
	a, l, n := p.Adaptive, st.Load, d.From
	by := a.by(l)
	drain := l.drain(float64(n))
	trigger := l.quantile(a.queueing, by.upQuantile, true)/by.up + drain
	switch {
	case d.Verdict == NoData:
	case trigger > float64(n):
		quantile := by.upQuantile
		if drain > 0 {
			quantile = backlogQuantile
		}
		d.Rule, d.Desired = RuleMoreLoad, min(a.leap(l, n), max(n+1, dynos(l.quantile(a.queueing, quantile, true)/by.to+drain)))
		d.Load.Need = max(d.Load.Need, d.Desired)
	case l.Late >= p.Fails.N && st.BootSince.IsZero(), p.failing(st, d, in):
		d.Rule, d.Desired = RuleSlow, n+p.Up.of(n)
	case now.Sub(st.LastUp) < calmAfterUp || now.Sub(st.Begun) < calmAfterUp || !p.answered(in):
	case l.Needs[0].Dynos < n:
		d.Rule, d.Desired = RuleLessLoad, max(1, l.Needs[0].Dynos, n/2)
	case st.unchangedFor(now).Seconds() >= trialFactor*l.HoldTime && n > 1 && l.quantile(a.queueing, 0.5, false) < trialBusy*float64(n-trial(n)):
		d.Rule, d.Desired, d.Load.Trial = RuleLessLoad, n-trial(n), true
	}
}

// trial is how many of n dynos go on trial at a time.
func trial(n int) int { return max(1, n/10) }

// failing says whether enough heartbeats in a row failed.
func (p *Policy) failing(st *State, d *Decision, in []probe.Reading) bool {
	return d.Verdict == Slow && d.Rule != RuleBooting && p.Fails.reached(st.Slow) && in[d.Reading].Outcome != probe.Answered
}

// answered says whether all heartbeats were, as the one in the middle of several speaks for them.
func (p *Policy) answered(in []probe.Reading) bool {
	middle := p.middleBeat(in)
	for i := range in {
		if r := &in[i]; isHeartbeat(r) && speaks(i, middle) && r.Outcome != probe.Answered {
			return false
		}
	}
	return true
}

// unchangedFor is how long ago the newest change is, or the beginning.
func (s *State) unchangedFor(now time.Time) time.Duration {
	newest := s.Begun
	for _, t := range []time.Time{s.LastUp, s.LastDown} {
		if t.After(newest) {
			newest = t
		}
	}
	return now.Sub(newest)
}

// noteReversal makes the bot more patient when an up takes back a down that is not long ago.
func (s *State) noteReversal(now time.Time) {
	l := s.Load
	if l == nil || s.LastDown.IsZero() || l.Reversed.Equal(s.LastDown) || now.Sub(s.LastDown).Seconds() > reversalWithin*l.HoldTime {
		return
	}
	next := *l
	next.HoldTime, next.Reversed = min(reversalFactor*l.HoldTime, mostHold.Seconds()), s.LastDown
	s.Load = &next
}
