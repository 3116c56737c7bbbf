package adaptive

import "time"

// Hasten returns the model with a hold time, and a calm after scale-ups, that are shorter by a factor of more than 1. A
// demonstration that shows minutes in seconds uses it. What the model infers from heartbeats stays the same.
func (m *Model) Hasten(factor float64) *Model {
	faster := *m
	faster.haste = factor
	return &faster
}

func (m *Model) hastened(d time.Duration) time.Duration {
	if m.haste <= 1 {
		return d
	}
	return time.Duration(float64(d) / m.haste)
}
