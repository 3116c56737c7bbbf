// Package platform asks a platform for what a tick needs, in the time that the tick has. A call that takes longer goes
// on, and its answer is that of a later tick.
package platform

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// timeout bounds a call, above the deadlines that whoever is called has.
const timeout = 25 * time.Second

type calls map[string]*call

type call struct {
	done  chan struct{} // closed when the rest is there
	value any
	err   error
	since time.Time
}

// The call that has not answered goes on.
type lateError struct{ waited time.Duration }

func (e lateError) Error() string {
	return fmt.Sprintf("the platform has not answered for %.1f s yet", e.waited.Seconds())
}

// IsLate says whether err is that of a call that has no answer yet.
func IsLate(err error) bool {
	_, late := errors.AsType[lateError](err)
	return late
}

func askCall[T any](
	c *calls, life, wait context.Context, name string, f func(context.Context) (T, error),
) (value T, err error) {
	p := (*c)[name]
	if p == nil {
		p = c.begin(life, name, func(ctx context.Context) (any, error) { return f(ctx) })
	}
	answered, err := c.await(wait, name)
	if answered {
		value, _ = p.value.(T)
	}
	return value, err
}

// await waits for the call of a name, if one is under way, until wait ends. ok is false where it still is.
func (c *calls) await(wait context.Context, name string) (ok bool, err error) {
	p := (*c)[name]
	if p == nil {
		return true, nil
	}
	if !p.wait(wait) {
		return false, lateError{time.Since(p.since)}
	}
	delete(*c, name)
	return true, p.err
}

func (c calls) drain() {
	for _, p := range c {
		<-p.done
	}
}

func (c *calls) begin(life context.Context, name string, f func(context.Context) (any, error)) *call {
	if *c == nil {
		*c = calls{}
	}
	p := &call{done: make(chan struct{}), since: time.Now()}
	(*c)[name] = p
	go func() {
		ctx, cancel := context.WithTimeout(life, timeout)
		defer cancel()
		defer close(p.done)
		p.value, p.err = f(ctx)
	}()
	return p
}

func (p *call) wait(ctx context.Context) bool {
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

func outlast(ctx context.Context, grace time.Duration) (context.Context, context.CancelFunc) {
	longer, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		select {
		case <-longer.Done():
		case <-time.After(grace):
			cancel()
		}
	})
	return longer, func() {
		stop()
		cancel()
	}
}
