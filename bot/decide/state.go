package decide

import (
	"time"

	"github.com/autoscalebot/autoscalebot/bot/adaptive"
)

// State is what the policy remembers between ticks: a plain value that survives as JSON, so that a restart, a replica
// and a replay all go on from it. The zero State remembers nothing.
type State struct {
	// Begun is when the bot began to watch: no dyno is removed before it has seen a whole stabilization window.
	Begun time.Time `json:"begun,omitzero"`

	RunState
	RuleState
	CooldownState
	// Asking is how long rules have asked for more dynos than the present number without a break; nil while none does.
	Asking []Asking `json:"asking,omitempty"`
	// Desired are the numbers of dynos wished for within the stabilization window, as far as they can still matter:
	// each is lower than the one before it.
	Desired adaptive.DesiredQueue `json:"desired,omitempty"`
	// Known says that Dynos is the number of dynos after the last tick.
	Known bool `json:"known,omitempty"`
	Dynos int  `json:"dynos,omitempty"`
	AskedState
	// HoldUntil is until when a number that somebody set by hand is left alone.
	HoldUntil time.Time `json:"hold_until,omitzero"`
	BootState
	SizeState
	LadderState
	// ReleaseSeen is when a release was last seen under way.
	ReleaseSeen time.Time `json:"release_seen,omitzero"`
	LoadState
	// Spend is what this month's dynos have cost.
	Spend Spend `json:"spend,omitzero"`
	// Control is what people have asked of the bot.
	Control Control `json:"control,omitzero"`
}

// Restarted is the state of a bot that begins anew, without what only a bot that goes on knows: whether the platform is
// still changing the dyno size, and the size itself where the bot does not ask for it (any more).
func (s State) Restarted(asksForSize bool) State {
	s.SizePending = ""
	if !asksForSize {
		s.Size, s.SizeAsked = "", SizeAsked{}
	}
	return s
}

// restart forgets the readings, which were of another number of dynos.
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

// scaled notes a change that the platform accepted, or that a dry run would have made, and what it rested on, as in
// AskedBy: the runs start over, and a cooldown begins.
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

// ownChange is how long after a change that the bot asked for the platform may still tell the number before it.
const ownChange = 2 * time.Minute

// observe takes in the number n of dynos that the platform tells, and says whether somebody else has changed it. A
// change of the bot's own that came through although the bot did not hear so, because it died or was told of an error,
// counts as made, and is returned: until the platform was asked again, which a bot that was away for long does later.
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
	s.Known, s.Dynos = true, n
	return byHand, made
}
