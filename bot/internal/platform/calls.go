// Package platform calls a platform within the time of a tick. A call that takes longer continues, and a later tick
// gets its answer.
package platform

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// timeout limits a call. It is above the deadlines of every platform.
const timeout = 25 * time.Second

type calls map[string]*call

type call struct {
	done  chan struct{} // closed when the other fields are set
	value any
	err   error
	since time.Time
}

// The call continues.
type lateError struct{ waited time.Duration }

func (e lateError) Error() string {
	return fmt.Sprintf("the platform has not answered for %.1f s yet", e.waited.Seconds())
}

// IsLate reports whether err means that a call has not answered yet.
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

// ok is false if a call of that name is still running when wait ends.
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
	case <-p.done: // if both are ready
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
