package admin

import (
	"context"
	"sync"

	"github.com/autoscalebot/autoscalebot/bot/record"
)

// A Ledger is a recorder that keeps the newest [Kept] records, and the newest change, for a server to return.
type Ledger struct {
	*record.Recent

	mu         sync.Mutex
	lastChange *record.Record
}

// NewLedger returns an empty ledger.
func NewLedger() *Ledger { return &Ledger{Recent: record.NewRecent(Kept)} }

// Record keeps r. It never fails.
func (l *Ledger) Record(ctx context.Context, r record.Record) error {
	switch r.Action {
	case record.Scaled, record.WouldScale, record.Resized, record.WouldResize:
		l.mu.Lock()
		l.lastChange = &r
		l.mu.Unlock()
	}
	return l.Recent.Record(ctx, r)
}

func (l *Ledger) fill(st *Status) {
	if last := l.Last(1); len(last) > 0 {
		st.Last = &last[0]
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	st.LastChange = l.lastChange
}
