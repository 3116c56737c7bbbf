package decide

import "time"

// A Control holds the pauses and the override that people have set. The zero Control is empty.
type Control struct {
	// Up and Down are pauses of scaling up and down. The limits still apply.
	Up   Pause `json:"up,omitzero"`
	Down Pause `json:"down,omitzero"`
	// Override is a number of dynos to keep for a time.
	Override Override `json:"override,omitzero"`
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
