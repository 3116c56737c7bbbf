package decide

import (
	"time"

	"github.com/autoscalebot/autoscalebot/bot/adaptive"
)

// State is what the policy remembers between ticks: a plain value that survives as JSON, so that a restart, a replica and a
// replay all go on from it. The zero State remembers nothing.
type State struct {
	// Begun is when the bot began to watch: no dyno is removed before it has seen a whole stabilization window.
	Begun time.Time `json:"begun,omitzero"`
	// Slow and Fast remember the readings with these verdicts since the number of dynos changed. A blind one leaves no mark.
	Slow Window `json:"slow"`
	Fast Window `json:"fast"`
	// Level sums up the readings since then. Climb is a row of ups that have not improved them yet, nil for none.
	Level    Level     `json:"level,omitzero"`
	ScaleUps *ScaleUps `json:"scale_ups,omitempty"`
	// NoData counts the blind ticks in a row.
	NoData int `json:"no_data"`
	// Signals is what is remembered of the rules' signals, and WindowsSpoke when those with a window could last change anything.
	Signals      []SignalState `json:"signals,omitempty"`
	WindowsSpoke time.Time     `json:"windows_spoke,omitzero"`
	// Breaches is what is remembered of the scaling rules. CoolUntil is until when they change nothing, and CoolSeconds for how long they will
	// not if the change that they now ask for is made.
	Breaches    []BreachState `json:"breaches,omitempty"`
	CoolUntil   time.Time     `json:"cool_until,omitzero"`
	CoolSeconds float64       `json:"cool_seconds,omitempty"`
	// LastUp and LastDown are when the bot last added and removed dynos.
	LastUp   time.Time `json:"last_up,omitzero"`
	LastDown time.Time `json:"last_down,omitzero"`
	// Asking is how long rules have asked for more dynos than the present number without a break; nil while none does.
	Asking []Asking `json:"asking,omitempty"`
	// Desired are the numbers of dynos wished for within the stabilization window, as far as they can still matter: each is
	// lower than the one before it.
	Desired adaptive.DesiredQueue `json:"desired,omitempty"`
	// Known says that Dynos is the number of dynos after the last tick.
	Known bool `json:"known,omitempty"`
	Dynos int  `json:"dynos,omitempty"`
	// Asked is the bot's own newest change: at AskedAt it asked the platform to go from AskedFrom to AskedTo.
	AskedAt   time.Time `json:"asked_at,omitzero"`
	AskedFrom int       `json:"asked_from,omitempty"`
	AskedTo   int       `json:"asked_to,omitempty"`
	// Unanswered: the platform has not said yes to it, and may have made it all the same.
	Unanswered bool `json:"unanswered,omitempty"`
	// AskedBy is what it rested on where it was a scale-up, as in an [Evidence]; "" where it was another, or people and limits wanted it.
	AskedBy string `json:"asked_by,omitempty"`
	// HoldUntil is until when a number that somebody set by hand is left alone.
	HoldUntil time.Time `json:"hold_until,omitzero"`
	// BootSince is when dynos were added that are not all up yet; zero when all are. Boots are the newest boot times that
	// were seen, in seconds, the newest last.
	BootSince time.Time `json:"boot_since,omitzero"`
	Boots     []float64 `json:"boots,omitempty"`
	// Size is the dyno size that the platform told last, "" where it was not asked or did not tell. SizeAt is when it was last changed, or
	// asked to be.
	Size   string    `json:"size,omitempty"`
	SizeAt time.Time `json:"size_at,omitzero"`
	// SizeRefused says that the platform refused the size then, and SizePending why not all dynos are of that size yet, "" where they are.
	SizeRefused bool   `json:"size_refused,omitempty"`
	SizePending string `json:"size_pending,omitempty"`
	// SizeAsked is the newest change of the size to which the platform has not said yes, and that it may have made all the same.
	SizeAsked SizeAsked `json:"size_asked,omitzero"`
	// LargerAt and SmallerAt are when larger and smaller dynos last came by an order, and SmallerAfter is for how many seconds after larger
	// ones none are smaller, where that is longer than usual.
	LargerAt     time.Time `json:"larger_at,omitzero"`
	SmallerAt    time.Time `json:"smaller_at,omitzero"`
	SmallerAfter float64   `json:"smaller_after,omitempty"`
	// ReleaseSeen is when a release was last seen under way.
	ReleaseSeen time.Time `json:"release_seen,omitzero"`
	// Load is what is known of the load, nil where the policy counts.
	Load *adaptive.Load `json:"load,omitempty"`
	// Weeks is what was needed in the last weeks, nil where nothing is known or the policy counts.
	Weeks *adaptive.Weeks `json:"weeks,omitempty"`
	// Spend is what this month's dynos have cost.
	Spend Spend `json:"spend,omitzero"`
	// Control is what people have asked of the bot.
	Control Control `json:"control,omitzero"`
}

// A SizeAsked is a change of the dyno size that the bot asked for at At. The zero SizeAsked is none.
type SizeAsked struct {
	At     time.Time `json:"at"`
	From   string    `json:"from"`
	To     string    `json:"to"`
	Larger bool      `json:"larger,omitempty"`
}

// Restarted is the state of a bot that begins anew, without what only a bot that goes on knows: whether the platform is still changing the
// dyno size, and the size itself where the bot does not ask for it (any more).
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

// changed is when the bot last changed the number of dynos, zero for never.
func (s *State) changed() time.Time {
	if s.LastDown.After(s.LastUp) {
		return s.LastDown
	}
	return s.LastUp
}

// scaled notes a change that the platform accepted, or that a dry run would have made, and what it rested on, as in AskedBy: the runs
// start over, and a cooldown begins.
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

// observe takes in the number n of dynos that the platform tells, and says whether somebody else has changed it. A change of the
// bot's own that came through although the bot did not hear so, because it died or was told of an error, counts as made, and is returned:
// until the platform was asked again, which a bot that was away for long does later.
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
