package record

import (
	"context"
	"sync"
)

// A Recent is a Recorder that keeps the newest records in memory.
type Recent struct {
	mu      sync.Mutex
	records []Record // a ring once it is full
	next    int
}

// NewRecent returns a Recent for up to n records, at least one.
func NewRecent(n int) *Recent { return &Recent{records: make([]Record, 0, max(1, n))} }

// Record keeps r and drops the oldest record if there is no room. It never fails.
func (rc *Recent) Record(_ context.Context, r Record) error {
	rc.mu.Lock()
	defer rc.mu.Unlock()
	if len(rc.records) < cap(rc.records) {
		rc.records = append(rc.records, r)
		return nil
	}
	rc.records[rc.next] = r
	rc.next = (rc.next + 1) % len(rc.records)
	return nil
}

// Last returns up to n of the newest records, oldest first.
func (rc *Recent) Last(n int) []Record {
	rc.mu.Lock()
	defer rc.mu.Unlock()
	all := append(append([]Record(nil), rc.records[rc.next:]...), rc.records[:rc.next]...)
	return all[max(0, len(all)-max(0, n)):]
}
