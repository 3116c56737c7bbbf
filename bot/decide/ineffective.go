package decide

import (
	"time"

	"github.com/autoscalebot/autoscalebot/probe"
)

const (
	// enoughGain is the share of the earlier response time below which the scale-ups have helped.
	enoughGain = 0.9
	// growing is the share of the earlier response time above which growing load explains that they have not helped.
	growing = 1.25
	// ineffectiveHold is the time before the bot returns to the number at which the scale-ups began.
	ineffectiveHold = 10 * time.Minute
)

// CalmAfter is the number of heartbeats in a row without the cause of an incident at a limit that end it. One ok answer
// among many slow ones must not end it and open another. It is the default of NUMBER_OF_FAILS_TO_SCALE_UP_AFTER.
const CalmAfter = 3

// A Level sums up the readings that count since the number of dynos changed.
type Level struct {
	// N is their number, and SumMS the sum of their response times in milliseconds.
	N     int     `json:"n"`
	SumMS float64 `json:"sum_ms"`
	// Timeouts and Errors are the numbers of timeouts and of other failures among them.
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

// longestMS limits a response time to a year, so that sums stay finite.
const longestMS = 366 * 24 * 3600e3

// An impossible response time counts as 0.
func spentMS(r *probe.Reading) float64 {
	if !(r.Value > 0) {
		return 0
	}
	return min(r.Value, longestMS)
}

// Failing reports whether most of the readings are failures other than timeouts.
func (l Level) Failing() bool { return 2*l.Errors > l.N }

// Mean returns the mean response time in milliseconds of the readings that have one; 0 if none has.
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

// Growing response times, or timeouts of unknown length, may be due to more load. In simulated flash crowds every limit
// on such scale-ups, up to sixteen times the dynos, stopped some that the load needed. Only the maximum and the budget
// limit them.
func (l Level) ramping(than Level) bool {
	return !l.Failing() && !than.Failing() && (l.Timeouts > 0 || l.Mean() > growing*than.Mean())
}

// A ScaleUps is a row of scale-ups for slow heartbeats that have not improved them yet. It is never changed in place.
type ScaleUps struct {
	// From is the number of dynos before the first, and Before the readings at that number.
	From   int   `json:"from"`
	Before Level `json:"before"`
	// N is the number of scale-ups.
	N int `json:"ups"`
	// StuckSince is the time at which the bot found them ineffective; zero before. The bot then stops scaling up, and
	// returns to From later.
	StuckSince time.Time `json:"stuck_since,omitzero"`
	// Left is the number of dynos from which it returned, 0 before, and At the readings at that number.
	Left int   `json:"left,omitempty"`
	At   Level `json:"at,omitzero"`
	// Calm is the number of readings in a row that are not slow.
	Calm int `json:"calm,omitempty"`
}

func (c *ScaleUps) stuck() bool { return c != nil && !c.StuckSince.IsZero() }

// A scale-up for slow heartbeats extends the row. One for another reason moves From. The return is part of the row. Any
// other change ends it.
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

func (c *ScaleUps) stepBack(now time.Time, n int) bool {
	return c.stuck() && c.Left == 0 && n > c.From && now.Sub(c.StuckSince) >= ineffectiveHold
}

// Response times mislead if the database or one slow route is the cause: more dynos then cost money and change nothing.
// Errors other than timeouts never improve.
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
