package history

import (
	"encoding/binary"
	"errors"
	"math"
)

// A DDSketch (Masson, Rim and Lee, VLDB 2019) of response times. Sketches can be merged, and a quantile is within 1 %
// of the time of that rank. The bounds of the buckets grow by 2 % from 10 µs to 10,000 s; times outside count as the
// nearest. The zero sketch is empty.
type sketch struct {
	counts *[sketchSize]uint32
	n      uint64
}

const (
	sketchLeast = 0.01        // the first bound, in milliseconds
	sketchGamma = 1.01 / 0.99 // the ratio of two bounds
	sketchSize  = 1038        // buckets: one below the first bound, and ln(10⁹) / ln(sketchGamma) more
)

func (s *sketch) add(ms float64) {
	i := 0
	if ms > sketchLeast {
		i = int(min(sketchSize-1, 1+math.Floor(math.Log(ms/sketchLeast)/math.Log(sketchGamma))))
	}
	s.count(i, 1)
}

func (s *sketch) count(i int, n uint32) {
	if s.counts == nil {
		s.counts = new([sketchSize]uint32)
	}
	s.counts[i] += n
	s.n += uint64(n)
}

// q is 0 to 1. An empty sketch returns -1.
func (s *sketch) quantile(q float64) float64 {
	if s.n == 0 {
		return -1
	}
	rank := uint64(max(1, math.Ceil(q*float64(s.n))))
	var seen uint64
	for i, n := range s.counts {
		if seen += uint64(n); seen >= rank {
			if i == 0 {
				return sketchLeast
			}
			return sketchLeast * math.Pow(sketchGamma, float64(i-1)) * 2 * sketchGamma / (1 + sketchGamma)
		}
	}
	return -1
}

// Pairs of varints: the distance to the last bucket, and the count.
func (s *sketch) encode() []byte {
	out := []byte{}
	if s.n == 0 {
		return out
	}
	last := 0
	for i, n := range s.counts {
		if n > 0 {
			out = binary.AppendUvarint(out, uint64(i-last))
			out = binary.AppendUvarint(out, uint64(n))
			last = i
		}
	}
	return out
}

// After an error, a part is merged.
func (s *sketch) merge(encoded []byte) error {
	i := uint64(0)
	for len(encoded) > 0 {
		step, k := binary.Uvarint(encoded)
		if k <= 0 {
			return errSketch
		}
		n, l := binary.Uvarint(encoded[k:])
		if l <= 0 || step >= sketchSize || i+step >= sketchSize || n > math.MaxUint32 {
			return errSketch
		}
		i += step
		if s.counts != nil && uint64(s.counts[i])+n > math.MaxUint32 {
			return errSketch
		}
		s.count(int(i), uint32(n))
		encoded = encoded[k+l:]
	}
	return nil
}

var errSketch = errors.New("invalid response times of a point")
