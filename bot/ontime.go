package bot

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const (
	// tickShare is the share of the interval after which a tick waits for the platform no longer, leastWait how long it waits at the least where
	// its heartbeat took long, and mostShare the share of the interval that the wait and the jitter may take at the most, so that the next
	// heartbeat is on time.
	tickShare = 0.85
	leastWait = 500 * time.Millisecond
	mostShare = 0.98
)

// changing names the calls that change something, of which one is under way at a time.
const changing = "change"

// A pendingCall is a call to the platform that may outlast the tick that made it.
type pendingCall struct {
	done  chan struct{} // closed when the rest is there
	value any
	err   error
	since time.Time
}

// lateError says that a call has no answer yet when the tick can wait no longer. The call goes on.
type lateError struct{ waited time.Duration }

func (e lateError) Error() string {
	return fmt.Sprintf("the platform has not answered for %.1f s yet", e.waited.Seconds())
}

func isLate(err error) bool {
	_, late := errors.AsType[lateError](err)
	return late
}

// deadline returns a context that ends when a tick that began at began can wait for the platform no longer.
func (b *Bot) deadline(ctx context.Context, began time.Time) (context.Context, context.CancelFunc) {
	if b.o.Prompt {
		return ctx, func() {}
	}
	interval := float64(b.o.Interval)
	wait := max(time.Duration(tickShare*interval), time.Since(began)+leastWait)
	most := time.Duration((mostShare - b.o.Jitter) * interval)
	return context.WithDeadline(ctx, began.Add(min(wait, most)))
}

// asking returns what makes the calls of a tick that began at began, until end is called.
func (b *Bot) asking(ctx context.Context, began time.Time) (a asking, end func()) {
	wait, cancel := b.deadline(ctx, began)
	return asking{b, ctx, wait}, cancel
}

// An asking makes a tick's calls to the platform. They may go on until life ends, and the tick waits for them until wait does.
type asking struct {
	b          *Bot
	life, wait context.Context
}

// ask makes a call, or waits for the one of that name that an earlier tick made. A call that is not answered in time goes on, for callTimeout
// in all, and its answer is that of a later tick.
func ask[T any](a asking, name string, call func(context.Context) (T, error)) (value T, err error) {
	if a.b.o.Prompt {
		return call(a.life)
	}
	p := a.b.calls[name]
	if p == nil {
		p = a.b.begin(a.life, name, func(ctx context.Context) (any, error) { return call(ctx) })
	}
	if !p.wait(a.wait) {
		return value, lateError{time.Since(p.since)}
	}
	delete(a.b.calls, name)
	value, _ = p.value.(T)
	return value, p.err
}

// begin begins a call.
func (b *Bot) begin(life context.Context, name string, call func(context.Context) (any, error)) *pendingCall {
	if b.calls == nil {
		b.calls = map[string]*pendingCall{}
	}
	p := &pendingCall{done: make(chan struct{}), since: time.Now()}
	b.calls[name] = p
	go func() {
		ctx, cancel := context.WithTimeout(life, callTimeout)
		defer cancel()
		defer close(p.done)
		p.value, p.err = call(ctx)
	}()
	return p
}

// wait waits for the answer, and says whether it came before ctx ended.
func (p *pendingCall) wait(ctx context.Context) bool {
	select {
	case <-p.done:
		return true
	case <-ctx.Done():
	}
	select {
	case <-p.done: // both at once
		return true
	default:
		return false
	}
}

// size asks for the number of dynos, once a change that an earlier tick asked for has been answered.
func (a asking) size() (n int, settled bool, err error) {
	type size struct {
		n       int
		settled bool
	}
	a.b.refused = nil
	if p := a.b.calls[changing]; p != nil {
		if !p.wait(a.wait) {
			return 0, false, lateError{time.Since(p.since)}
		}
		delete(a.b.calls, changing)
		a.b.refused = p.err
	}
	s, err := ask(a, "size", func(ctx context.Context) (size, error) {
		n, settled, err := a.b.size(ctx)
		return size{n, settled}, err
	})
	return s.n, s.settled, err
}

// maintenance asks whether the app is in maintenance mode; nil where the platform knows none.
func (a asking) maintenance() MaintenanceReporter {
	if a.b.maintenance == nil {
		return nil
	}
	return inTime{a}
}

type inTime struct{ asking }

// Maintenance asks the platform.
func (t inTime) Maintenance(context.Context) (bool, error) {
	return ask(t.asking, "maintenance", t.b.maintenance.Maintenance)
}

// change makes a change, which may go on for lastWords after the bot was told to stop, and waits for it as long as the tick can.
func (b *Bot) change(ctx context.Context, began time.Time, call func(context.Context) error) error {
	a, end := b.asking(context.WithoutCancel(ctx), began)
	defer end()
	_, err := ask(a, changing, func(callCtx context.Context) (struct{}, error) {
		long, cancel := outlast(ctx, lastWords)
		defer cancel()
		stop := context.AfterFunc(callCtx, cancel)
		defer stop()
		return struct{}{}, call(long)
	})
	return err
}

// abandon waits for the calls that are under way, which end since the bot does.
func (b *Bot) abandon() {
	for _, p := range b.calls {
		<-p.done
	}
}
