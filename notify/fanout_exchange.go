package notify

import (
	"slices"
	"sync"
)

// Exchange replaces the targets. A target without a Notifier keeps the notifier and the queue of the present target of
// its name, or of the next of them if several share it; its Quiet is replaced. All other present targets get no more
// events, deliver those that they have, and end. The error is nil or [ErrClosed].
func (f *Fanout) Exchange(targets ...Target) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return ErrClosed
	}
	before := slices.Clone(f.workers)
	var after []*worker
	for _, t := range targets {
		if t.Notifier != nil {
			after = append(after, f.start(t))
			continue
		}
		i := slices.IndexFunc(before, func(w *worker) bool { return w.target.Name == t.Name })
		if i < 0 {
			continue
		}
		before[i].target.Quiet = t.Quiet
		after = append(after, before[i])
		before = slices.Delete(before, i, i+1)
	}
	for _, w := range before {
		w.ends = true
		w.wake.Signal()
	}
	f.former = append(slices.DeleteFunc(f.former, (*worker).ended), before...)
	f.workers = after
	return nil
}

func (f *Fanout) start(t Target) *worker {
	w := &worker{Fanout: f, target: t, wake: sync.NewCond(&f.mu), done: make(chan struct{})}
	go w.run()
	return w
}

// The workers of all targets, present and exchanged.
func (f *Fanout) running() []*worker {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Concat(f.workers, f.former)
}

func (w *worker) ended() bool {
	select {
	case <-w.done:
		return true
	default:
		return false
	}
}
