package decide

import "time"

// CooldownState is what the cooldowns are counted from.
type CooldownState struct {
	// CoolUntil is until when scaling rules change nothing, and CoolSeconds for how long they will not if the change
	// that they now ask for is made.
	CoolUntil   time.Time `json:"cool_until,omitzero"`
	CoolSeconds float64   `json:"cool_seconds,omitempty"`
	// LastUp and LastDown are when the bot last added and removed dynos.
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

// Cooldowns returns how long the next up and the next down must wait yet, 0 for not at all. An up waits only for an
// earlier up, so it may interrupt the cooldown of a down.
func (p *Policy) Cooldowns(st *State, now time.Time) (up, down time.Duration) {
	return max(0, p.CooldownUp-now.Sub(st.LastUp)), max(0, p.CooldownDown-now.Sub(st.changed()))
}
