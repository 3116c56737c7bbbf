package decide

import (
	"time"

	"github.com/autoscalebot/autoscalebot/bot/adaptive"
	"github.com/autoscalebot/autoscalebot/probe"
	"github.com/autoscalebot/autoscalebot/schedule"
)

// A Ladder is the order in which the number of dynos and their size change. Every reason for more or fewer dynos
// follows it: the heartbeat, a rule, or the adaptive policy. Number and size never change together.
//
// If larger dynos are not available, since the platform refuses or is still changing the size, or the budget does not
// allow them, the number changes instead. Smaller dynos must be able to carry the load; see [HeldRecent] and [HeldFit].
type Ladder string

// The zero Ladder leaves the size to the rules with Size.
const (
	// Horizontal scales up with more dynos to the maximum, then with larger ones. It scales down with smaller dynos,
	// then with fewer. If smaller ones cannot carry the load, it uses fewer.
	Horizontal Ladder = "horizontal"
	// Vertical scales up with larger dynos to the largest, then with more. It scales down with fewer dynos to the
	// minimum, then with smaller ones.
	Vertical Ladder = "vertical"
)

// What keeps a ladder from smaller dynos, in addition to what prevents any change of the size.
const (
	// HeldRecent: larger dynos were needed recently.
	HeldRecent = "recent"
	// HeldFit: smaller dynos probably cannot carry the load.
	HeldFit = "fit"
)

const (
	// smallerAfter is the minimum time from larger to smaller dynos, three times the cooldown of the size. It doubles,
	// up to smallerAfterMost, if larger dynos are needed again within sizeReversalWithin of smaller ones; otherwise it
	// returns to smallerAfter.
	smallerAfter       = 3 * sizeCooldown
	smallerAfterMost   = 8 * time.Hour
	sizeReversalWithin = time.Hour
)

// LadderState is what the policy remembers of the ladder.
type LadderState struct {
	// LargerAt and SmallerAt are the times of the last change to larger and to smaller dynos by the ladder.
	// SmallerAfter is the minimum time from larger to smaller ones in seconds, if it is longer than usual.
	LargerAt     time.Time `json:"larger_at,omitzero"`
	SmallerAt    time.Time `json:"smaller_at,omitzero"`
	SmallerAfter float64   `json:"smaller_after,omitempty"`
}

// A turn is the ladder's answer to a desired number.
type turn struct {
	// step is 1 for larger dynos instead of more, -1 for smaller dynos instead of fewer.
	step int
	// held is why fewer dynos are desired although smaller ones come first, and left the time left.
	held string
	left time.Duration
}

// If the adaptive policy desires no other number, the load may still fit smaller dynos.
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
	missed := now.Sub(st.SmallerAt) < sizeCooldown // the smaller dynos were too small, and cannot be undone yet
	dear, _ := d.tooDear(p.priceOf(at + 1))
	return d.From >= lim.Max || !refused && !missed && st.SizePending == "" && !dear
}

// The adaptive policy desires no other number, but the load fits smaller dynos, which come next on the ladder.
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

// The size changes only if no safeguard prevents the change of the number.
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

// Fewer dynos wait while little is known of dynos of the new size.
func (p *Policy) relearn(st *State, d *Decision, now time.Time) {
	if left := sizeCooldown - now.Sub(st.SizeAt); p.Ladder != "" && left > 0 && d.To < d.From && p.rung(st.Size) >= 0 {
		d.clamp(ClampSize, d.From, left)
	}
}

// held is "" if nothing prevents the next smaller size. left is 0 if it is unknown.
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

// The factor is the capacity of a dyno of this rung in dynos of the rung below, at least the ratio of their prices if
// these are known, since a platform sells no capacity for less.
func (p *Policy) times(at int) float64 {
	more := 1 / adaptive.SmallerCapacity
	if below := p.priceOf(at - 1); below > 0 {
		more = max(more, p.priceOf(at)/below)
	}
	return more
}

// Every signal, and the heartbeat unless the policy is adaptive, would stay below its upper threshold with times the
// load. The adaptive policy must have found so for a long time.
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

// What was learned belongs to the earlier size: the time without a change, the load in dynos, the capacity of a dyno,
// and the needs of the last weeks.
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

func (p *Policy) anew(st *State, now time.Time) {
	if p.Ladder != "" {
		st.Begun, st.Desired, st.Load, st.Weeks = now, nil, nil, nil
	}
}
