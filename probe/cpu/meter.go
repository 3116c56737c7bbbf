package cpu

import (
	"errors"
	"sync"
	"time"
)

const (
	// soonest is the least time between two measurements: the kernel counts in hundredths of a second. What comes sooner is the last
	// measurement again.
	soonest = 100 * time.Millisecond
	// oldest is how old a usage may be to be compared with.
	oldest = 10 * time.Minute
	// backwards is by how many seconds idle times may go back: the kernel's time of waiting for disks does so a little.
	backwards = 1.0
)

var (
	errUnknownYet = errors.New("not known yet: how busy the CPU is, is measured from one probe to the next")
	errRestarted  = errors.New("not known yet: the counters of the CPU went back, as after a restart, so that measuring begins anew")
	errStill      = errors.New("the counters of the CPU stand still")
)

// usage is how long processors were busy and idle, in seconds of one processor, since some time in the past.
type usage struct {
	busy, idle float64
	// from tells what was counted: only two usages of the same from can be compared.
	from string
	at   time.Time
}

// A meter tells how busy processors are between two usages. The zero meter has seen none.
type meter struct {
	mu    sync.Mutex
	last  usage
	value float64
	err   error // why there is no value
}

// take takes in a usage and gives how busy the processors were since the one before, in %. An error says why that is not known.
func (m *meter) take(u usage) (float64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	age := u.at.Sub(m.last.at)
	if m.last.from == u.from && age < soonest {
		return m.value, m.err
	}
	before := m.last
	m.last = u
	m.value, m.err = 0, errUnknownYet
	if before.from == u.from && age <= oldest {
		m.value, m.err = u.since(before)
	}
	return m.value, m.err
}

// since gives how busy processors were from one usage to the next, in %.
func (u usage) since(before usage) (float64, error) {
	busy, idle := u.busy-before.busy, u.idle-before.idle
	switch {
	case busy < 0 || idle < -backwards:
		return 0, errRestarted
	case busy+idle <= 0:
		return 0, errStill
	}
	return share(busy, busy+idle), nil
}

// share gives a part of all in %, from 0 to 100: what was counted at slightly different times may come out beyond.
func share(part, all float64) float64 { return min(100, max(0, 100*part/all)) }
