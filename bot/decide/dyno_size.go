package decide

import (
	"slices"
	"strings"
	"time"

	"github.com/autoscalebot/autoscalebot/probe"
)

// sizeCooldown is how long the dyno size stays as it is after it was changed, by the bot or by hand, or after the bot
// tried to. Such a change restarts all dynos, and what the signals say of the new ones takes a while to settle.
const sizeCooldown = 10 * time.Minute

// What keeps the dyno size from what the rules wish, beside some of the clamps of the number of dynos, in the order in
// which it is asked.
const (
	// HeldLadder: the dynos are of a size that the policy does not know, so somebody has chosen it.
	HeldLadder = "ladder"
	// HeldLargest: there is no larger one.
	HeldLargest = "largest"
	// HeldLeftAlone: the app is left alone.
	HeldLeftAlone = "left alone"
	// HeldOverride: somebody asked for a number of dynos, which are not to restart meanwhile.
	HeldOverride = "override"
	// HeldCount: the number of dynos changes, and the two never change together.
	HeldCount = "count"
	// HeldPending: not all dynos are of the size that was asked for last.
	HeldPending = "pending"
)

// SizeState is what is remembered of the dyno size.
type SizeState struct {
	// Size is the dyno size that the platform told last, "" where it was not asked or did not tell. SizeAt is when it
	// was last changed, or asked to be.
	Size   string    `json:"size,omitempty"`
	SizeAt time.Time `json:"size_at,omitzero"`
	// SizeRefused says that the platform refused the size then, and SizePending why not all dynos are of that size yet,
	// "" where they are.
	SizeRefused bool   `json:"size_refused,omitempty"`
	SizePending string `json:"size_pending,omitempty"`
	// SizeAsked is the newest change of the size to which the platform has not said yes, and that it may have made all
	// the same.
	SizeAsked SizeAsked `json:"size_asked,omitzero"`
}

// A SizeAsked is a change of the dyno size that the bot asked for at At. The zero SizeAsked is none.
type SizeAsked struct {
	At     time.Time `json:"at"`
	From   string    `json:"from"`
	To     string    `json:"to"`
	Larger bool      `json:"larger,omitempty"`
}

// SizeDecision is what was decided on the dyno size.
type SizeDecision struct {
	// SizeFrom is the dyno size found, "" where no rule judges it or it is not known, SizeTo the one decided on, and
	// SizeDesired the one that the rules ask for; SizeLarger says that this is a larger one. SizeHeld is what keeps it
	// as it is, as in Clamp or one of the Held constants, "" for nothing, and SizeSecondsLeft how long that lasts yet,
	// 0 where that is not known.
	SizeFrom        string  `json:"size_from,omitempty"`
	SizeTo          string  `json:"size_to,omitempty"`
	SizeDesired     string  `json:"size_desired,omitempty"`
	SizeLarger      bool    `json:"size_larger,omitempty"`
	SizeHeld        string  `json:"size_held,omitempty"`
	SizeSecondsLeft float64 `json:"size_seconds_left,omitempty"`
	// SizePending is why not all dynos are of the size found, as the platform tells it; "" where they are.
	SizePending string `json:"size_pending,omitempty"`
	// Ladder is the order by which another size is wished for in the place of another number; "" where it is not.
	Ladder Ladder `json:"ladder,omitempty"`
}

// Sizing is the part of a policy about the dyno size.
type Sizing struct {
	// Sizes is the ladder of dyno sizes that rules with Size climb, the smallest first; none leaves the size as it is.
	// A change of size moves one step, restarts all dynos, and is the last for 10 minutes; it waits where the number of
	// dynos changes. SizePrices is what a dyno of each costs a month, in dollars, 0 where that is not known.
	Sizes      []string
	SizePrices []float64
	// Ladder has all that asks for more or fewer dynos climb that ladder as well; the zero Ladder leaves it to the
	// rules with Size.
	Ladder Ladder
}

// SizeCooldown returns how long the dyno size stays as it is yet because it changed, 0 for not at all, and how long
// that is as a whole.
func (p *Policy) SizeCooldown(st *State, now time.Time) (left, whole time.Duration) {
	return max(0, sizeCooldown-now.Sub(st.SizeAt)), sizeCooldown
}

// rung finds a dyno size on the ladder, -1 where it is not there.
func (p *Policy) rung(size string) int {
	return slices.IndexFunc(p.Sizes, func(s string) bool { return strings.EqualFold(s, size) })
}

// SizeStep merges what the rules for the dyno size say: 1 for a larger one if any says so, -1 for a smaller one if all
// do that have a say, else 0.
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

// JudgesSize says whether any rule judges the dyno size.
func (d *Decision) JudgesSize() bool {
	return slices.ContainsFunc(d.Signals, func(j Judged) bool { return j.Size })
}

// fit chooses the dyno size: one step on the ladder at the most, and only where the number of dynos stays as it is.
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

// tooDear says whether the budget is against larger dynos of a price, 0 where it is not known: whether the month would
// cost more than it, or has already, which lasts until it ends.
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

// Resizes says whether the dyno size is to change.
func (d *Decision) Resizes() bool { return d.SizeTo != d.SizeFrom }

func (d *Decision) holdSize(by string, left time.Duration) {
	if d.Resizes() {
		d.SizeTo, d.SizeHeld, d.SizeSecondsLeft = d.SizeFrom, by, left.Seconds()
	}
}

// sizeReported takes in the dyno size that the platform tells. One that differs from the last was set by somebody else,
// or by the bot without its hearing so: then it returns the change, as observe does.
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

// resized notes that the dyno size changed, or would have in a dry run: what the readings were of is no more.
func (s *State) resized(now time.Time) {
	s.SizeAt = now
	s.ScaleUps = nil
	s.restart()
}

// observeSize takes in the dyno size, where it is asked for, and returns a change of it that the bot did not hear of.
// While the platform is still changing it, and for the time that a size stays, what is learned is of two kinds of
// dynos.
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
