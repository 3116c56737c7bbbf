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

// The wait between attempts doubles from firstWait to longestWait. Each varies by ±50 % at random, so that many bots do
// not retry at the same moment.
const (
	firstWait   = time.Second
	longestWait = 30 * time.Second
	// A server's wrong Retry-After must not silence a target for days.
	longestRetryAfter = time.Hour
)

type worker struct {
	*Fanout
	target Target
	done   chan struct{} // closed when run returns

	// Guarded by Fanout.mu.
	wake    *sync.Cond
	queue   []queued
	current Batch
	dropped int     // since the queue became full; 0 again when it is empty
	lost    []Event // since Close was called
	ends    bool    // after an exchange, once the queue is empty
}

type queued struct {
	Event
	at time.Time
}

// The caller must call tell, if it is not nil, without the mutex. It reports a dropped event.
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
			w.options.Log.Warn("the notifier's queue is full, so notices are dropped", "target", w.target.Name,
				"waiting", w.options.Queue)
		}
		w.report(drop, ErrQueueFull)
		w.settled(drop)
	}
}

// It is nil after Close or an exchange, once the queue is empty.
func (w *worker) next() Batch {
	w.mu.Lock()
	defer w.mu.Unlock()
	for len(w.queue) == 0 {
		if w.closed || w.ends {
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

// The queue must not be empty. gather waits up to the window, and returns the number of events for the next message.
// Events stay in order: none overtakes one that has a message of its own.
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
			return min(max(n, 1), MaxBatch) // n is 0 if a full queue dropped the first for one that does not join
		}
		n = len(w.queue)
		if n >= min(MaxBatch, w.options.Queue) || w.closed || w.ends || !time.Now().Before(end) {
			return min(n, MaxBatch)
		}
		w.wake.Wait()
	}
}

// It is 0 while events wait.
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
			w.options.Log.Warn("the notifier's queue is empty again", "target", w.target.Name, "dropped", n)
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

func (w *worker) deliver(b Batch) (tries int, err error) {
	hurried := false // the last attempt began after Close was called
	attempt := func() (struct{}, error) {
		tries++
		hurried = w.retries.Err() != nil
		err = w.attempt(b)
		return struct{}{}, forBackoff(err)
	}
	// err holds the last attempt's result. Retry's own result may be the reason why a wait was cut.
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

// A panic is a permanent error: the next attempt would panic too.
func (w *worker) attempt(b Batch) (err error) {
	if w.attempts.Err() != nil {
		return errors.New("no time was left to send it")
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
		return w.target.Notifier.(BatchNotifier).NotifyAll(ctx, b) // as gather has checked
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

func (w *worker) undelivered() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	lost := w.lost
	hangs := ""
	select {
	case <-w.done:
	default:
		hangs = ", and does not return"
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
	return fmt.Errorf("notify: %s did not receive %d notices (%s)%s", w.target.Name, len(lost),
		strings.Join(kinds, ", "), hangs)
}
