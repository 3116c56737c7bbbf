package logcache

import "time"

// gone is how long after the others' newest word an instance is taken to be gone: cells tell of each every 15 seconds.
const gone = 45 * time.Second

// A usage is what the instances told of their containers.
type usage struct {
	newest integer
	of     map[string]*instance
}

type instance struct {
	newest      integer
	seen        map[integer]bool // the times of what was counted, so that it counts once
	cpu, memory mean
}

// A mean adds numbers up.
type mean struct {
	sum float64
	n   int
}

func (m *mean) add(f float64) { m.sum, m.n = m.sum+f, m.n+1 }

func (m mean) value() float64 { return m.sum / float64(m.n) }

// usage reads what the instances of a process type told.
func (r *reader) usage(processType string, since, now time.Time) (*usage, error) {
	u := &usage{of: map[string]*instance{}}
	_, err := r.envelopes("GAUGE", since, now, func(e *envelope) {
		if e.Gauge != nil && e.of(processType) {
			u.add(e)
		}
	})
	return u, err
}

// add takes in a gauge, where it is one of a container.
func (u *usage) add(e *envelope) {
	m := e.Gauge.Metrics
	cpu, hasCPU := m["cpu"]
	memory, hasMemory := m["memory"]
	if !hasCPU && !hasMemory {
		return // a metric of the app's own, or another of the container's
	}
	i := u.of[e.Instance]
	if i == nil {
		i = &instance{seen: map[integer]bool{}}
		u.of[e.Instance] = i
	}
	if i.seen[e.Timestamp] {
		return
	}
	i.seen[e.Timestamp] = true
	i.newest, u.newest = max(i.newest, e.Timestamp), max(u.newest, e.Timestamp)
	if f, ok := cpu.Value.finite(); hasCPU && ok && f >= 0 {
		i.cpu.add(f)
	}
	used, ok := memory.Value.finite()
	quota, ok2 := m["memory_quota"].Value.finite()
	if ok && ok2 && used >= 0 && quota > 0 && used/quota <= 1e3 { // beyond that it is no quota
		i.memory.add(used / quota * 100)
	}
}

// present says whether an instance is still there.
func (u *usage) present(i *instance) bool {
	return time.Duration(u.newest-i.newest) < gone
}

// instances counts those that are there.
func (u *usage) instances() (n int) {
	for _, i := range u.of {
		if u.present(i) {
			n++
		}
	}
	return n
}

// mean is the mean over the instances that are there, each by its own mean, so that one that has been there for longer counts no more.
func (u *usage) mean(s Signal, window time.Duration) (float64, error) {
	var all mean
	for _, i := range u.of {
		own := i.cpu
		if s == Memory {
			own = i.memory
		}
		if u.present(i) && own.n > 0 {
			all.add(own.value())
		}
	}
	if all.n == 0 {
		return 0, bad("no instance tells of its %s within %v", s, window)
	}
	return all.value(), nil
}
