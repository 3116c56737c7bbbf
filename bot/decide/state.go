package decide

import (
	"time"

	"github.com/autoscalebot/autoscalebot/bot/adaptive"
)

// State is what a policy remembers between ticks. It survives as JSON, so that a restart, a replica and a replay
// continue from it. The zero State remembers nothing.
type State struct {
	// Begun is the time of the first tick. The first scale-down waits for a whole stabilization window after it.
	Begun time.Time `json:"begun,omitzero"`

	RunState
	RuleState
	CooldownState
	// Asking are the rules that ask for more than the present number of dynos; nil if none does.
	Asking []Asking `json:"asking,omitempty"`
	// Desired are the numbers desired within the stabilization window that can still matter, each lower than the one
	// before it.
	Desired adaptive.DesiredQueue `json:"desired,omitempty"`
	// Known: Dynos is the number of dynos after the last tick.
	Known bool `json:"known,omitempty"`
	Dynos int  `json:"dynos,omitempty"`
	AskedState
	// SwitchedOff: somebody else set 0 dynos, and no dyno has run since.
	SwitchedOff bool `json:"switched_off,omitempty"`
	// HoldUntil is the end of the time for which a manual change is kept.
	HoldUntil time.Time `json:"hold_until,omitzero"`
	BootState
	SizeState
	LadderState
	// ReleaseSeen is the last time at which a release was in progress.
	ReleaseSeen time.Time `json:"release_seen,omitzero"`
	LoadState
	// Spend is the cost of this month's dynos.
	Spend Spend `json:"spend,omitzero"`
	// Control holds the pauses and the override.
	Control Control `json:"control,omitzero"`
}

// Restarted returns the state for a bot that starts. It omits what only a running bot knows: whether the platform is
// still changing the dyno size, and the size itself unless asksForSize.
func (s State) Restarted(asksForSize bool) State {
	s.SizePending = ""
	if !asksForSize {
		s.Size, s.SizeAsked = "", SizeAsked{}
	}
	return s
}

// The readings so far belong to another number of dynos.
func (s *State) restart() {
	s.Slow, s.Fast, s.Level, s.Asking = 0, 0, Level{}, nil
	s.restartSignals()
}

func (s *State) changed() time.Time {
	if s.LastDown.After(s.LastUp) {
		return s.LastDown
	}
	return s.LastUp
}

// Runs start again and a cooldown begins, also for a change of a dry run. by is the AskedBy of the change.
func (s *State) scaled(now time.Time, from, to int, by string) {
	s.noteScaleUp(from, to, by)
	s.restart()
	if s.CoolSeconds > 0 {
		s.CoolUntil, s.CoolSeconds = now.Add(time.Duration(s.CoolSeconds*float64(time.Second))), 0
	}
	if to > from {
		if by != "" {
			s.Load = s.Load.TakenBack(now, s.LastDown)
		}
		s.LastUp = now
	} else {
		s.LastDown = now
	}
}

// ownChange is the time after a change by the bot during which the platform may still report the earlier number.
const ownChange = 2 * time.Minute

// byHand means that somebody else changed the number. A change by the bot whose answer did not arrive is returned as
// made. It counts as such until the platform is asked for another, which may be long after if the bot was away.
func (s *State) observe(now time.Time, n int) (byHand bool, made *Completed) {
	recent := now.Sub(s.AskedAt) < ownChange
	unheard := (recent || s.Unanswered) && s.Known && n == s.AskedTo && s.Dynos == s.AskedFrom && n != s.Dynos
	if unheard {
		s.scaled(s.AskedAt, s.AskedFrom, s.AskedTo, s.AskedBy)
		made = &Completed{From: s.AskedFrom, To: s.AskedTo, Asked: s.AskedAt}
	}
	ours := unheard || recent && (n == s.AskedFrom || n == s.AskedTo)
	s.Unanswered = s.Unanswered && recent && !unheard
	byHand = s.Known && n != s.Dynos && !ours
	// The platform may report a change to 0 dynos late, long after the bot requested it.
	late := s.AskedTo == 0 && s.AskedFrom > 0 && s.AskedFrom == s.Dynos
	s.SwitchedOff = n == 0 && (s.SwitchedOff || byHand && !late)
	s.Known, s.Dynos = true, n
	return byHand, made
}
