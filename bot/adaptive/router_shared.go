package adaptive

import "time"

// Shared watches whether more dynos serve more requests while answers are slow. If they do not, as behind a shared
// database or with a slow endpoint, more dynos only cost money. It is never changed in place.
type Shared struct {
	// Since is the time when answers became slow, or when more dynos last helped. Dynos served Rate requests/s then.
	Since time.Time `json:"since"`
	Dynos float64   `json:"dynos"`
	Rate  float64   `json:"rate"`
	// More is the time since which there are far more dynos than that; zero if there are not.
	More time.Time `json:"more,omitzero"`
	// Stuck is the time when these were found not to help; zero before. Newest is the last rate.
	Stuck  time.Time `json:"stuck,omitzero"`
	Newest float64   `json:"newest"`
	// Calm is the time since which answers are fast enough again.
	Calm time.Time `json:"calm,omitzero"`
}

const (
	// More dynos do not help if moreDynos times as many serve for moreFor without helpShare of the expected extra
	// requests.
	moreDynos, helpShare = 1.3, 0.4
	moreFor              = 3 * time.Minute
	// The bot then keeps at most stuckDynos times the earlier dynos, for stuckFor, or until answers were fast enough
	// for calmFor.
	stuckDynos = 1.25
	stuckFor   = time.Hour
	calmFor    = 10 * time.Minute
)

// More dynos help if
//
//	r ≥ r₀·(1 + helpShare·(n/n₀ − 1))
//
//	r, r₀  requests/s now, and when answers became slow
//	n, n₀  dynos that serve
func (s *Shared) watch(now time.Time, t *routerReadings, serving, bound float64) *Shared {
	if t.slowest <= bound {
		return s.calm(now, t.rate)
	}
	begun := &Shared{Since: now, Dynos: serving, Rate: t.rate, Newest: t.rate}
	if s == nil || !(s.Dynos > 0) || !(s.Rate > 0) || !s.Stuck.IsZero() && now.Sub(s.Stuck) > stuckFor {
		return begun
	}
	next := *s
	next.Calm, next.Newest = time.Time{}, t.rate
	more := serving / s.Dynos
	switch {
	case !s.Stuck.IsZero():
	case serving < s.Dynos, more > 1.1 && t.rate >= s.Rate*(1+helpShare*(more-1)):
		return begun
	case more < moreDynos:
		next.More = time.Time{}
	case s.More.IsZero():
		next.More = now
	case now.Sub(s.More) >= moreFor:
		next.Stuck = now
	}
	return &next
}

func (s *Shared) calm(now time.Time, rate float64) *Shared {
	if s == nil || s.Stuck.IsZero() || !s.Calm.IsZero() && now.Sub(s.Calm) >= calmFor {
		return nil
	}
	next := *s
	if next.Newest = rate; next.Calm.IsZero() {
		next.Calm = now
	}
	return &next
}

// The maximum number of dynos that may help: ⌈stuckDynos·n₀·max(1, r/r₀)⌉, as in watch; 0 if it is not known.
func (s *Shared) most(now time.Time) int {
	if s == nil || s.Stuck.IsZero() || now.Sub(s.Stuck) > stuckFor {
		return 0
	}
	return dynos(stuckDynos * s.Dynos * max(1, s.Newest/max(s.Rate, 1e-9)))
}
