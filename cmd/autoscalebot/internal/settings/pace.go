package settings

import (
	"cmp"

	"github.com/autoscalebot/autoscalebot/bot/decide"
)

// Pace configures when the bot scales, how far and how often.
type Pace struct {
	Fails         Quorum   `envconfig:"NUMBER_OF_FAILS_TO_SCALE_UP_AFTER" default:"3" desc:"Slow heartbeats that lead to a scale-up: ''3'' in a row, or ''3/5'' for 3 of the last 5."`
	Passes        Quorum   `envconfig:"NUMBER_OF_PASSES_TO_SCALE_DOWN_AFTER" default:"5" desc:"Fast heartbeats that lead to a scale-down: ''5'' in a row, or ''5/8'' for 5 of the last 8."`
	Increment     Step     `envconfig:"INCREMENT" default:"1" desc:"Dynos to add or remove at a time: a number, or a share of the current dynos such as ''50%''."`
	IncrementUp   Step     `envconfig:"INCREMENT_UP" desc:"Dynos to add at a time, in the form of ''INCREMENT''; default: ''INCREMENT''."`
	IncrementDown Step     `envconfig:"INCREMENT_DOWN" desc:"Dynos to remove at a time, in the form of ''INCREMENT''; default: ''INCREMENT''."`
	CooldownUp    Seconds0 `envconfig:"COOLDOWN_UP_IN_SECONDS" default:"0" desc:"Minimum time between scale-ups."`
	CooldownDown  Seconds0 `envconfig:"COOLDOWN_DOWN_IN_SECONDS" default:"0" desc:"Minimum time between any change and the next scale-down."`
	Stabilization Seconds0 `envconfig:"STABILIZATION_IN_SECONDS" default:"0" desc:"Stabilization window: how long fewer dynos must have been enough before a scale-down."`
}

// Up is the step of a scale-up: INCREMENT_UP, or INCREMENT.
func (s *Settings) Up() decide.Step { return cmp.Or(s.IncrementUp.Step, s.Increment.Step) }

// Down is the step of a scale-down: INCREMENT_DOWN, or INCREMENT.
func (s *Settings) Down() decide.Step { return cmp.Or(s.IncrementDown.Step, s.Increment.Step) }
