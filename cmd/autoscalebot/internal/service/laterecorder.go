package service

import (
	"context"
	"errors"
	"sync"

	"github.com/autoscalebot/autoscalebot/bot/record"
)

// A lateRecorder passes each record to recorders that a reload can replace.
type lateRecorder struct {
	mu  sync.Mutex
	all []record.Recorder
}

func newLateRecorder(all ...record.Recorder) *lateRecorder { return &lateRecorder{all: all} }

func (l *lateRecorder) use(all ...record.Recorder) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = all
}

func (l *lateRecorder) Record(ctx context.Context, r record.Record) error {
	l.mu.Lock()
	all := l.all
	l.mu.Unlock()
	var errs []error
	for _, rec := range all {
		errs = append(errs, rec.Record(ctx, r))
	}
	return errors.Join(errs...)
}
