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

// A dyno is one process. All times are seconds since the beginning.
type dyno struct {
	// upAt is when it has booted, restartAt when it ends for its daily restart.
	upAt, restartAt float64
	// slower is how many times as long it takes for everything.
	slower float64

	// free are the times at which its slots will be free, a heap with the earliest first. Of use where requests are
	// served as they arrive.
	free []float64

	// What follows is of use where requests are served event by event: those worked on, those that wait, and both.
	busy    int
	waiting fifo
	held    int
	kicked  bool
}

type formation struct {
	f       *Fleet
	rand    *rand.Rand
	dynos   []*dyno
	serving []*dyno // those of them that are up
	next    float64 // when one of them comes up or ends
	billed  float64 // dyno-seconds until since
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

// start makes a dyno that boots from now on, for so long.
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

// resize asks for n dynos at now. The newest leave first, and finish what they have.
func (fo *formation) resize(now float64, n int) {
	fo.bill(now)
	for len(fo.dynos) < n {
		fo.dynos = append(fo.dynos, fo.start(now, fo.boot()))
	}
	clear(fo.dynos[n:])
	fo.dynos = fo.dynos[:n]
	fo.sort(now)
}

// step lets happen what is due at now: boots end, and dynos restart. One that restarts finishes what it has, and
// another boots in its place.
func (fo *formation) step(now float64) {
	for i, d := range fo.dynos {
		if !fo.f.NoRestarts && d.restartAt <= now {
			fo.dynos[i] = fo.start(now, fo.boot())
		}
	}
	fo.sort(now)
}

// sort finds the dynos that serve, those that are slow, and when that changes next.
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

// All requests go to the first dyno that comes up while none is; nil where none is asked for.
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

// take gives the earliest slot to a request that arrives at a time and takes so long, and returns when it begins. Where
// it would wait for the timeout, it does not take it.
func (d *dyno) take(at, service, timeout float64) (start float64, ok bool) {
	free := d.free
	start = free[0]
	if start < at {
		start = at
	}
	if start-at >= timeout {
		return start, false
	}
	// The slot is busy until then; sift it down to its place.
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
