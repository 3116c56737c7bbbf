package decide

import "time"

// A Control is what people have asked of the running bot. The zero Control asks for nothing.
type Control struct {
	// Up and Down are pauses of adding and of removing dynos. The limits of the hour hold all the same.
	Up   Pause `json:"up,omitzero"`
	Down Pause `json:"down,omitzero"`
	// Override is a number of dynos to have for a time.
	Override Override `json:"override,omitzero"`
}

// A Pause keeps the bot from a change for a time.
type Pause struct {
	On bool `json:"on"`
	// Until is when the pause ends by itself; zero means not before somebody resumes.
	Until time.Time `json:"until,omitzero"`
	// By names who asked for it; "" where that is not known.
	By string `json:"by,omitempty"`
}

// Active says whether the pause is on at now.
func (p Pause) Active(now time.Time) bool { return p.On && (p.Until.IsZero() || now.Before(p.Until)) }

// An Override is a number of dynos that the bot is to keep for a time, inside the limits of the hour.
type Override struct {
	Dynos int `json:"dynos"`
	// Until is when the bot decides by itself again.
	Until time.Time `json:"until"`
	// By names who asked for it; "" where that is not known.
	By string `json:"by,omitempty"`
}

// Active says whether the order holds at now.
func (o Override) Active(now time.Time) bool { return now.Before(o.Until) }
