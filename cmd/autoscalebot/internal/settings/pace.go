package settings

import (
	"cmp"

	"github.com/autoscalebot/autoscalebot/bot/decide"
)

// Pace are the settings of how much changes at a time, and how soon again.
type Pace struct {
	Increment     Step     `envconfig:"INCREMENT" default:"1" desc:"Dynos to add or remove at a time: a number, or a share of those there are such as ''50%'', rounded to the nearest dyno, and at least one."`
	IncrementUp   Step     `envconfig:"INCREMENT_UP" desc:"The same for adding only; by default ''INCREMENT''."`
	IncrementDown Step     `envconfig:"INCREMENT_DOWN" desc:"The same for removing only; by default ''INCREMENT''."`
	CooldownUp    Seconds0 `envconfig:"COOLDOWN_UP_IN_SECONDS" default:"0" desc:"How long after adding dynos the next are added at the earliest."`
	CooldownDown  Seconds0 `envconfig:"COOLDOWN_DOWN_IN_SECONDS" default:"0" desc:"How long after any change dynos are removed at the earliest."`
	Stabilization Seconds0 `envconfig:"STABILIZATION_IN_SECONDS" default:"0" desc:"How long fewer dynos must have been enough before any is removed, and how long the bot watches after its start before it removes one."`
}

// Up is the step of a scale-up.
func (s *Settings) Up() decide.Step { return cmp.Or(s.IncrementUp.Step, s.Increment.Step) }

// Down is the step of a scale-down.
func (s *Settings) Down() decide.Step { return cmp.Or(s.IncrementDown.Step, s.Increment.Step) }
