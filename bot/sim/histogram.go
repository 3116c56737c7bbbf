package sim

import "math"

const (
	// Eight buckets to a doubling, from 2^-11 s (0.5 ms) to 2^6 s, longer than any router's timeout. A bucket is at
	// most 9 % wide, so an interpolated quantile is accurate to 2 % or better.
	bucketBits   = 3
	leastPower   = -11
	mostPower    = 6
	buckets      = (mostPower - leastPower) << bucketBits
	bucketShift  = 52 - bucketBits
	firstBucket  = (1023 + leastPower) << bucketBits
	leastSeconds = 1.0 / 2048
)

// A histogram counts times in seconds, in buckets whose width grows with the time. The bucket is read from the bits of
// the floating-point number: its exponent and the highest bits of its fraction.
type histogram [buckets]uint32

// Times outside the range belong to the first or the last bucket.
func bucket(seconds float64) int {
	i := int(math.Float64bits(seconds)>>bucketShift) - firstBucket
	return min(max(i, 0), buckets-1)
}

// In seconds.
func bounds(i int) (from, to float64) {
	at := func(i int) float64 { return math.Float64frombits(uint64(i+firstBucket) << bucketShift) }
	return at(i), at(i + 1)
}

func (h *histogram) add(other *histogram) {
	for i, n := range other {
		h[i] += n
	}
}

func (h *histogram) count() uint64 {
	n := uint64(0)
	for _, k := range h {
		n += uint64(k)
	}
	return n
}

// The p-quantile in seconds, if beyond more times are longer than all that were counted. It is 0 without any times, and
// +Inf if it is among those beyond.
func (h *histogram) quantile(p float64, beyond uint64) float64 {
	n := h.count()
	if n+beyond == 0 {
		return 0
	}
	rank := p * float64(n+beyond)
	if rank > float64(n) || n == 0 {
		return math.Inf(1)
	}
	sum := 0.0
	for i, k := range h {
		if k > 0 && sum+float64(k) >= rank {
			from, to := bounds(i)
			return from + (to-from)*max(0, rank-sum)/float64(k)
		}
		sum += float64(k)
	}
	return leastSeconds
}
