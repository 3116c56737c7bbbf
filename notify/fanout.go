package notify

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"
)

// Time that Close gives notifiers to return after it has canceled them.
const grace = time.Second

// A Target is a notifier with its name for people, such as "slack".
type Target struct {
	Name     string
	Notifier Notifier
	// Quiet is the target's quiet hours. Events that [Quiet.Delivers] excludes are dropped.
	Quiet Quiet
}

// FanoutOptions are the settings of a [Fanout]. The zero value is fit for use.
type FanoutOptions struct {
	// Queue is the maximum number of events that wait for a target; 0 means 100.
	Queue int
	// Timeout is the deadline of one attempt; 0 means 10 s.
	Timeout time.Duration
	// Attempts is the maximum number of attempts to deliver an event to a target; 0 means 3.
	Attempts int
	// Window is how long an event for a [BatchNotifier] waits for others to share its message; 0 means 3 s. It does not
	// wait if it cannot share one, [MaxBatch] events wait, the queue is full, or the Fanout is closing.
	Window time.Duration
	// Log receives undelivered events and full queues; nil discards them.
	Log *slog.Logger
	// OnError is called for every event that a target did not get; nil means no call. It may be called from several
	// goroutines at once. It must neither block nor call the Fanout.
	OnError func(target string, e Event, err error)
	// OnDone is called for every event that a target got, failed to get before Close was called, or dropped in its
	// quiet hours; nil means no call. It may be called from several goroutines at once. It must not call the Fanout.
	OnDone func(target string, e Event)
}

// A Fanout is a [Notifier] that passes events to several targets. Each has its own queue, goroutine, deadlines and
// retries, so a slow or broken one affects neither the caller nor the others. A target gets its events in order. A
// [BatchNotifier] gets consecutive events within the window as one [Batch], which succeeds or fails as a whole.
type Fanout struct {
	options  FanoutOptions
	attempts context.Context // of all attempts; abort ends it
	abort    context.CancelFunc
	retries  context.Context // of all waits between attempts; hurry ends it
	hurry    context.CancelFunc

	mu      sync.Mutex // guards the rest, and the queues of the workers
	closed  bool
	workers []*worker
	former  []*worker // of exchanged targets, which deliver their last events
}

// NewFanout starts a goroutine for each target. They run until [Fanout.Close].
func NewFanout(o FanoutOptions, targets ...Target) *Fanout {
	if o.Queue <= 0 {
		o.Queue = 100
	}
	if o.Timeout <= 0 {
		o.Timeout = 10 * time.Second
	}
	if o.Attempts <= 0 {
		o.Attempts = 3
	}
	if o.Window <= 0 {
		o.Window = 3 * time.Second
	}
	o.Log = cmp.Or(o.Log, slog.New(slog.DiscardHandler))
	f := &Fanout{options: o}
	f.attempts, f.abort = context.WithCancel(context.Background())
	f.retries, f.hurry = context.WithCancel(f.attempts)
	for _, t := range targets {
		f.workers = append(f.workers, f.start(t))
	}
	return f
}

// Notify queues e for every target outside its quiet hours, and returns at once. It ignores ctx, so that events of a
// stopping bot are queued too. A full queue drops its oldest ping or test, or else e. The error is nil or [ErrClosed].
// Log, OnError and OnDone learn what happens to e later.
func (f *Fanout) Notify(_ context.Context, e Event) error { return f.Resume(e, nil) }

// Resume queues e as Notify does, except for the targets in done, which an earlier Fanout reported by OnDone. If
// targets share a name, each mention of it in done excludes one of them.
func (f *Fanout) Resume(e Event, done []string) error {
	done = slices.Clone(done)
	f.mu.Lock()
	if f.closed {
		f.mu.Unlock()
		return ErrClosed
	}
	var later []func()
	for _, w := range f.workers {
		if i := slices.Index(done, w.target.Name); i >= 0 {
			done = slices.Delete(done, i, i+1)
			continue
		}
		if !w.target.Quiet.Delivers(e) {
			later = append(later, func() { w.settled(e) })
			continue
		}
		if tell := w.push(e); tell != nil {
			later = append(later, tell)
		}
	}
	f.mu.Unlock()
	for _, tell := range later {
		tell()
	}
	return nil
}

// Close delivers the queued events. It returns when that is done or ctx ends; a notifier that ignores its context can
// delay it by another second. Close cuts waits short: a waiting event gets one more attempt at once. The error lists
// the events that were not delivered since Close was called. Close can be called again, with the same result.
func (f *Fanout) Close(ctx context.Context) error {
	f.mu.Lock()
	f.closed = true
	for _, w := range slices.Concat(f.workers, f.former) {
		w.wake.Signal()
	}
	f.mu.Unlock()
	f.hurry()

	if !f.wait(ctx) {
		f.abort()
		late, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
		defer cancel()
		f.wait(late)
	}
	f.abort()

	var errs []error
	for _, w := range f.running() {
		errs = append(errs, w.undelivered())
	}
	return errors.Join(errs...)
}

func (f *Fanout) wait(ctx context.Context) bool {
	for _, w := range f.running() {
		select {
		case <-w.done:
		case <-ctx.Done():
			return false
		}
	}
	return true
}
