package decide

import (
	"time"

	"github.com/autoscalebot/autoscalebot/bot/adaptive"
	"github.com/autoscalebot/autoscalebot/probe"
	"github.com/autoscalebot/autoscalebot/schedule"
)

// A Ladder makes one ladder of the number of dynos and their size. Whatever wishes for more or fewer, the heartbeat, a
// rule or the adaptive policy, climbs it: the two never change together.
//
// Larger dynos are never more than a wish: where they can't be had now, as the platform refuses them or is yet to
// change their size, or the budget does not allow them, the number changes as it would without an order. Smaller ones
// are a gain only while they bear the load: see [HeldRecent] and [HeldFit].
type Ladder string

// The orders. The zero Ladder leaves the size to the rules with Size.
const (
	// Horizontal goes up by more dynos to the maximum of the hour, and then by larger ones; and down by smaller ones,
	// and then by fewer. Where smaller ones would not do, it goes down by fewer.
	Horizontal Ladder = "horizontal"
	// Vertical goes up by larger dynos to the largest, and then by more; and down by fewer to the minimum of the hour,
	// and then by smaller ones.
	Vertical Ladder = "vertical"
)

// What keeps an order from smaller dynos, beside what keeps any change of the size.
const (
	// HeldRecent: larger ones were needed not long ago.
	HeldRecent = "recent"
	// HeldFit: it is not likely that they bear the load.
	HeldFit = "fit"
)

const (
	// smallerAfter is how long after larger dynos came smaller ones may at the earliest: three times the time that any
	// size stays. It doubles up to smallerAfterMost where larger ones were wanted back within sizeReversalWithin of
	// smaller ones, and is forgotten where they were not.
	smallerAfter       = 3 * sizeCooldown
	smallerAfterMost   = 8 * time.Hour
	sizeReversalWithin = time.Hour
)

// LadderState is what is remembered of the ladder.
type LadderState struct {
	// LargerAt and SmallerAt are when larger and smaller dynos last came by the ladder, and SmallerAfter is for how
	// many seconds after larger ones none are smaller, where that is longer than usual.
	LargerAt     time.Time `json:"larger_at,omitzero"`
	SmallerAt    time.Time `json:"smaller_at,omitzero"`
	SmallerAfter float64   `json:"smaller_after,omitempty"`
}

// A turn is what an order makes of a wish.
type turn struct {
	// step is 1 where larger dynos are wished for in the place of more, -1 where smaller ones are in the place of
	// fewer.
	step int
	// held is why fewer are wished for although smaller ones come first, and left how long that lasts yet.
	held string
	left time.Duration
}

// turn says whether another size takes the place of another number by the order. It makes a wish of its own where the
// adaptive policy has none, since the load may not need all of the smallest number.
func (p *Policy) turn(st *State, d *Decision, now time.Time, in []probe.Reading, lim schedule.Limits) turn {
	at, n := p.rung(st.Size), d.From
	if p.Ladder == "" || at < 0 || n <= 0 || d.Rule == RuleIneffective || len(p.Sizes) == 0 {
		return turn{}
	}
	if at > 0 && p.looseOnly(st, d, now, lim) {
		d.Rule, d.Desired = RuleLessLoad, n-1
	}
	switch {
	case !d.Rule.reads():
	case d.Desired > n && at < len(p.Sizes)-1 && p.largerFirst(st, d, now, at, lim):
		return turn{step: 1}
	case d.Desired < n && at > 0 && p.Ladder == Vertical && n <= lim.Min:
		return turn{step: -1}
	case d.Desired < n && at > 0 && p.Ladder == Horizontal:
		if held, left := p.shrinks(st, d, now, in, at); held != "" && n > lim.Min {
			return turn{held: held, left: left}
		}
		return turn{step: -1}
	}
	return turn{}
}

func (p *Policy) largerFirst(st *State, d *Decision, now time.Time, at int, lim schedule.Limits) bool {
	if p.Ladder == Horizontal {
		return d.From >= lim.Max
	}
	refused := st.SizeRefused && now.Sub(st.SizeAt) < sizeCooldown
	missed := now.Sub(st.SmallerAt) < sizeCooldown // the smaller ones were too small, and can't be taken back yet
	dear, _ := d.tooDear(p.priceOf(at + 1))
	return d.From >= lim.Max || !refused && !missed && st.SizePending == "" && !dear
}

// looseOnly says whether smaller dynos would do by the adaptive policy, which wishes for no other number, where they
// are next by the order.
func (p *Policy) looseOnly(st *State, d *Decision, now time.Time, lim schedule.Limits) bool {
	if !st.Load.FitsSmaller(now) || d.Rule != RuleHold || d.Desired != d.From || d.Verdict == NoData ||
		p.Ladder == Vertical && d.From > lim.Min {
		return false
	}
	for i := range d.Signals {
		if j := &d.Signals[i]; !j.Size && j.Desired >= d.From && !j.free() {
			return false
		}
	}
	return true
}

// turned gives the place of the other number to the other size, where no safeguard spoke against the wish. Otherwise
// the size has none.
func (t turn) turned(p *Policy, d *Decision) turn {
	switch {
	case t.step == 0:
		return t
	case t.step > 0 && d.To > d.From, t.step < 0 && d.To < d.From:
		d.Ladder = p.Ladder
		d.clamp(ClampSize, d.From, 0)
		return t
	}
	return turn{}
}

// relearn keeps from fewer dynos while little is known of those of another size.
func (p *Policy) relearn(st *State, d *Decision, now time.Time) {
	if left := sizeCooldown - now.Sub(st.SizeAt); p.Ladder != "" && left > 0 && d.To < d.From && p.rung(st.Size) >= 0 {
		d.clamp(ClampSize, d.From, left)
	}
}

// shrinks says what keeps from dynos of the next smaller size than that of a rung, "" for nothing, and how long it
// lasts yet, 0 where that is not known.
func (p *Policy) shrinks(
	st *State, d *Decision, now time.Time, in []probe.Reading, at int,
) (held string, left time.Duration) {
	wait := max(smallerAfter, time.Duration(st.SmallerAfter*float64(time.Second)))
	switch left := wait - now.Sub(st.LargerAt); {
	case left > 0:
		return HeldRecent, left
	case !p.smallerSuffice(st, d, now, in, p.times(at)):
		return HeldFit, 0
	}
	return "", 0
}

// times is how many times as much a dyno of a rung, above the first, is taken to bear as one of the rung below. Where
// prices are known, that is at least what it costs in relation to it: nobody sells more for less.
func (p *Policy) times(at int) float64 {
	more := 1 / adaptive.SmallerCapacity
	if below := p.priceOf(at - 1); below > 0 {
		more = max(more, p.priceOf(at)/below)
	}
	return more
}

// smallerSuffice says whether dynos on which the load is so many times as heavy are likely to bear it: every signal,
// and the heartbeat where it is counted, would still not be above its maximum, and the adaptive policy has found so for
// long.
func (p *Policy) smallerSuffice(st *State, d *Decision, now time.Time, in []probe.Reading, times float64) bool {
	if d.Desired > d.From {
		return false
	}
	if p.Adaptive != nil && (!st.Load.FitsSmaller(now) || d.Load.Expects(float64(d.From)/times)) {
		return false
	}
	if p.Adaptive == nil && d.Reading >= 0 {
		if r := &in[d.Reading]; r.Outcome != probe.Answered || r.Value*times > p.MaxResponseMS {
			return false
		}
	}
	for i := range d.Signals {
		switch j := &d.Signals[i]; {
		case j.Verdict == NoData, j.Size && j.SizeStep >= 0 && !j.free():
			return false
		case j.Unit == probe.UnitDynos && j.Value*times > float64(d.From):
			return false
		case j.Max != nil && j.Value*times > *j.Max:
			return false
		}
	}
	return true
}

// noteSize notes that the dynos are of another size now. What was learned was of the other ones, and is forgotten: how
// long the readings were right, the load in dynos, what a dyno bears, and what former weeks needed.
func (p *Policy) noteSize(st *State, now time.Time, from, to string) {
	a, b := p.rung(from), p.rung(to)
	if p.Ladder == "" || a == b {
		return
	}
	if a < b {
		switch again := now.Sub(st.SmallerAt) < sizeReversalWithin; {
		case again:
			st.SmallerAfter = min(2*max(st.SmallerAfter, smallerAfter.Seconds()), smallerAfterMost.Seconds())
		default:
			st.SmallerAfter = 0
		}
		st.LargerAt = now
	} else {
		st.SmallerAt = now
	}
	st.SizeRefused = false
	p.anew(st, now)
	if st.CoolSeconds > 0 {
		st.CoolUntil, st.CoolSeconds = now.Add(time.Duration(st.CoolSeconds*float64(time.Second))), 0
	}
}

// anew forgets what was learned of dynos of another size, where an order changes it.
func (p *Policy) anew(st *State, now time.Time) {
	if p.Ladder != "" {
		st.Begun, st.Desired, st.Load, st.Weeks = now, nil, nil, nil
	}
}
