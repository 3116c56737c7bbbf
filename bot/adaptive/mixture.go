package adaptive

import "math"

// A quantile's range is halved this many times: to a few thousandths of a logarithm.
const quantileSteps = 12

// A mixture of at most one normal distribution for each guess:
//
//	F(x) = Σ wᵢ·Φ((x−μᵢ)/σᵢ) / Σ wᵢ
//
//	wᵢ      weight
//	μᵢ, σᵢ  mean and standard deviation
//	Φ       the standard normal distribution
type mixture struct {
	n                    int
	weight, mean, spread [guesses]float64
	total                float64 // Σ wᵢ
	low, high            float64 // the range of x
}

func (m *mixture) add(logWeight, mean, spread float64) {
	if negligible(logWeight) {
		return
	}
	weight := math.Exp(logWeight)
	low, high := mean-4*spread, mean+4*spread
	if m.n == 0 {
		m.low, m.high = low, high
	}
	m.low, m.high = min(m.low, low), max(m.high, high)
	m.weight[m.n], m.mean[m.n], m.spread[m.n] = weight, mean, spread
	m.total += weight
	m.n++
}

// Less likely than a thousandth of the likeliest.
func negligible(logWeight float64) bool { return math.Exp(logWeight) < 1e-3 }

func (m *mixture) quantile(p float64) float64 {
	low, high := m.low, m.high
	for range quantileSteps {
		x, below := (low+high)/2, 0.0
		for i := range m.n {
			below += m.weight[i] * math.Erfc((m.mean[i]-x)/m.spread[i]/math.Sqrt2) / 2
		}
		if below > p*m.total {
			high = x
		} else {
			low = x
		}
	}
	return (low + high) / 2
}
