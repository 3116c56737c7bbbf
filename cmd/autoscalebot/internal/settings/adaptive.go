package settings

import "slices"

// Adaptive configures the policy, and what the adaptive policy aims at.
type Adaptive struct {
	Policy Word `envconfig:"POLICY" default:"count" desc:"How the bot decides: ''count'' (slow and fast heartbeats in a row) or ''adaptive'' (infers the load; recommended)."`
	Aim    Word `envconfig:"AIM" default:"balanced" desc:"Adaptive: ''lean'', ''balanced'' or ''safe'', or what a slow minute costs you in dollars, such as ''0.50''."`
}

func (ps *Problems) checkPolicy(s *Settings) {
	ps.oneOf("POLICY", s.Policy, "count", "adaptive")
	if s.Policy == "adaptive" && s.MaxResponseTime <= 0 && !ps.has("MAX_RESPONSE_TIME_IN_MS") {
		ps.add("MAX_RESPONSE_TIME_IN_MS", "0: POLICY=adaptive needs an upper threshold above 0, such as 1000")
	}
	if _, ok := s.SlowMinute(); !ok && !slices.Contains([]Word{"lean", "balanced", "safe"}, s.Aim) {
		ps.add("AIM", "%q: must be lean, balanced or safe, or what a slow minute costs you in dollars, such as "+
			"0.50", s.Aim)
	}
}

// SlowMinute is the price of a slow minute in dollars, above 0. ok is false if AIM is a word.
func (s *Settings) SlowMinute() (dollars float64, ok bool) {
	var d Dollars
	if err := d.Decode(string(s.Aim)); err != nil || d <= 0 {
		return 0, false
	}
	return float64(d), true
}
