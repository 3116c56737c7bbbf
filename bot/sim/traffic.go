package sim

import (
	"math"
	"math/rand/v2"
)

type engine interface {
	// Simulates up to a time, in seconds since the start.
	advance(until float64)
	// Sends a heartbeat now and another after each gap, one for each service, and waits for each until the timeout; all
	// in seconds. Time may advance until the last one is back.
	heartbeats(services []float64, gap, timeout float64) []answer
	// Simulates until every arrived request is answered or lost, without new ones.
	drain()
}

// An answer is the outcome of a heartbeat: when it was sent, and how long the answer took, in seconds. ok is false
// without an answer: the router gave it up, or the timeout was over.
type answer struct {
	at, took float64
	ok       bool
}

// Each use of chance has its own stream, so that every policy gets the same requests.
const (
	streamArrivals = iota + 1
	streamServices
	streamRouting
	streamFleet
	streamHeartbeats
	streamDatabase
)

func stream(seed, of uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, of)) }

// A traffic lets requests arrive. It is the common part of the engines.
type traffic struct {
	f      *Fleet
	demand Demand
	fleet  *formation
	meter  *meter
	now    float64
	rate   float64 // requests per second in the present second
	// The number of requests that the demand must add up to before the next one arrives. It is exponential with mean 1,
	// so that arrivals are a Poisson process at any rate.
	pending float64
	factor  float64 // of the troubles, in the present second
	// Called when a second of a rate is over, before it is counted.
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

// The next arrival if the rate stays; +Inf at a rate of 0.
func (t *traffic) arrival() float64 {
	if t.rate <= 0 {
		return math.Inf(1)
	}
	return t.now + t.pending/t.rate
}

func (t *traffic) until(end float64) float64 {
	return min(end, float64(t.meter.at+1), t.fleet.next)
}

// Advances to at and handles what is due then. Nothing may change before it.
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
