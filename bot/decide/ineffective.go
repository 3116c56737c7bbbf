package decide

import (
	"time"

	"github.com/autoscalebot/autoscalebot/probe"
)

const (
	// enoughGain is the share of the reading before the ups below which the readings after them must be, to have
	// improved.
	enoughGain = 0.9
	// growing is the share above which they have grown so much that more load, rather than dynos that do not help,
	// explains it.
	growing = 1.25
	// ineffectiveHold is how long the bot stays at the number that did not help before it steps back to where it began.
	ineffectiveHold = 10 * time.Minute
)

// CalmAfter is how many heartbeats in a row that do not show its cause end an incident at a limit, so that one right
// answer among many slow ones does not end it and open another. It is the default of NUMBER_OF_FAILS_TO_SCALE_UP_AFTER.
const CalmAfter = 3

// A Level sums up the readings that counted since the number of dynos changed.
type Level struct {
	// N is how many there were, SumMS the sum of their response times in milliseconds.
	N     int     `json:"n"`
	SumMS float64 `json:"sum_ms"`
	// Timeouts and Errors are how many of them were timeouts and other failures.
	Timeouts int `json:"timeouts,omitempty"`
	Errors   int `json:"errors,omitempty"`
}

func (l *Level) add(r *probe.Reading) {
	l.N++
	switch {
	case r.Outcome == probe.Timeout, r.Outcome == probe.ConnectTimeout:
		l.Timeouts++
		l.SumMS += spentMS(r)
	case r.Outcome != probe.Answered:
		l.Errors++
	default:
		l.SumMS += spentMS(r)
	}
}

// longestMS bounds a response time, so that no sum of them leaves the numbers: a year.
const longestMS = 366 * 24 * 3600e3

// spentMS is a reading's response time in milliseconds, 0 for one that cannot be.
func spentMS(r *probe.Reading) float64 {
	if !(r.Value > 0) {
		return 0
	}
	return min(r.Value, longestMS)
}

// Failing says that most of the readings were failures other than timeouts.
func (l Level) Failing() bool { return 2*l.Errors > l.N }

// Mean is the mean response time in milliseconds of the readings that have one; 0 for none.
func (l Level) Mean() float64 {
	if l.N == l.Errors {
		return 0
	}
	return l.SumMS / float64(l.N-l.Errors)
}

func (l Level) better(than Level) bool {
	switch {
	case l.Failing() || l.N == 0:
		return false
	case than.Failing():
		return true
	}
	return l.Mean() <= enoughGain*than.Mean()
}

// ramping says whether more load could explain that they have not: they have grown, or there are timeouts, which do not
// say by how much. In simulated flash crowds every bound on such ups, up to sixteen times the dynos, stopped some that
// the load called for; the maximum and the budget bound them.
func (l Level) ramping(than Level) bool {
	return !l.Failing() && !than.Failing() && (l.Timeouts > 0 || l.Mean() > growing*than.Mean())
}

// A ScaleUps is a row of ups for slow readings that have not improved them yet. It is never changed in place.
type ScaleUps struct {
	// From is the number of dynos at which it began, and Before what the readings were there.
	From   int   `json:"from"`
	Before Level `json:"before"`
	// N is how many ups there were.
	N int `json:"ups"`
	// StuckSince is when the bot found that they did not help, zero before. It goes up no further, and steps back
	// later.
	StuckSince time.Time `json:"stuck_since,omitzero"`
	// Left is the number of dynos that it stepped back from, 0 before, and At what the readings were there.
	Left int   `json:"left,omitempty"`
	At   Level `json:"at,omitzero"`
	// Calm counts the readings in a row that are not slow.
	Calm int `json:"calm,omitempty"`
}

func (c *ScaleUps) stuck() bool { return c != nil && !c.StuckSince.IsZero() }

// noteScaleUp notes a change of the number of dynos: an up that rests on slow heartbeats is one more of its row, a step
// back is part of it, one that rests on something else moves the row, and any other change ends it.
func (s *State) noteScaleUp(from, to int, by string) {
	c := s.ScaleUps
	switch slow := by == ByHeartbeat && s.Slow&1 == 1; {
	case to > from && c != nil && by != "" && by != ByHeartbeat:
		next := *c
		next.From += to - from
		s.ScaleUps = &next
	case to > from && slow && c == nil:
		s.ScaleUps = &ScaleUps{From: from, Before: s.Level, N: 1}
	case to > from && slow && !c.stuck():
		next := *c
		next.N++
		s.ScaleUps = &next
	case to < from && c.stuck() && c.Left == 0 && to <= c.From:
		next := *c
		next.Left, next.At = from, s.Level
		s.ScaleUps = &next
	default:
		s.ScaleUps = nil
	}
}

func (s *State) recover(v Verdict) {
	if s.ScaleUps == nil || v == NoData {
		return
	}
	next := *s.ScaleUps
	next.Calm++
	if v == Slow {
		next.Calm = 0
	}
	s.ScaleUps = &next
	if next.Calm >= CalmAfter {
		s.ScaleUps = nil
	}
}

// stepBack says whether it is time to go back to where a row of ups began that did not help.
func (c *ScaleUps) stepBack(now time.Time, n int) bool {
	return c.stuck() && c.Left == 0 && n > c.From && now.Sub(c.StuckSince) >= ineffectiveHold
}

// ineffective says whether one more up for slow heartbeats is held, as those before it in a row did not improve them.
// Response time misleads when the database or one slow route is to blame: dynos then cost money and change nothing.
// Errors that are no timeouts never improve.
func (p *Policy) ineffective(st *State, d *Decision, now time.Time) bool {
	c := st.ScaleUps
	if p.IneffectiveAfter == 0 || c == nil {
		return false
	}
	switch {
	case c.Left > 0 && st.Level.Mean() > c.At.Mean()/enoughGain:
		st.ScaleUps, d.Ineffective = nil, nil // it got worse without them, so they do help
		return false
	case !c.stuck() && st.Level.better(c.Before):
		st.ScaleUps = &ScaleUps{From: d.From, Before: st.Level}
		return false
	case !c.stuck() && (c.N < p.IneffectiveAfter || st.Level.ramping(c.Before)):
		return false
	case !c.stuck():
		next := *c
		next.StuckSince = now
		st.ScaleUps, c = &next, &next
	}
	d.Ineffective = c
	return true
}
