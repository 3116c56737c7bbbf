package otlp

import (
	"math"

	metricspb "go.opentelemetry.io/proto/slim/otlp/metrics/v1"
)

const mostBuckets = 320 // twice the default of OpenTelemetry's SDKs

// Its values are above low and at most high, or exactly high if both are equal.
type span struct{ low, high float64 }

type bucket struct {
	span
	count float64
}

// Omits empty buckets. False if the buckets are invalid. The last bucket has no upper bound: its values count at its
// lower one, or up to the maximum of a delta that has one.
func explicit(p *metricspb.HistogramDataPoint, k kind) ([]bucket, bool) {
	bounds, counts := p.GetExplicitBounds(), p.GetBucketCounts()
	if len(counts) == 0 {
		return nil, true
	}
	if len(counts) != len(bounds)+1 || len(counts) > mostBuckets {
		return nil, false
	}
	var out []bucket
	for i, n := range counts {
		s := span{0, 0}
		switch {
		case len(bounds) == 0:
			return nil, true
		case i == 0:
			s = span{min(0, bounds[0]), bounds[0]}
		case i == len(bounds):
			s = span{bounds[i-1], bounds[i-1]}
			if k == delta && p.Max != nil && finite(p.GetMax()) {
				s.high = max(s.high, p.GetMax())
			}
		default:
			s = span{bounds[i-1], bounds[i]}
		}
		if !finite(s.low) || !finite(s.high) || s.low > s.high {
			return nil, false
		}
		if n > 0 {
			out = append(out, bucket{s, float64(n)})
		}
	}
	return out, true
}

// Times below 0 are impossible, and count as 0.
func exponential(p *metricspb.ExponentialHistogramDataPoint) ([]bucket, bool) {
	counts, scale := p.GetPositive().GetBucketCounts(), p.GetScale()
	if len(counts) > mostBuckets || len(p.GetNegative().GetBucketCounts()) > mostBuckets || scale < -10 || scale > 20 {
		return nil, false
	}
	zero := float64(p.GetZeroCount())
	for _, n := range p.GetNegative().GetBucketCounts() {
		zero += float64(n)
	}
	var out []bucket
	if zero > 0 {
		out = append(out, bucket{span{0, 0}, zero})
	}
	for i, n := range counts {
		if n == 0 {
			continue
		}
		index := float64(p.GetPositive().GetOffset()) + float64(i)
		s := span{math.Exp2(math.Ldexp(index, -int(scale))), math.Exp2(math.Ldexp(index+1, -int(scale)))}
		if !finite(s.high) {
			return nil, false
		}
		out = append(out, bucket{s, float64(n)})
	}
	return out, true
}

// False if the buckets differ.
func minus(now, before []bucket) ([]bucket, bool) {
	old := map[span]float64{}
	for _, b := range before {
		old[b.span] = b.count
	}
	var out []bucket
	for _, b := range now {
		n := b.count - old[b.span]
		delete(old, b.span)
		if n < 0 {
			return nil, false
		}
		if n > 0 {
			out = append(out, bucket{b.span, n})
		}
	}
	return out, len(old) == 0
}

// The value below which the share q of all values lies, 0 to 1, assuming an even spread within each bucket. False if
// there are no values.
func quantile(all map[span]float64, q float64) (float64, bool) {
	total, low, high := 0.0, math.Inf(1), math.Inf(-1)
	for s, n := range all {
		total += n
		low, high = min(low, s.low), max(high, s.high)
	}
	if total == 0 {
		return 0, false
	}
	for range 64 { // bisects down to a float64's precision
		middle := low + (high-low)/2
		if below(all, middle) >= q*total {
			high = middle
		} else {
			low = middle
		}
	}
	return high, true
}

func below(all map[span]float64, x float64) float64 {
	sum := 0.0
	for s, n := range all {
		switch {
		case x >= s.high:
			sum += n
		case x > s.low:
			sum += n * (x - s.low) / (s.high - s.low)
		}
	}
	return sum
}
