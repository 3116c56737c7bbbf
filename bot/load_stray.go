package bot

import "math"

const (
	// leastStray and mostStray bound the share of heartbeats that take long whatever the load is. It is learned in about strayMemory of
	// them, which an overload is too short to change.
	leastStray, mostStray = 0.02, 0.4
	strayMemory           = 500
	// A stray heartbeat takes any time up to longestStray seconds. Below shortStray all are about as likely, and above, twice as long is
	// half as likely.
	shortStray, longestStray = 0.2, 30.0
	// tellStray is the share from which on people are told of it.
	tellStray = 0.05
)

// stray says how likely a beat is that takes long whatever the load is: a density, or where it was given up the chance of more.
func (b beat) stray() float64 {
	whole := math.Log((longestStray + shortStray) / shortStray)
	if b.late {
		return max(0, math.Log((longestStray+shortStray)/(b.took+shortStray))/whole)
	}
	return 1 / (whole * (b.took + shortStray))
}

// strays learns the share of heartbeats that take long whatever the load is, from how likely the first one of the tick was by all that was
// known before: a load that rises makes those after it likely, a dyno that is slow for good makes each a surprise.
func (l *Load) strays(s *sight, expected float64) {
	if len(s.beats) == 0 || !(expected > 0) {
		return
	}
	share := max(leastStray, l.Stray)
	share += (min(1, s.beats[0].stray/expected) - share) / strayMemory
	l.Stray = min(max(share, leastStray), mostStray)
}
