package logdrain

import (
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

const (
	// In ms, twice the time that the router waits for an answer to begin. What takes longer is a stream, and counts as
	// this.
	longest = 60_000
	digits  = 2 // the error is below 1 %
	codes   = 100
)

type slot struct {
	number                int64 // its time since 1970, in widths
	lines, lost, tailLost int
	requests, errors      int
	codes                 [codes]int32
	timed                 int           // requests with a service time
	service               time.Duration // their sum
	services, connects    *hdrhistogram.Histogram
}

// The histograms are reused.
func (s *slot) clear(number int64) {
	services, connects := s.services, s.connects
	*s = slot{number: number, services: services, connects: connects}
	if services != nil {
		services.Reset()
		connects.Reset()
	}
}

func (s *slot) add(r request) {
	s.requests++
	s.codes[r.code]++
	if r.status >= 500 && !unloaded(r.code) {
		s.errors++
	}
	if s.services == nil {
		s.services, s.connects = newHistogram(), newHistogram()
	}
	if r.connect >= 0 {
		record(s.connects, r.connect)
	}
	if r.service >= 0 && r.status != 101 { // a WebSocket is served for as long as it is open
		s.service += min(r.service, longest*time.Millisecond)
		s.timed++
		record(s.services, r.service)
	}
}

// True for a code that means that the app does not serve for a reason other than load: it crashed (H10), has no dynos
// (H14), did not boot (H20), is in maintenance (H80), is empty (H81), is out of quota (H82), or the platform failed
// (H99).
func unloaded(code int) bool {
	switch code {
	case 10, 14, 20, 80, 81, 82, 99:
		return true
	}
	return false
}

func newHistogram() *hdrhistogram.Histogram { return hdrhistogram.New(1, longest, digits) }

func record(h *hdrhistogram.Histogram, took time.Duration) {
	// Never fails: the value is in the histogram's range.
	_ = h.RecordValue(min(longest, took.Milliseconds()))
}

// It has slots for the window and for clocks that are ahead.
type ring struct {
	slots []slot // of a second each
	top   int64  // the highest number
}

func newRing() ring {
	// The slots of the window, the current one, and one because the ends of the window fall inside slots.
	return ring{slots: make([]slot, (window+ahead)/time.Second+2)}
}

// nil if the number is so old that its slot may be in use for another.
func (r *ring) at(number int64) *slot {
	r.top = max(r.top, number)
	if number <= r.top-int64(len(r.slots)) {
		return nil
	}
	s := &r.slots[number%int64(len(r.slots))]
	if s.number != number {
		s.clear(number)
	}
	return s
}

// until is excluded.
func (r *ring) between(from, until int64, f func(*slot)) {
	for n := from; n < until; n++ {
		if s := &r.slots[n%int64(len(r.slots))]; s.number == n {
			f(s)
		}
	}
}
