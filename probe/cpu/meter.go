package cpu

import (
	"errors"
	"sync"
	"time"
)

const (
	// The kernel counts in hundredths of a second. A sooner probe gets the last value again.
	soonest   = 100 * time.Millisecond
	oldest    = 10 * time.Minute // maximum age of the usage before
	backwards = 1.0              // seconds that idle times may go back, as the kernel's iowait does
)

var (
	errUnknownYet = errors.New("not known yet: CPU is measured from one probe to the next")
	errRestarted  = errors.New("not known yet: the CPU counters went back, perhaps after a restart, so " +
		"measuring starts again")
	errStill = errors.New("the CPU counters do not advance")
)

// busy and idle are in seconds of one processor, since some time in the past.
type usage struct {
	busy, idle float64
	// Only usages with the same from are comparable.
	from string
	at   time.Time
}

type meter struct {
	mu    sync.Mutex
	last  usage
	value float64
	err   error // why there is no value
}

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

// Counters read at slightly different times can give values outside 0 to 100 %.
func share(part, all float64) float64 { return min(100, max(0, 100*part/all)) }
