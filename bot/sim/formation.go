package sim

import (
	"math"
	"math/rand/v2"
	"slices"
)

const maxDynos = 10_000

const (
	// A dyno restarts after a day and up to restartSpread more.
	day           = 24 * 3600.0
	restartSpread = 216 * 60.0
)

// A dyno is one process. All times are seconds since the start.
type dyno struct {
	// upAt is the time at which it has booted, restartAt the time of its daily restart.
	upAt, restartAt float64
	// The factor by which it is slower than others.
	slower float64

	// The times at which its slots become free, as a heap with the earliest first. Used by the direct engine.
	free []float64

	// Used by the events engine: requests worked on, requests that wait, and the sum of both.
	busy    int
	waiting fifo
	held    int
	kicked  bool
}

type formation struct {
	f       *Fleet
	rand    *rand.Rand
	dynos   []*dyno
	serving []*dyno // those that are up
	next    float64 // the next time one comes up or ends
	billed  float64 // dyno-seconds up to since
	since   float64
}

func newFormation(f *Fleet, r *rand.Rand, n int) *formation {
	fo := &formation{f: f, rand: r}
	for range n {
		d := fo.start(0, 0)
		// They came up at any time of the day before.
		d.restartAt = r.Float64() * (day + restartSpread)
		fo.dynos = append(fo.dynos, d)
	}
	fo.sort(0)
	return fo
}

func (fo *formation) start(now, boot float64) *dyno {
	d := &dyno{upAt: now + boot, slower: 1, free: make([]float64, fo.f.Slots)}
	for i := range d.free {
		d.free[i] = d.upAt
	}
	d.restartAt = d.upAt + day + fo.rand.Float64()*restartSpread
	return d
}

func (fo *formation) boot() float64 {
	least, most := fo.f.BootMin.Seconds(), fo.f.BootMax.Seconds()
	return least + fo.rand.Float64()*(most-least)
}

// The newest dynos leave first, and finish their requests.
func (fo *formation) resize(now float64, n int) {
	fo.bill(now)
	for len(fo.dynos) < n {
		fo.dynos = append(fo.dynos, fo.start(now, fo.boot()))
	}
	clear(fo.dynos[n:])
	fo.dynos = fo.dynos[:n]
	fo.sort(now)
}

// A dyno that restarts finishes its requests while another boots to replace it.
func (fo *formation) step(now float64) {
	for i, d := range fo.dynos {
		if !fo.f.NoRestarts && d.restartAt <= now {
			fo.dynos[i] = fo.start(now, fo.boot())
		}
	}
	fo.sort(now)
}

// Updates which dynos serve and which are slow, and when that changes next.
func (fo *formation) sort(now float64) {
	fo.serving, fo.next = fo.serving[:0], math.Inf(1)
	for i, d := range fo.dynos {
		d.slower = 1
		if i < fo.f.Slow {
			d.slower = fo.f.SlowFactor
		}
		if d.upAt <= now {
			fo.serving = append(fo.serving, d)
		} else {
			fo.next = min(fo.next, d.upAt)
		}
		if !fo.f.NoRestarts {
			fo.next = min(fo.next, d.restartAt)
		}
	}
}

// While no dyno is up, all requests go to the first one that comes up; nil if none is booting.
func (fo *formation) first() *dyno {
	if len(fo.dynos) == 0 {
		return nil
	}
	return slices.MinFunc(fo.dynos, func(a, b *dyno) int {
		if a.upAt < b.upAt {
			return -1
		}
		return 1
	})
}

func (fo *formation) bill(now float64) {
	fo.billed += float64(len(fo.dynos)) * (now - fo.since)
	fo.since = now
}

// Assigns the earliest free slot to a request and returns the start of its service. ok is false if it would wait for
// the timeout.
func (d *dyno) take(at, service, timeout float64) (start float64, ok bool) {
	free := d.free
	start = free[0]
	if start < at {
		start = at
	}
	if start-at >= timeout {
		return start, false
	}
	// The slot is busy until then. Sift it down to its place.
	until := start + service
	i := 0
	for {
		child := 2*i + 1
		if child >= len(free) {
			break
		}
		if other := child + 1; other < len(free) && free[other] < free[child] {
			child = other
		}
		if free[child] >= until {
			break
		}
		free[i] = free[child]
		i = child
	}
	free[i] = until
	return start, true
}
