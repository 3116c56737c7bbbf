package notify

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"
)

// Waits between attempts: one second at first, then twice as long each time, each half as long to one and a half times
// as long by chance, so that many bots don't come back at once.
const (
	firstWait   = time.Second
	longestWait = 30 * time.Second
	// A mistake of a server can't silence a target for days.
	longestRetryAfter = time.Hour
)

// It delivers one message after the other.
type worker struct {
	*Fanout
	target Target
	done   chan struct{} // closed when run returns

	// Guarded by Fanout.mu.
	wake    *sync.Cond
	queue   []queued
	current Batch
	dropped int     // since the queue was full, until it is empty
	lost    []Event // since Close was called
}

type queued struct {
	Event
	at time.Time
}

// It queues e, or keeps what is worth more. tell tells of a dropped event; it is called without the mutex.
func (w *worker) push(e Event) (tell func()) {
	defer w.wake.Signal()
	late := queued{e, time.Now()}
	if len(w.queue) < w.options.Queue {
		w.queue = append(w.queue, late)
		return nil
	}
	drop := e
	if i := slices.IndexFunc(w.queue, func(q queued) bool { return q.Kind == Ping || q.Kind == Test }); i >= 0 {
		drop = w.queue[i].Event
		w.queue = append(slices.Delete(w.queue, i, i+1), late)
	}
	w.dropped++
	first := w.dropped == 1
	return func() {
		if first {
			w.options.Log.Warn("too many notices wait, so some are dropped", "target", w.target.Name,
				"waiting", w.options.Queue)
		}
		w.report(drop, ErrQueueFull)
		w.settled(drop)
	}
}

// It is nil when the queue is empty and stays so.
func (w *worker) next() Batch {
	w.mu.Lock()
	defer w.mu.Unlock()
	for len(w.queue) == 0 {
		if w.closed {
			return nil
		}
		w.wake.Wait()
	}
	n := w.gather()
	w.current = make(Batch, n)
	for i, q := range w.queue[:n] {
		w.current[i] = q.Event
	}
	w.queue = slices.Delete(w.queue, 0, n)
	return w.current
}

// It waits until the first events of the queue, which is not empty, are to be told, and returns how many of them
// together. What comes behind one that is told alone doesn't overtake it.
func (w *worker) gather() int {
	target, ok := w.target.Notifier.(BatchNotifier)
	if !ok || !target.Joins(w.queue[0].Event) {
		return 1
	}
	end := w.queue[0].at.Add(w.options.Window)
	timer := time.AfterFunc(time.Until(end), func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.wake.Signal()
	})
	defer timer.Stop()
	for {
		n := slices.IndexFunc(w.queue, func(q queued) bool { return !target.Joins(q.Event) })
		if n >= 0 {
			return min(max(n, 1), MaxBatch) // the first may have been dropped for one that is told alone
		}
		n = len(w.queue)
		if n >= min(MaxBatch, w.options.Queue) || w.closed || !time.Now().Before(end) {
			return min(n, MaxBatch)
		}
		w.wake.Wait()
	}
}

// endOfJam returns how many events were dropped since the queue was full, once it is empty.
func (w *worker) endOfJam() (dropped int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.queue) == 0 {
		dropped, w.dropped = w.dropped, 0
	}
	return dropped
}

func (w *worker) run() {
	defer close(w.done)
	for {
		if n := w.endOfJam(); n > 0 {
			w.options.Log.Warn("no notices wait any more", "target", w.target.Name, "dropped", n)
		}
		b := w.next()
		if b == nil {
			return
		}
		tries, err := w.deliver(b)
		if err == nil {
			w.settled(b...)
			continue
		}
		w.mu.Lock()
		closed := w.closed
		if closed {
			w.lost = append(w.lost, b...)
		}
		w.mu.Unlock()
		if !closed {
			w.settled(b...)
		}
		for _, e := range b {
			w.options.Log.Warn("a notice was not delivered", "target", w.target.Name, "type",
				string(e.Kind), "id", e.ID,
				"attempts", tries, "error", err)
			w.report(e, err)
		}
	}
}

func (w *worker) settled(events ...Event) {
	for _, e := range events {
		if w.options.OnDone != nil {
			w.options.OnDone(w.target.Name, e)
		}
	}
}

func (w *worker) report(e Event, err error) {
	if w.options.OnError != nil {
		w.options.OnError(w.target.Name, e, err)
	}
}

// It ends as well when the fan-out is aborted.
func (w *worker) deliver(b Batch) (tries int, err error) {
	hurried := false // the last attempt began after Close had been called
	attempt := func() (struct{}, error) {
		tries++
		hurried = w.retries.Err() != nil
		err = w.attempt(b)
		return struct{}{}, forBackoff(err)
	}
	// Its result is the last attempt's, which err holds, or the reason why a wait was cut.
	_, _ = backoff.Retry(w.retries, attempt,
		backoff.WithBackOff(&backoff.ExponentialBackOff{
			InitialInterval: firstWait, Multiplier: 2, RandomizationFactor: 0.5, MaxInterval: longestWait,
		}),
		backoff.WithMaxTries(uint(w.options.Attempts)),
		backoff.WithMaxElapsedTime(0))
	if err != nil && w.retries.Err() != nil && w.attempts.Err() == nil && !hurried && tries < w.options.Attempts &&
		!IsPermanent(err) {
		_, _ = attempt()
	}
	return tries, err
}

// A panic becomes a permanent error, for it would only come again.
func (w *worker) attempt(b Batch) (err error) {
	if w.attempts.Err() != nil {
		return errors.New("there was no time left to send it")
	}
	ctx, cancel := context.WithTimeout(w.attempts, w.options.Timeout)
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			w.options.Log.Error("a notifier panicked", "target", w.target.Name, "panic", fmt.Sprint(p), "stack",
				string(debug.Stack()))
			err = Permanent(fmt.Errorf("the notifier panicked: %v", p))
		}
	}()
	if len(b) > 1 {
		return w.target.Notifier.(BatchNotifier).NotifyAll(ctx, b) // gather has seen that it is one
	}
	return w.target.Notifier.Notify(ctx, b[0])
}

func forBackoff(err error) error {
	if err == nil {
		return nil
	}
	if IsPermanent(err) {
		return backoff.Permanent(err)
	}
	if r := RetryAfter(nil); errors.As(err, &r) && r.RetryAfter() > 0 {
		return &backoff.RetryAfterError{Duration: min(r.RetryAfter(), longestRetryAfter)}
	}
	return err
}

// It is nil when no events were given up since Close was called.
func (w *worker) undelivered() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	lost := w.lost
	hangs := ""
	select {
	case <-w.done:
	default:
		hangs = ", and it hangs"
		lost = append(slices.Clone(lost), w.current...)
		for _, q := range w.queue {
			lost = append(lost, q.Event)
		}
	}
	if len(lost) == 0 {
		return nil
	}
	kinds := make([]string, len(lost))
	for i, e := range lost {
		kinds[i] = string(e.Kind)
	}
	return fmt.Errorf("notify: %s did not get %d of the last notices (%s)%s", w.target.Name, len(lost),
		strings.Join(kinds, ", "), hangs)
}
