package adaptive

import "math"

const (
	// leastOutliers and mostStray bound the share of heartbeats that take long whatever the load is. It is learned in about strayMemory of
	// them, which an overload is too short to change.
	leastOutliers, mostOutliers = 0.02, 0.4
	outlierMemory               = 500
	// A stray heartbeat takes any time up to longestStray seconds. Below shortStray all are about as likely, and above, twice as long is
	// half as likely.
	shortOutlier, longestOutlier = 0.2, 30.0
	// reportOutliers is the share from which on people are told of it.
	reportOutliers = 0.05
)

// outlier says how likely a beat is that takes long whatever the load is: a density, or where it was given up the chance of more.
func (b beat) outlier() float64 {
	whole := math.Log((longestOutlier + shortOutlier) / shortOutlier)
	if b.late {
		return max(0, math.Log((longestOutlier+shortOutlier)/(b.took+shortOutlier))/whole)
	}
	return 1 / (whole * (b.took + shortOutlier))
}

// learnOutliers learns the share of heartbeats that take long whatever the load is, from how likely the first one of the tick was by all that was
// known before: a load that rises makes those after it likely, a dyno that is slow for good makes each a surprise.
func (l *Load) learnOutliers(s *likelihoods, expected float64) {
	if len(s.beats) == 0 || !(expected > 0) {
		return
	}
	share := max(leastOutliers, l.Outliers)
	share += (min(1, s.beats[0].outlier/expected) - share) / outlierMemory
	l.Outliers = min(max(share, leastOutliers), mostOutliers)
}
