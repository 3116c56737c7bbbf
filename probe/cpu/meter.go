package cpu

import (
	"errors"
	"sync"
	"time"
)

const (
	// The kernel counts in hundredths of a second. What comes sooner is the last measurement again.
	soonest   = 100 * time.Millisecond
	oldest    = 10 * time.Minute // age of a usage that is compared with
	backwards = 1.0              // seconds that idle times may go back, as the kernel's time of waiting for disks does
)

var (
	errUnknownYet = errors.New("not known yet: how busy the CPU is, is measured from one probe to the next")
	errRestarted  = errors.New("not known yet: the counters of the CPU went back, as after a restart, so that " +
		"measuring begins anew")
	errStill = errors.New("the counters of the CPU stand still")
)

// Both are in seconds of one processor, since some time in the past
type usage struct {
	busy, idle float64
	// Only two usages of the same from can be compared.
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

// What was counted at slightly different times may come out beyond 0 to 100 %.
func share(part, all float64) float64 { return min(100, max(0, 100*part/all)) }
