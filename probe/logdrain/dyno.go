package logdrain

import (
	"maps"
	"slices"
	"time"
)

const (
	mostDynos = 1000             // ten times what Heroku allows an app by default
	goneAfter = 70 * time.Second // after the last metrics, which come about every 20 s
)

// A Dyno is one dyno's runtime metrics. Unknown values are below 0.
type Dyno struct {
	// Number is 1 for web.1.
	Number int
	// Load is the mean number of its threads and processes that ran or were ready to run in the last minute.
	Load float64
	// Memory is the memory in use, and Quota the dyno's quota, in MB. What exceeds Quota is swapped, and slow.
	Memory, Quota float64
}

// by dyno number
type dynos map[int]gauge

type gauge struct {
	load, total, full float64
	loadAt, memoryAt  time.Time
}

func (g gauge) newest() time.Time {
	if g.loadAt.After(g.memoryAt) {
		return g.loadAt
	}
	return g.memoryAt
}

// False if there are too many dynos.
func (d dynos) take(number int, at time.Time, s sample) bool {
	g, ok := d[number]
	if !ok {
		if len(d) >= mostDynos {
			maps.DeleteFunc(d, func(_ int, g gauge) bool { return at.Sub(g.newest()) > goneAfter })
		}
		if len(d) >= mostDynos {
			return false
		}
		g = gauge{load: -1, total: -1, full: -1}
	}
	if s.load >= 0 && at.After(g.loadAt) {
		g.load, g.loadAt = s.load, at
	}
	if s.total >= 0 && at.After(g.memoryAt) {
		g.total, g.full, g.memoryAt = s.total, s.full, at
	}
	if g.newest().IsZero() {
		return true // the line had no metric that is kept
	}
	d[number] = g
	return true
}

func (d dynos) list(at time.Time) []Dyno {
	var out []Dyno
	for _, n := range slices.Sorted(maps.Keys(d)) {
		g := d[n]
		one := Dyno{Number: n, Load: -1, Memory: -1, Quota: -1}
		if at.Sub(g.loadAt) <= goneAfter {
			one.Load = g.load
		}
		if at.Sub(g.memoryAt) <= goneAfter {
			one.Memory, one.Quota = g.total, g.full
		}
		if one.Load >= 0 || one.Memory >= 0 {
			out = append(out, one)
		}
	}
	return out
}
