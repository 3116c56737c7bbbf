package decide

import (
	"slices"
	"strings"
	"time"

	"github.com/autoscalebot/autoscalebot/probe"
)

// sizeCooldown is the time without a change of size after one, even if somebody else made it or it failed. Such a
// change restarts all dynos, and their signals take a while to settle.
const sizeCooldown = 10 * time.Minute

// What keeps the dyno size from the desired one, in the order in which it is checked. Some clamps do so too.
const (
	// HeldLadder: the size is not on the ladder, so somebody chose it.
	HeldLadder = "ladder"
	// HeldLargest: there is no larger size.
	HeldLargest = "largest"
	// HeldLeftAlone: the app is left alone.
	HeldLeftAlone = "left alone"
	// HeldOverride: an override is in force, and its dynos must not restart.
	HeldOverride = "override"
	// HeldCount: the number of dynos changes. Number and size never change together.
	HeldCount = "count"
	// HeldPending: not all dynos have the size that was requested last.
	HeldPending = "pending"
)

// SizeState is what the policy remembers of the dyno size.
type SizeState struct {
	// Size is the size that the platform reported last, "" if it is unknown. SizeAt is the time of the last change or
	// attempt.
	Size   string    `json:"size,omitempty"`
	SizeAt time.Time `json:"size_at,omitzero"`
	// SizeRefused: the platform refused that change. SizePending is the reason why not all dynos have the size yet, ""
	// if all do.
	SizeRefused bool   `json:"size_refused,omitempty"`
	SizePending string `json:"size_pending,omitempty"`
	// SizeAsked is the newest change of the size that the platform has not confirmed. It may have made it nevertheless.
	SizeAsked SizeAsked `json:"size_asked,omitzero"`
}

// A SizeAsked is a change of the dyno size that the bot requested at At. It is zero without one.
type SizeAsked struct {
	At     time.Time `json:"at"`
	From   string    `json:"from"`
	To     string    `json:"to"`
	Larger bool      `json:"larger,omitempty"`
}

// SizeDecision is the decision on the dyno size.
type SizeDecision struct {
	// SizeFrom is the present size, "" if it is unknown or no rule judges it. SizeTo is the new size. SizeDesired is
	// the size that the rules ask for, and SizeLarger means that it is larger. SizeHeld says what prevents the change,
	// one of the Held or Clamp constants, "" if nothing does. SizeSecondsLeft is the time left, 0 if it is unknown.
	SizeFrom        string  `json:"size_from,omitempty"`
	SizeTo          string  `json:"size_to,omitempty"`
	SizeDesired     string  `json:"size_desired,omitempty"`
	SizeLarger      bool    `json:"size_larger,omitempty"`
	SizeHeld        string  `json:"size_held,omitempty"`
	SizeSecondsLeft float64 `json:"size_seconds_left,omitempty"`
	// SizePending is the platform's reason why not all dynos have the present size; "" if all do.
	SizePending string `json:"size_pending,omitempty"`
	// Ladder is the order in which the size changes instead of the number; "" if it does not.
	Ladder Ladder `json:"ladder,omitempty"`
}

// Sizing is the part of a policy about the dyno size.
type Sizing struct {
	// Sizes is the ladder of dyno sizes, smallest first; empty leaves the size alone. A change moves one step, restarts
	// all dynos, and prevents another for 10 minutes. The number of dynos changes first. SizePrices are the prices of a
	// dyno of each size in dollars a month, 0 if unknown.
	Sizes      []string
	SizePrices []float64
	// Ladder makes every reason for more or fewer dynos use the ladder of sizes too. The zero Ladder leaves the size to
	// the rules with Size.
	Ladder Ladder
}

// SizeCooldown returns the time left of the size's cooldown, 0 without one, and its whole length.
func (p *Policy) SizeCooldown(st *State, now time.Time) (left, whole time.Duration) {
	return max(0, sizeCooldown-now.Sub(st.SizeAt)), sizeCooldown
}

// It is -1 if the size is not on the ladder.
func (p *Policy) rung(size string) int {
	return slices.IndexFunc(p.Sizes, func(s string) bool { return strings.EqualFold(s, size) })
}

// SizeStep returns 1 for a larger size if any rule asks for one, -1 for a smaller one if all rules with a say ask for
// it, and otherwise 0.
func (d *Decision) SizeStep() int {
	smaller, others := false, false
	for i := range d.Signals {
		switch j := &d.Signals[i]; {
		case !j.Size:
		case j.SizeStep > 0:
			return 1
		case j.SizeStep < 0:
			smaller = true
		case !j.free():
			others = true
		}
	}
	if smaller && !others {
		return -1
	}
	return 0
}

// JudgesSize reports whether a rule judges the dyno size.
func (d *Decision) JudgesSize() bool {
	return slices.ContainsFunc(d.Signals, func(j Judged) bool { return j.Size })
}

// The size moves by at most one step, and only if the number of dynos stays the same.
func (p *Policy) fit(st *State, d *Decision, now time.Time, in []probe.Reading, t turn) {
	if st.Size == "" || p.Ladder == "" && !d.JudgesSize() {
		return
	}
	d.SizeFrom, d.SizeTo, d.SizeDesired, d.SizePending = st.Size, st.Size, st.Size, st.SizePending
	at, step := p.rung(st.Size), d.SizeStep()
	if step <= 0 && t.step != 0 {
		step = t.step
	}
	switch {
	case at < 0:
		d.SizeHeld = HeldLadder
		return
	case t.held != "" && step <= 0:
		d.SizeFrom, d.SizeTo, d.SizeDesired = p.Sizes[at], p.Sizes[at], p.Sizes[at-1]
		d.SizeHeld, d.SizeSecondsLeft = t.held, t.left.Seconds()
		return
	case p.Ladder != "" && at == len(p.Sizes)-1 && d.Desired > d.From && d.Clamped(ClampSchedule):
		d.SizeHeld = HeldLargest
	case step > 0 && at == len(p.Sizes)-1:
		d.SizeHeld = HeldLargest
	}
	to := min(max(0, at+step), len(p.Sizes)-1)
	d.SizeFrom, d.SizeTo, d.SizeDesired, d.SizeLarger = p.Sizes[at], p.Sizes[to], p.Sizes[to], to > at
	p.keepSize(st, d, now, p.priceOf(to))
	if p.Ladder != "" && to < at && d.Resizes() {
		if held, left := p.shrinks(st, d, now, in, at); held != "" {
			d.holdSize(held, left)
		}
	}
}

func (p *Policy) priceOf(rung int) float64 {
	if rung < len(p.SizePrices) {
		return p.SizePrices[rung]
	}
	return 0
}

func (p *Policy) keepSize(st *State, d *Decision, now time.Time, price float64) {
	paused, left := p.paused(st, now, !d.SizeLarger)
	switch cool := sizeCooldown - now.Sub(st.SizeAt); {
	case d.Rule == RuleLeftAlone || d.From == 0:
		d.holdSize(HeldLeftAlone, 0)
	case d.Rule == RuleOverride:
		d.holdSize(HeldOverride, 0)
	case d.To != d.From:
		d.holdSize(HeldCount, 0)
	case st.SizePending != "":
		d.holdSize(HeldPending, 0)
	case cool > 0:
		d.holdSize(ClampCooldown, cool)
	case paused:
		d.holdSize(ClampPause, left)
	case d.SizeLarger:
		if dear, left := d.tooDear(price); dear {
			d.holdSize(ClampBudget, left)
		}
	}
}

// A price of 0 is unknown. left is the time until the month ends if its budget is used up.
func (d *Decision) tooDear(price float64) (dear bool, left time.Duration) {
	switch b := d.Bill; {
	case b == nil:
		return false, 0
	case b.Dollars >= b.Budget:
		return true, b.end().Sub(b.At)
	default:
		return price > 0 && b.Spend.Forecast(d.From, price) > b.Budget, 0
	}
}

// Resizes reports whether the dyno size changes.
func (d *Decision) Resizes() bool { return d.SizeTo != d.SizeFrom }

func (d *Decision) holdSize(by string, left time.Duration) {
	if d.Resizes() {
		d.SizeTo, d.SizeHeld, d.SizeSecondsLeft = d.SizeFrom, by, left.Seconds()
	}
}

// A size other than the last one was set by somebody else, or by the bot without an answer. The latter is returned.
func (s *State) sizeReported(now time.Time, size string) (made *CompletedSize) {
	a := s.SizeAsked
	if a.To != "" && strings.EqualFold(a.To, size) && !strings.EqualFold(s.Size, size) {
		made = &CompletedSize{From: a.From, To: a.To, Larger: a.Larger, Asked: a.At}
	}
	if made != nil || now.Sub(a.At) >= ownChange {
		s.SizeAsked = SizeAsked{}
	}
	if s.Size != "" && !strings.EqualFold(s.Size, size) {
		s.resized(now)
	}
	s.Size = size
	return made
}

// The readings so far belong to the earlier size.
func (s *State) resized(now time.Time) {
	s.SizeAt = now
	s.ScaleUps = nil
	s.restart()
}

// While dynos of two sizes run, what is learned belongs to both.
func (p *Policy) observeSize(st *State, f *Facts) (made *CompletedSize) {
	switch {
	case f.Size == nil:
		return nil
	case f.Size.Name == "":
		st.Size = ""
		return nil
	}
	if st.Size != "" {
		p.noteSize(st, f.Now, st.Size, f.Size.Name)
	}
	made = st.sizeReported(f.Now, f.Size.Name)
	before := st.SizePending
	st.SizePending = f.Size.Pending
	switch {
	case st.SizePending != "":
		st.SizeAt = f.Now
	case before != "":
		p.anew(st, f.Now)
		st.resized(f.Now)
	}
	return made
}
