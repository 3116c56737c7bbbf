package sim

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"
)

// A Law is the distribution of times of service.
type Law int

const (
	// Lognormal is close to most web applications.
	Lognormal Law = iota
	// Exponential always has a coefficient of variation of 1. It is the M in M/M/c.
	Exponential
	// Pareto has a heavy tail: a few requests cause most of the work.
	Pareto
)

// A Service is the time to work on an answer, without waits.
type Service struct {
	// Mean is the mean time, more than 0.
	Mean time.Duration
	// CV is the coefficient of variation: the standard deviation divided by the mean. 0 makes all times the same.
	CV  float64
	Law Law
}

// A Route is a part of the requests with its own service.
type Route struct {
	// Weight is the route's share of the requests relative to the other routes' weights; more than 0.
	Weight  float64
	Service Service
}

func (s Service) check(what string) error {
	switch {
	case s.Mean <= 0 || s.Mean > 5*time.Minute:
		return fmt.Errorf("%s takes %v on average: must be more than 0 and at most 5 minutes", what, s.Mean)
	case !(s.CV >= 0 && s.CV <= 100):
		return fmt.Errorf("%s has a coefficient of variation of %g: must be 0–100", what, s.CV)
	case s.Law < Lognormal || s.Law > Pareto:
		return fmt.Errorf("%s has the invalid distribution %d", what, s.Law)
	}
	return nil
}

// A sampler draws times in seconds.
type sampler struct {
	law  Law
	mean float64
	// Lognormal: exp(mu + sigma·Z). Pareto: scale·U^(−1/alpha).
	mu, sigma       float64
	scale, exponent float64
}

func (s Service) sampler() sampler {
	mean := s.Mean.Seconds()
	out := sampler{law: s.Law, mean: mean}
	variance := math.Log(1 + s.CV*s.CV)
	out.mu, out.sigma = math.Log(mean)-variance/2, math.Sqrt(variance)
	if s.CV > 0 {
		// The squared coefficient of variation of a Pareto distribution with shape α is 1/(α(α−2)).
		alpha := 1 + math.Sqrt(1+1/(s.CV*s.CV))
		out.scale, out.exponent = mean*(alpha-1)/alpha, -1/alpha
	} else if s.Law == Pareto {
		out.scale = mean
	}
	return out
}

func (s *sampler) draw(r *rand.Rand) float64 {
	switch s.law {
	case Exponential:
		return s.mean * r.ExpFloat64()
	case Pareto:
		return s.scale * math.Pow(1-r.Float64(), s.exponent)
	}
	return math.Exp(s.mu + s.sigma*r.NormFloat64())
}

type mixture struct {
	upTo []float64 // cumulative weights; the last one is 1
	of   []sampler
}

func newMixture(single Service, routes []Route) mixture {
	if len(routes) == 0 {
		return mixture{of: []sampler{single.sampler()}}
	}
	total := 0.0
	for _, r := range routes {
		total += r.Weight
	}
	m, sum := mixture{}, 0.0
	for _, r := range routes {
		sum += r.Weight / total
		m.upTo, m.of = append(m.upTo, sum), append(m.of, r.Service.sampler())
	}
	return m
}

func (m *mixture) draw(r *rand.Rand) float64 {
	i := 0
	if len(m.of) > 1 {
		for u := r.Float64(); i < len(m.of)-1 && u >= m.upTo[i]; {
			i++
		}
	}
	return m.of[i].draw(r)
}

func (m *mixture) mean() float64 {
	if len(m.of) == 1 {
		return m.of[0].mean
	}
	mean, before := 0.0, 0.0
	for i := range m.of {
		mean += (m.upTo[i] - before) * m.of[i].mean
		before = m.upTo[i]
	}
	return mean
}
