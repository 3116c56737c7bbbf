package logcache

import (
	"math"
	"regexp"
	"time"

	"github.com/autoscalebot/autoscalebot/probe/internal/failure"
)

const (
	// An instance this far behind the newest metrics is considered gone: cells report each every 15 seconds.
	gone  = 45 * time.Second
	stale = 75 * time.Second // maximum age of the newest metrics
)

// A cell's gauges of a container. They may come in one envelope, or in several of the same moment.
const (
	cpuUsage    = "cpu"
	entitlement = "cpu_entitlement"
	memoryUsed  = "memory"
	memoryQuota = "memory_quota"
	diskUsed    = "disk"
	diskQuota   = "disk_quota"
)

const containerNames = "cpu|cpu_entitlement|memory|memory_quota|disk|disk_quota"

type usage struct {
	newest integer
	unit   string // the metric's
	of     map[string]*instance
}

type instance struct {
	newest integer
	at     map[integer]moment // metrics of the container
	metric map[integer]number // values of the app's own metric
}

// by the gauges' names
type moment map[string]float64

type mean struct {
	sum float64
	n   int
}

func (m *mean) add(f float64) { m.sum, m.n = m.sum+f, m.n+1 }

func (m mean) value() float64 { return m.sum / float64(m.n) }

// With metric "", only container metrics are read.
func (r *reader) usage(processType, metric string, since, now time.Time) (*usage, error) {
	u := &usage{of: map[string]*instance{}}
	names := containerNames
	if metric != "" {
		names += "|" + regexp.QuoteMeta(metric)
	}
	q := query{kind: "GAUGE", names: "^(" + names + ")$", since: since, end: now}
	from, err := r.pages(q, 2*maxPages, func(e *envelope) {
		if e.Gauge != nil && e.of(processType) {
			u.add(e, metric)
		}
	})
	if err == nil && from.After(since) {
		return nil, failure.Bad("there are more than %d gauges within %v, too many to read",
			2*maxPages*r.perPage, now.Sub(since))
	}
	return u, err
}

func (u *usage) add(e *envelope, metric string) {
	i := u.of[e.Instance]
	if i == nil {
		i = &instance{at: map[integer]moment{}, metric: map[integer]number{}}
	}
	for name, g := range e.Gauge.Metrics {
		f, ok := g.Value.finite()
		switch name {
		case cpuUsage, entitlement, memoryUsed, memoryQuota, diskUsed, diskQuota:
			i.newest, u.newest = max(i.newest, e.Timestamp), max(u.newest, e.Timestamp)
			if i.at[e.Timestamp] == nil {
				i.at[e.Timestamp] = moment{}
			}
			if ok && f >= 0 {
				i.at[e.Timestamp][name] = f
			}
			u.of[e.Instance] = i
		}
		if name == metric && ok {
			i.metric[e.Timestamp], u.unit = g.Value, g.Unit
			u.of[e.Instance] = i
		}
	}
}

func (m moment) value(s Signal) (f float64, ok bool) {
	tells := func(name string, scale float64) (float64, bool) {
		f, ok := m[name]
		return f * scale, ok
	}
	share := func(name, of string) (float64, bool) {
		used, ok := m[name]
		quota := m[of]
		return used / quota * 100, ok && quota > 0 && used/quota <= 1e3 // beyond that the quota is not real
	}
	switch s {
	case CPU:
		return tells(cpuUsage, 1)
	case CPUUtil:
		return tells(entitlement, 1)
	case Memory:
		return share(memoryUsed, memoryQuota)
	case MemoryUsed:
		return tells(memoryUsed, 1./(1<<20))
	case Disk:
		return tells(diskUsed, 1./(1<<20))
	case DiskUtil:
		return share(diskUsed, diskQuota)
	}
	return math.NaN(), false
}

// True if its metrics are as new as the others', or there are no container metrics.
func (u *usage) present(i *instance) bool {
	return u.newest == 0 || i.newest != 0 && time.Duration(u.newest-i.newest) < gone
}

func (u *usage) fresh(now time.Time) error {
	if age := now.Sub(time.Unix(0, int64(u.newest))); u.newest != 0 && age > stale {
		return failure.Bad("the newest metrics of an instance are %v old", age.Round(time.Second))
	}
	return nil
}

func (u *usage) instances() (n int) {
	for _, i := range u.of {
		if i.newest != 0 && u.present(i) {
			n++
		}
	}
	return n
}

// Each instance counts by its own mean, so older instances do not weigh more.
func (u *usage) mean(s Signal, window time.Duration) (float64, error) {
	return u.over(string(s), window, func(i *instance) (own mean) {
		for _, m := range i.at {
			if f, ok := m.value(s); ok {
				own.add(f)
			}
		}
		return own
	})
}

func (u *usage) meanOfMetric(name string, window time.Duration) (float64, error) {
	return u.over(name, window, func(i *instance) (own mean) {
		for _, n := range i.metric {
			own.add(float64(n))
		}
		return own
	})
}

func (u *usage) over(name string, window time.Duration, of func(*instance) mean) (float64, error) {
	var all mean
	for _, i := range u.of {
		if own := of(i); u.present(i) && own.n > 0 {
			all.add(own.value())
		}
	}
	if all.n == 0 {
		return 0, failure.Bad("no instance reported %s within %v", name, window)
	}
	return all.value(), nil
}
