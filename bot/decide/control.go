package decide

import (
	"slices"
	"time"

	"github.com/autoscalebot/autoscalebot/schedule"
)

// A Control holds the pauses and the overrides that people have set. The zero Control is empty.
type Control struct {
	// Up and Down are pauses of scaling up and down. The limits still apply.
	Up   Pause `json:"up,omitzero"`
	Down Pause `json:"down,omitzero"`
	// Override is a number of dynos to keep for a time.
	Override Override `json:"override,omitzero"`
	// Limits replace those of the schedule for a time. They do not overlap, and the earliest is the first.
	Limits []LimitsOverride `json:"limits,omitempty"`
}

// IsZero reports whether nothing is set.
func (c Control) IsZero() bool {
	return c.Up == Pause{} && c.Down == Pause{} && c.Override == Override{} && len(c.Limits) == 0
}

// At returns what of c is in force at now.
func (c Control) At(now time.Time) Control {
	if !c.Up.Active(now) {
		c.Up = Pause{}
	}
	if !c.Down.Active(now) {
		c.Down = Pause{}
	}
	if !c.Override.Active(now) {
		c.Override = Override{}
	}
	if o, ok := c.LimitsAt(now); ok {
		c.Limits = []LimitsOverride{o}
	} else {
		c.Limits = nil
	}
	return c
}

// LimitsAt returns the override of the limits that is in force at now. ok is false without one.
func (c Control) LimitsAt(now time.Time) (o LimitsOverride, ok bool) {
	i := slices.IndexFunc(c.Limits, func(o LimitsOverride) bool { return o.Active(now) })
	if i < 0 {
		return LimitsOverride{}, false
	}
	return c.Limits[i], true
}

// A Pause pauses scaling in one direction.
type Pause struct {
	On bool `json:"on"`
	// Until is the end of the pause; zero if it ends only when somebody resumes.
	Until time.Time `json:"until,omitzero"`
	// By names who set it; "" if that is unknown.
	By string `json:"by,omitempty"`
}

// Active reports whether the pause is in force at now.
func (p Pause) Active(now time.Time) bool { return p.On && (p.Until.IsZero() || now.Before(p.Until)) }

// An Override is a number of dynos to keep for a time, within the limits.
type Override struct {
	Dynos int `json:"dynos"`
	// Until is the end of the override.
	Until time.Time `json:"until"`
	// By names who set it; "" if that is unknown.
	By string `json:"by,omitempty"`
}

// Active reports whether the override is in force at now.
func (o Override) Active(now time.Time) bool { return now.Before(o.Until) }

// A LimitsOverride replaces the limits of the schedule for a time.
type LimitsOverride struct {
	schedule.Limits
	// From is the begin and Until the end of the override.
	From  time.Time `json:"from"`
	Until time.Time `json:"until"`
	// By names who set it; "" if that is unknown.
	By string `json:"by,omitempty"`
}

// Active reports whether the override is in force at now.
func (o LimitsOverride) Active(now time.Time) bool { return !now.Before(o.From) && now.Before(o.Until) }

// Overlaps reports whether both overrides are in force at any time.
func (o LimitsOverride) Overlaps(other LimitsOverride) bool {
	return o.From.Before(other.Until) && other.From.Before(o.Until)
}
