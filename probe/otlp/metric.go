package otlp

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
)

const (
	mostSeries = 2000             // per metric
	mostSpans  = 2 * mostBuckets  // per slot
	seenKept   = 16               // deltas per series
	warmUp     = 10 * time.Second // before there is a rate
)

type metric struct {
	query    Query
	ring     []slot
	series   map[uint64]*series
	sources  map[uint64]source
	services map[string]time.Time // the newest point of each
	cleared  time.Time            // when old series were dropped
	unit     string
	newest   time.Time // point
	began    time.Time // the first point, since the last silence
	since    time.Time // start of the known counts
	full     time.Time // the newest point for which there was no room
}

type series struct {
	at, from time.Time
	count    float64
	sum      float64
	buckets  []bucket
	value    float64 // a gauge's value, or a counter's rate per second
	known    bool    // whether it has a value
	seen     [seenKept][2]int64
	next     int
}

type source struct {
	newest time.Time
	step   time.Duration // between its two newest points
}

type slot struct {
	number              int64 // its time since 1970, in widths
	count, failed, sums float64
	times               map[span]float64 // of the histograms that end in it
}

func newMetric(q Query) *metric {
	return &metric{
		query: q, ring: make([]slot, int((window+2*silence+ahead)/width)+3),
		series: map[uint64]*series{}, sources: map[uint64]source{}, services: map[string]time.Time{},
	}
}

// False if there is no room for the point's series.
func (m *metric) add(now time.Time, p point, unit string) bool {
	if p.at.Sub(now) > ahead || now.Sub(p.at) > window+silence {
		return true
	}
	s, ok := m.series[p.key]
	if !ok {
		m.makeRoom(now)
		if len(m.series) >= mostSeries {
			m.full = p.at
			return false
		}
		s = &series{}
		m.series[p.key] = s
	}
	if p.at.After(m.newest) {
		if p.at.Sub(m.newest) > silence {
			m.since, m.began = time.Time{}, p.at
		}
		m.newest, m.unit = p.at, unit
	}
	if at, ok := m.services[p.service]; p.at.After(at) && (ok || len(m.services) < mostMatchers) {
		m.services[p.service] = p.at
	}
	switch p.kind {
	case gauge:
		if p.at.After(s.at) {
			s.at, s.value, s.known = p.at, p.count, true
		}
	case cumulative:
		m.addCumulative(now, s, p)
	case delta:
		m.addDelta(s, p)
	}
	return true
}

// At most once per warmUp, so that a flood of series costs little.
func (m *metric) makeRoom(now time.Time) {
	if max(len(m.series), len(m.sources)) < mostSeries || now.Sub(m.cleared) < warmUp {
		return
	}
	m.cleared = now
	maps.DeleteFunc(m.series, func(_ uint64, s *series) bool { return now.Sub(s.at) > window+silence })
	maps.DeleteFunc(m.sources, func(_ uint64, o source) bool { return now.Sub(o.newest) > window+silence })
}

func (m *metric) addCumulative(now time.Time, s *series, p point) {
	if !p.at.After(s.at) {
		return // it is a repeat, or a later one includes it
	}
	before := *s
	s.at, s.from, s.count, s.sum, s.buckets = p.at, p.from, p.count, p.sum, p.buckets
	restarted := !before.at.IsZero() && (p.from.After(before.from) || p.count < before.count)
	switch {
	case before.at.IsZero() || restarted:
		// All of it is new if it is known to have begun recently.
		begun := p.from.Before(p.at) && now.Sub(p.from) <= window+silence
		if begun && (before.at.IsZero() || p.from.After(before.from)) {
			m.count(s, p)
		} else {
			m.heard(p, p.at)
		}
	default:
		p.from, p.count, p.sum = before.at, p.count-before.count, max(0, p.sum-before.sum)
		p.buckets, _ = minus(p.buckets, before.buckets) // nil if the buckets differ: only the times are lost
		m.count(s, p)
	}
}

func (m *metric) addDelta(s *series, p point) {
	id := [2]int64{p.from.UnixNano(), p.at.UnixNano()}
	if slices.Contains(s.seen[:], id) {
		return
	}
	s.seen[s.next] = id
	s.next = (s.next + 1) % seenKept
	before := s.at
	if p.at.After(before) {
		s.at = p.at
	}
	if p.from.IsZero() {
		p.from = before
	}
	if p.from.IsZero() || !p.from.Before(p.at) {
		m.heard(p, p.at)
		return
	}
	m.count(s, p)
}

func (m *metric) count(s *series, p point) {
	took := p.at.Sub(p.from)
	if !s.at.After(p.at) {
		s.value, s.known = p.count/took.Seconds(), true
	}
	m.heard(p, p.from)
	from := p.from
	if oldest := p.at.Add(-time.Duration(len(m.ring)-2) * width); from.Before(oldest) {
		from = oldest
	}
	for n := m.number(from); n <= m.number(p.at); n++ {
		begin := time.Unix(0, n*int64(width))
		part := min(p.at.Sub(begin), width) - max(0, from.Sub(begin))
		if o := m.slot(n); o != nil && part > 0 {
			share := float64(part) / float64(took)
			o.count += p.count * share
			o.sums += p.sum * share
			if p.failed {
				o.failed += p.count * share
			}
		}
	}
	if o := m.slot(m.number(p.at)); o != nil {
		for _, b := range p.buckets {
			if _, ok := o.times[b.span]; !ok && len(o.times) >= mostSpans {
				m.full = p.at
				continue
			}
			o.times[b.span] += b.count
		}
	}
}

func (m *metric) heard(p point, from time.Time) {
	o, ok := m.sources[p.source]
	if !ok && len(m.sources) >= mostSeries {
		return
	}
	if p.at.After(o.newest) {
		o.newest, o.step = p.at, p.at.Sub(from)
	}
	m.sources[p.source] = o
	// Of a source older than the first point, the counts before now are unknown.
	if m.since.IsZero() || !ok && !p.from.After(m.began) && from.After(m.since) {
		m.since = from
	}
}

func (m *metric) number(t time.Time) int64 { return t.UnixNano() / int64(width) }

// nil if a newer slot has replaced it.
func (m *metric) slot(number int64) *slot {
	s := &m.ring[number%int64(len(m.ring))]
	if s.number > number {
		return nil
	}
	if s.number < number {
		times := s.times
		if times == nil {
			times = map[span]float64{}
		}
		clear(times)
		*s = slot{number: number, times: times}
	}
	return s
}

func (m *metric) alive(now time.Time) error {
	if m.newest.IsZero() {
		return fmt.Errorf("no point of %s has come yet: `heroku telemetry` shows whether the app has this drain",
			m.query)
	}
	if age := now.Sub(m.newest); age > silence {
		return fmt.Errorf("no point of %s in the last %v: the newest is %v old", m.query, silence,
			age.Round(time.Second))
	}
	return nil
}

func (m *metric) whole(now time.Time) error {
	if m.full.IsZero() || now.Sub(m.full) > window+silence {
		return nil
	}
	return fmt.Errorf("there are more than %d series of %s: select fewer by their attributes",
		mostSeries, m.query)
}

// The window ends when all sources have reported.
func (m *metric) sum(now time.Time) (total slot, seconds float64, err error) {
	if err := m.alive(now); err != nil {
		return slot{}, 0, err
	}
	end := m.newest
	for _, o := range m.sources {
		// A source is gone if its next point is overdue by half of its interval.
		overdue := min(max(o.step*3/2, warmUp), silence)
		if m.newest.Sub(o.newest) <= overdue && o.newest.Before(end) {
			end = o.newest
		}
	}
	until := m.number(end)
	from := until - int64(window/width)
	if m.since.IsZero() {
		return slot{}, 0, fmt.Errorf("%s has only one point so far: a count needs two",
			m.query)
	}
	if first := m.number(m.since.Add(width - 1)); first > from {
		from = first
	}
	if seen := time.Duration(until-from) * width; seen < warmUp {
		return slot{}, 0, fmt.Errorf("%s covers only %v so far: %v are needed", m.query, max(0, seen), warmUp)
	}
	total.times = map[span]float64{}
	for n := from; n <= m.number(m.newest); n++ {
		s := m.ring[n%int64(len(m.ring))]
		if s.number != n {
			continue
		}
		if n < until {
			total.count += s.count
			total.failed += s.failed
			total.sums += s.sums
		}
		for b, k := range s.times {
			total.times[b] += k
		}
	}
	return total, (time.Duration(until-from) * width).Seconds(), nil
}

func (m *metric) values(now time.Time) ([]float64, error) {
	if err := m.alive(now); err != nil {
		return nil, err
	}
	var all []float64
	for _, s := range m.series {
		if s.known && now.Sub(s.at) <= silence {
			all = append(all, s.value)
		}
	}
	if len(all) == 0 {
		return nil, errors.New("there is only one point so far: a counter needs two")
	}
	return all, nil
}

func (m *metric) several(now time.Time) []string {
	maps.DeleteFunc(m.services, func(_ string, at time.Time) bool { return now.Sub(at) > silence })
	if len(m.services) < 2 {
		return nil
	}
	return slices.Sorted(maps.Keys(m.services))
}
