package decide

import (
	"slices"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/adaptive"
)

// Recalled returns s with what it lacks of former, the state from before a start without it: cooldowns and holds, what
// was learned, and the month's cost at a price of one dyno a month. Recalling twice changes nothing.
func (s State) Recalled(now time.Time, former State, price float64) State {
	newer := func(t *time.Time, than time.Time) {
		if than.After(*t) {
			*t = than
		}
	}
	newer(&s.HoldUntil, former.HoldUntil)
	newer(&s.LastUp, former.LastUp)
	newer(&s.LastDown, former.LastDown)
	newer(&s.CoolUntil, former.CoolUntil)
	newer(&s.WindowsSpoke, former.WindowsSpoke)
	newer(&s.SizeAt, former.SizeAt)
	newer(&s.LargerAt, former.LargerAt)
	newer(&s.SmallerAt, former.SmallerAt)
	newer(&s.ReleaseSeen, former.ReleaseSeen)
	s.SmallerAfter = max(s.SmallerAfter, former.SmallerAfter)
	// What takes days to learn comes from the state that ran longer.
	if s.Begun.Sub(former.Begun) > now.Sub(s.Begun) {
		s.Boots = former.Boots
		if former.Load != nil {
			s.Load = former.Load
		}
		if former.Weeks != nil {
			s.Weeks = former.Weeks
		}
	}
	if !former.Begun.IsZero() && (s.Begun.IsZero() || former.Begun.Before(s.Begun)) {
		s.Begun = former.Begun
	}
	s.Desired = recalledDesired(s.Desired, former.Desired)
	s.Spend = s.Spend.recalled(former.Spend, former.Dynos, price)
	return s
}

// All of former are older than newer. Only entries that can still matter are kept.
func recalledDesired(newer, former adaptive.DesiredQueue) adaptive.DesiredQueue {
	if len(newer) == 0 {
		return former
	}
	higher := slices.DeleteFunc(slices.Clone(former), func(w adaptive.Desired) bool {
		return w.Dynos <= newer[0].Dynos || !w.Time.Before(newer[0].Time)
	})
	return append(higher, newer...)
}

// From the end of former to the start of s, n dynos are counted.
func (s Spend) recalled(former Spend, n int, price float64) Spend {
	switch {
	case s.Month.IsZero():
		return former
	case !s.Month.Equal(former.Month) || s.From.Before(former.At):
		return s
	}
	until := former.count(s.From, n, price)
	s.From, s.Dollars = former.From, until.Dollars+s.Dollars
	return s
}
