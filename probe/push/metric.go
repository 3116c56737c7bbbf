package push

import (
	"fmt"
	"maps"
	"time"
)

// Old values leave the window one slot at a time.
const slots = 12

type metric struct {
	unit      string // of the newest value
	newest    time.Time
	instances map[int]*series
}

type series struct {
	newest time.Time
	value  float64
	slots  [slots]slot
}

type slot struct {
	number int64 // time since 1970, in slots
	mean   float64
	count  int
}

type point struct {
	name     string
	instance int
	value    float64
	unit     string
}

// All or nothing: nothing is kept if there would be too many names or instances.
func (s *Store) take(now time.Time, points []point) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.fits(points) {
		s.forget(now)
		if !s.fits(points) {
			return fmt.Errorf("there would be more than %d names, or more than %d instances of all names: "+
				"nothing is kept", mostNames, mostSeries)
		}
	}
	for _, p := range points {
		s.add(now, p)
	}
	return nil
}

func (s *Store) fits(points []point) bool {
	type key struct {
		name     string
		instance int
	}
	names, many := map[string]bool{}, map[key]bool{}
	for _, p := range points {
		m := s.names[p.name]
		if m == nil {
			names[p.name] = true
		}
		if m == nil || m.instances[p.instance] == nil {
			many[key{p.name, p.instance}] = true
		}
	}
	return len(s.names)+len(names) <= mostNames && s.many+len(many) <= mostSeries
}

func (s *Store) forget(now time.Time) {
	s.many = 0
	maps.DeleteFunc(s.names, func(_ string, m *metric) bool {
		maps.DeleteFunc(m.instances, func(_ int, o *series) bool { return now.Sub(o.newest) > window })
		s.many += len(m.instances)
		return len(m.instances) == 0
	})
}

func (s *Store) add(now time.Time, p point) {
	m := s.names[p.name]
	if m == nil {
		m = &metric{instances: map[int]*series{}}
		s.names[p.name] = m
	}
	o := m.instances[p.instance]
	if o == nil {
		o = &series{}
		m.instances[p.instance] = o
		s.many++
	}
	m.newest, m.unit = now, p.unit
	o.newest, o.value = now, p.value
	number := s.part(now)
	at := &o.slots[number%slots]
	if at.number != number {
		*at = slot{number: number}
	}
	at.count++
	at.mean += (p.value - at.mean) / float64(at.count)
}

func (s *Store) part(now time.Time) int64 { return now.UnixNano() / int64(window/slots) }

// The mean of the window that ends with the slot.
func (o *series) meanAt(part int64) float64 {
	sum, count := 0.0, 0.0
	for _, s := range o.slots {
		if s.count > 0 && s.number > part-slots {
			count += float64(s.count)
			sum += (s.mean - sum) * float64(s.count) / count
		}
	}
	return sum
}
