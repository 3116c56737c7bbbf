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

// Close waits so long after its context's end for notifiers to notice that they were cancelled.
const grace = time.Second

// A Target is a notifier and its name for people: "slack".
type Target struct {
	Name     string
	Notifier Notifier
	// Quiet are the hours in which the target gets only what [Quiet.Delivers]. The others are dropped.
	Quiet Quiet
}

// FanoutOptions are the settings of a [Fanout]. The zero value is fit for use.
type FanoutOptions struct {
	// Queue is how many events may wait for one target; 0 means 100.
	Queue int
	// Timeout is the deadline of one attempt; 0 means 10 s.
	Timeout time.Duration
	// Attempts is how often an event is tried on one target, the first time included; 0 means 3.
	Attempts int
	// Window is how long an event waits for others to be told with it, where the target is a [BatchNotifier]; 0 means 3
	// s. It does not wait when it is not to be told with others, when [MaxBatch] wait or the queue is full, or once the
	// fan-out is being closed.
	Window time.Duration
	// Log is told of every event that is given up and of queues that are full; nil means nobody is.
	Log *slog.Logger
	// OnError is called with every event that a target gives up, from several goroutines at once; nil means not. It
	// must neither block nor call the Fanout.
	OnError func(target string, e Event, err error)
	// OnDone is called with every event that a target has got, has given up before Close was called, or is not to be
	// told in its quiet hours; nil means not. It may be called from several goroutines at once, and must not call the
	// Fanout.
	OnDone func(target string, e Event)
}

// A Fanout is a [Notifier] that passes events on to several others, each with a queue, a goroutine, deadlines and
// retries of its own, so that a slow or broken one touches neither the caller nor the others. Each target gets its
// events in order; a [BatchNotifier] gets those that come within the window, one after the other, as one [Batch], which
// is tried, and given up, as one.
type Fanout struct {
	options  FanoutOptions
	workers  []*worker
	attempts context.Context // of all attempts; abort ends it
	abort    context.CancelFunc
	retries  context.Context // of all waits between attempts; hurry ends it
	hurry    context.CancelFunc

	mu     sync.Mutex // guards closed, and the queues of the workers
	closed bool
}

// NewFanout starts one goroutine for each target. They run until [Fanout.Close].
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
		w := &worker{Fanout: f, target: t, wake: sync.NewCond(&f.mu), done: make(chan struct{})}
		f.workers = append(f.workers, w)
		go w.run()
	}
	return f
}

// Notify queues e for every target, unless that has quiet hours at e's time, and returns at once; it takes no notice of
// ctx, so that the last words of a bot that is stopping are queued too. A full queue drops its oldest ping or test, and
// where it holds none, e. The error is nil or [ErrClosed]; what happens to e later is told to Log, OnError and OnDone.
func (f *Fanout) Notify(_ context.Context, e Event) error { return f.Resume(e, nil) }

// Resume queues e as Notify does, but not for the targets that are done with it, as an earlier Fanout's OnDone told; a
// name that several have stands for as many of them as it is given.
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

// Close delivers what is queued and returns when that is done, or soon after ctx ends: with one second more, which only
// a notifier that ignores its context makes use of. Waits for others and between attempts are cut short: an event gets
// one more attempt at once, and no other. The error says what was not delivered since Close was called. Close can be
// called again, with the same result.
func (f *Fanout) Close(ctx context.Context) error {
	f.mu.Lock()
	f.closed = true
	for _, w := range f.workers {
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
	for _, w := range f.workers {
		errs = append(errs, w.undelivered())
	}
	return errors.Join(errs...)
}

func (f *Fanout) wait(ctx context.Context) bool {
	for _, w := range f.workers {
		select {
		case <-w.done:
		case <-ctx.Done():
			return false
		}
	}
	return true
}
