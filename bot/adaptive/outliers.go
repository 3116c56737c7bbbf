package adaptive

import "math"

const (
	// leastOutliers and mostOutliers bound the share of heartbeats that are outliers. It is learned in about
	// outlierMemory of them, which an overload is too short to change.
	leastOutliers, mostOutliers = 0.02, 0.4
	outlierMemory               = 500
	// shortOutlier and longestOutlier are s and T of an outlier, in seconds.
	shortOutlier, longestOutlier = 0.2, 30.0
	// reportOutliers is the share from which on people are told of it.
	reportOutliers = 0.05
)

// outlier says how likely a beat is that takes long whatever the load is, or where it was given up the chance of more:
//
//	f(t) = 1 / (t+s) / ln((T+s)/s)
//	P(t) = ln((T+s)/(t+s)) / ln((T+s)/s)
//
//	t  what it took, up to T
//	s  up to about which all times are as likely; above it, twice as long is half as likely
func (b beat) outlier() float64 {
	whole := math.Log((longestOutlier + shortOutlier) / shortOutlier)
	if b.late {
		return max(0, math.Log((longestOutlier+shortOutlier)/(b.took+shortOutlier))/whole)
	}
	return 1 / (whole * (b.took + shortOutlier))
}

// learnOutliers learns the share of heartbeats that take long whatever the load is, from the first one of a tick: a
// load that rises makes those after it likely, a dyno that is slow for good makes each a surprise.
//
//	share ← share + (min(1, o/e) − share) / outlierMemory
//
//	o  how likely it was as an outlier
//	e  how likely it was by all that was known before
func (l *Load) learnOutliers(s *likelihoods, expected float64) {
	if len(s.beats) == 0 || !(expected > 0) {
		return
	}
	share := max(leastOutliers, l.Outliers)
	share += (min(1, s.beats[0].outlier/expected) - share) / outlierMemory
	l.Outliers = min(max(share, leastOutliers), mostOutliers)
}
