package sim

import (
	"math"
	"math/rand/v2"
)

type engine interface {
	// advance goes on to a time, in seconds since the beginning.
	advance(until float64)
	// heartbeats sends one now and each gap later another, as many as there are services, and waits for each until the
	// timeout; all in seconds. Time may go on until the last one is back.
	heartbeats(services []float64, gap, timeout float64) []answer
	// drain goes on until all that has arrived is answered or lost, and lets nothing else arrive.
	drain()
}

// An answer is what came of a heartbeat: it was sent at a time, and its answer came so long after it, in seconds. ok is
// false where none came, until the router gave it up or the timeout was over.
type answer struct {
	at, took float64
	ok       bool
}

// Each use of chance has a stream of its own, so that another policy meets the same requests.
const (
	streamArrivals = iota + 1
	streamServices
	streamRouting
	streamFleet
	streamHeartbeats
	streamDatabase
)

func stream(seed, of uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, of)) }

// A traffic lets requests arrive, and is what the engines have in common.
type traffic struct {
	f      *Fleet
	demand Demand
	fleet  *formation
	meter  *meter
	now    float64
	rate   float64 // requests per second in the present second
	// pending is how many requests the demand must add up to until the next one arrives: exponential with mean 1, so
	// that arrivals are a Poisson process however the rate changes.
	pending float64
	factor  float64 // of the troubles, in the present second
	// every is called when a second of a rate is over, before it is counted.
	every func(rate float64)

	mix                         mixture
	arrivals, services, routing *rand.Rand
}

func newTraffic(f *Fleet, d Demand, fleet *formation, m *meter, seed uint64) traffic {
	t := traffic{
		f: f, demand: d, fleet: fleet, meter: m, mix: newMixture(f.Service, f.Routes),
		arrivals: stream(seed, streamArrivals), services: stream(seed, streamServices),
		routing: stream(seed, streamRouting),
	}
	t.pending = t.arrivals.ExpFloat64()
	t.begin()
	return t
}

func (t *traffic) begin() {
	middle := float64(t.meter.at) + 0.5
	t.rate = t.demand.Rate(middle)
	t.factor = 1
	if len(t.f.Troubles) > 0 {
		t.factor = t.f.trouble(middle)
	}
}

// arrival is when the next request arrives if the rate stays; +Inf at a rate of 0.
func (t *traffic) arrival() float64 {
	if t.rate <= 0 {
		return math.Inf(1)
	}
	return t.now + t.pending/t.rate
}

func (t *traffic) until(end float64) float64 {
	return min(end, float64(t.meter.at+1), t.fleet.next)
}

// reach goes on to a time up to which nothing else changed, and lets happen what is due then.
func (t *traffic) reach(at float64) {
	t.pending -= (at - t.now) * t.rate
	t.now = at
	if at >= t.fleet.next {
		t.fleet.step(at)
	}
	if at >= float64(t.meter.at+1) {
		t.every(t.rate)
		t.meter.roll(len(t.fleet.serving))
		t.begin()
	}
}

func (t *traffic) service() float64 {
	s := t.mix.draw(t.services)
	if t.f.Database.Slots == 0 {
		s *= t.factor
	}
	return s
}
