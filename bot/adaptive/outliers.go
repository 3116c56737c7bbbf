package adaptive

import "math"

const (
	// Limits of the share of outliers. It is learned over about outlierMemory heartbeats, more than an overload lasts.
	leastOutliers, mostOutliers = 0.02, 0.4
	outlierMemory               = 500
	// s and T of an outlier, in seconds.
	shortOutlier, longestOutlier = 0.2, 30.0
	// The estimate mentions a larger share than this.
	reportOutliers = 0.05
)

// The probability density of a heartbeat that is slow at any load, or, if it was given up, the probability of a longer
// one:
//
//	f(t) = 1 / (t+s) / ln((T+s)/s)
//	P(t) = ln((T+s)/(t+s)) / ln((T+s)/s)
//
//	t  the time it took, up to T
//	s  times up to about s are equally likely; above it, twice as long is half as likely
func (b beat) outlier() float64 {
	whole := math.Log((longestOutlier + shortOutlier) / shortOutlier)
	if b.late {
		return max(0, math.Log((longestOutlier+shortOutlier)/(b.took+shortOutlier))/whole)
	}
	return 1 / (whole * (b.took + shortOutlier))
}

// The share of outliers, learned from the first heartbeat of each tick:
//
//	share ← share + (min(1, o/e) − share) / outlierMemory
//
//	o  its likelihood as an outlier
//	e  its likelihood by all that was known before
//
// Only the first counts. After a first slow heartbeat, a rising load makes the next ones likely, but a dyno that is
// always slow surprises each time.
func (l *Load) learnOutliers(s *likelihoods, expected float64) {
	if len(s.beats) == 0 || !(expected > 0) {
		return
	}
	share := max(leastOutliers, l.Outliers)
	share += (min(1, s.beats[0].outlier/expected) - share) / outlierMemory
	l.Outliers = min(max(share, leastOutliers), mostOutliers)
}
