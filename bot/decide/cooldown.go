package decide

import "time"

// CooldownState is what the policy remembers for the cooldowns.
type CooldownState struct {
	// CoolUntil is the end of the cooldown of scaling rules. CoolSeconds is the cooldown that the change now desired
	// will start.
	CoolUntil   time.Time `json:"cool_until,omitzero"`
	CoolSeconds float64   `json:"cool_seconds,omitempty"`
	// LastUp and LastDown are the times of the bot's last scale-up and scale-down.
	LastUp   time.Time `json:"last_up,omitzero"`
	LastDown time.Time `json:"last_down,omitzero"`
}

func (p *Policy) cool(st *State, d *Decision, now time.Time) {
	up, down := p.Cooldowns(st, now)
	left := up
	switch {
	case d.Rule == RuleBreach:
		left = st.CoolUntil.Sub(now)
	case d.To < d.From:
		left = down
	}
	if left > 0 {
		d.clamp(ClampCooldown, d.From, left)
	}
}

// Cooldowns returns the time left before the next scale-up and the next scale-down; 0 if there is no cooldown. A
// scale-up waits only for an earlier scale-up, so it may interrupt the cooldown of a scale-down.
func (p *Policy) Cooldowns(st *State, now time.Time) (up, down time.Duration) {
	return max(0, p.CooldownUp-now.Sub(st.LastUp)), max(0, p.CooldownDown-now.Sub(st.changed()))
}
