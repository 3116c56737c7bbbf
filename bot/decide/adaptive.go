package decide

import (
	"slices"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/adaptive"
	"github.com/autoscalebot/autoscalebot/probe"
)

// LoadState is what the load model remembers.
type LoadState struct {
	// Load is the estimate of the load; nil unless the policy is adaptive.
	Load *adaptive.Load `json:"load,omitempty"`
	// Weeks are the needs of the last weeks; nil if none is known, or unless the policy is adaptive.
	Weeks *adaptive.Weeks `json:"weeks,omitempty"`
}

func (p *Policy) infer(st *State, d *Decision, now time.Time, in []probe.Reading) {
	if p.Adaptive == nil {
		st.Load = nil
		return
	}
	st.Load, d.Load = p.Adaptive.Update(st.Load, p.loadTick(st, d, now, in))
}

func (p *Policy) adapt(st *State, d *Decision, now time.Time, in []probe.Reading) {
	weeks, a := p.Adaptive.Decide(st.Load, *d.Load, st.Weeks, p.loadTick(st, d, now, in))
	st.Weeks, d.Load, d.Desired = weeks, a.Estimate, a.Dynos
	switch a.Reason {
	case adaptive.MoreLoad:
		d.Rule = RuleMoreLoad
	case adaptive.LessLoad:
		d.Rule = RuleLessLoad
	case adaptive.SlowRun:
		d.Rule = RuleSlow
	case adaptive.Enough:
		d.Rule = RuleHold
	}
}

func (p *Policy) loadTick(st *State, d *Decision, now time.Time, in []probe.Reading) adaptive.Tick {
	t := adaptive.Tick{
		Now: now, Dynos: d.From, Readings: in, ConnectTimeouts: slices.Contains(p.FailOn, probe.ConnectTimeout),
		Boot: st.BootTime(), Booting: !st.BootSince.IsZero(),
		NoData: d.Verdict == NoData, Answered: p.answered(in), Fails: p.Fails.N, Failing: p.failing(st, d, in),
		Step:  p.Up.of(d.From),
		Begun: st.Begun, LastUp: st.LastUp, Unchanged: st.unchangedFor(now),
	}
	if at := p.rung(st.Size); p.Ladder != "" && at > 0 {
		t.SmallerBy = p.times(at)
	}
	return t
}

func (p *Policy) failing(st *State, d *Decision, in []probe.Reading) bool {
	return d.Reading >= 0 && d.Verdict == Slow && d.Rule != RuleBooting && p.Fails.reached(st.Slow) &&
		in[d.Reading].Outcome != probe.Answered
}

// Of several heartbeats the middle one counts.
func (p *Policy) answered(in []probe.Reading) bool {
	middle := p.middleBeat(in)
	for i := range in {
		if r := &in[i]; r.IsHeartbeat() && speaks(i, middle) && r.Outcome != probe.Answered {
			return false
		}
	}
	return true
}

func (p *Policy) goesByRouter(st *State, now time.Time) bool {
	return p.Adaptive != nil && p.Adaptive.ByRouter(st.Load, now)
}

func (s *State) unchangedFor(now time.Time) time.Duration {
	newest := s.Begun
	for _, t := range []time.Time{s.LastUp, s.LastDown} {
		if t.After(newest) {
			newest = t
		}
	}
	return now.Sub(newest)
}

// Learn returns the state with a need of more than 0 dynos at a time in the past, for the forecasts of the load model.
// Call it in order of time. It ignores times before the newest that is known.
func (s State) Learn(at time.Time, needed int) State {
	if needed > 0 {
		s.Weeks = s.Weeks.Note(at, float64(needed))
	}
	return s
}
