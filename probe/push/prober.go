package push

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/autoscalebot/autoscalebot/probe"
)

// A Take selects which of an instance's values count. A reading is the mean over the instances.
type Take string

const (
	// Newest is the latest value.
	Newest Take = "newest"
	// Mean is the mean of the values in the window.
	Mean Take = "mean"
)

// Prober returns a [probe.Prober] of a metric, or an error if name or take is invalid. Its readings have signal as
// their Signal (name if it is ""), the latest unit, and one of these outcomes:
//   - Answered: an instance pushed a value in the window. Instances without one are left out.
//   - Unreachable: no instance pushed a value in the window.
func (s *Store) Prober(signal, name string, take Take) (probe.Prober, error) {
	if why := checkName(name); why != "" {
		return nil, fmt.Errorf("the name %.100q of a pushed metric %s", name, why)
	}
	if take != Newest && take != Mean {
		return nil, fmt.Errorf("%q of a pushed metric is unknown: must be %s or %s", string(take), Newest, Mean)
	}
	signal = cmp.Or(signal, name)
	return prober{s, signal, name, take}, nil
}

type prober struct {
	s            *Store
	signal, name string
	take         Take
}

func (p prober) Probe(context.Context) probe.Reading {
	r := probe.Reading{Signal: p.signal, Time: time.Now(), Outcome: probe.Unreachable}
	var err error
	if r.Value, r.Unit, err = p.s.read(r.Time, p.name, p.take); err != nil {
		r.Error = err.Error()
		return r
	}
	r.Outcome = probe.Answered
	return r
}

func (s *Store) read(now time.Time, name string, take Take) (value float64, unit string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.names[name]
	if m == nil {
		return 0, "", fmt.Errorf("nothing was pushed as %q in the last %v", name, window)
	}
	count := 0.0
	for _, o := range m.instances {
		if now.Sub(o.newest) > window {
			continue
		}
		v := o.value
		if take == Mean {
			v = o.meanAt(s.part(now))
		}
		count++
		value += (v - value) / count
	}
	if count == 0 {
		return 0, m.unit, fmt.Errorf("nothing was pushed as %q in the last %v: the newest is %v old", name, window,
			now.Sub(m.newest).Round(time.Second))
	}
	return value, m.unit, nil
}
