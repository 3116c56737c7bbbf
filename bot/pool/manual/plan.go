package manual

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/pool"
)

// A Plan is a list of steps to take with a pool's servers.
type Plan struct {
	// Would describes the steps and their costs, one per line.
	Would []string
	// Aside is true if the plan concerns no server of the pool itself, so that a running bot does not undo it.
	Aside bool

	steps []step
	done  func() string // the result
}

// A step that fails leaves a state that left describes.
type step struct {
	say  string // such as "create web-7"
	do   func(context.Context, report) error
	left func() string
}

type report func(text string)

func (r report) further(format string, args ...any) { r("  " + fmt.Sprintf(format, args...)) }

// Do carries out the plan and returns its result. It reports each step when the step begins, such as "step 2 of 7: wait
// until web-1 runs". Lines that begin with spaces report the progress of a long step. If ctx ends, Do returns after the
// call in flight. The error says what state was left, and what to do.
func (p *Plan) Do(ctx context.Context, report func(text string)) (reached string, err error) {
	for i, s := range p.steps {
		if ctx.Err() != nil {
			return "", fmt.Errorf("interrupted before: %s. %s", s.say, s.left())
		}
		report(fmt.Sprintf("step %d of %d: %s", i+1, len(p.steps), s.say))
		err := s.do(ctx, report)
		switch {
		case err != nil && ctx.Err() != nil:
			return "", fmt.Errorf("interrupted: %s (%w). %s", s.say, err, s.left())
		case err != nil:
			return "", fmt.Errorf("%s: %w. %s", s.say, err, s.left())
		}
	}
	return p.done(), nil
}

func (p *Plan) would(format string, args ...any) {
	p.Would = append(p.Would, fmt.Sprintf(format, args...))
}

func (p *Plan) add(say string, left func() string, do func(context.Context, report) error) {
	p.steps = append(p.steps, step{say, do, left})
}

// The step uses the server as it is when the step begins.
func (p *Plan) addOf(
	s *pool.Server, say string, left func() string, do func(context.Context, report, *pool.Server) error,
) {
	p.add(say, left, func(ctx context.Context, r report) error { return do(ctx, r, s) })
}

const callTime = 90 * time.Second // a call continues for this time after ctx ends, so that its outcome is known

func call(ctx context.Context, f func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), callTime)
	defer cancel()
	return f(ctx)
}

func (o *Operator) create(p *Plan, order pool.Order, s *pool.Server, left func() string) {
	p.add("create "+order.Name+ofSize(order.Size), left, func(ctx context.Context, _ report) error {
		err := call(ctx, func(ctx context.Context) (err error) {
			*s, err = o.Provider.Create(ctx, order)
			return err
		})
		if errors.Is(err, pool.ErrRefused) {
			return fmt.Errorf("%w, so it does not exist", err)
		}
		return err
	})
}

func (o *Operator) await(p *Plan, s *pool.Server, name string, left func() string) {
	p.addOf(s, "wait until "+name+" runs", left, o.untilActive)
}

func (o *Operator) check(p *Plan, s *pool.Server, name string, left func() string) {
	if o.Health != nil {
		p.addOf(s, "wait until "+name+" is healthy", left, o.untilHealthy)
	}
}

func (o *Operator) andHealthy() string {
	if o.Health == nil {
		return ""
	}
	return " and is healthy"
}

func (o *Operator) join(p *Plan, s *pool.Server, name string, left func() string) {
	o.check(p, s, name, left)
	if o.Balancer == nil {
		return
	}
	p.would("put it behind the balancer")
	p.add("put "+name+" behind the balancer", left, func(ctx context.Context, _ report) error {
		return call(ctx, func(ctx context.Context) error { return o.Balancer.Add(ctx, *s) })
	})
	p.addOf(s, "wait until the balancer sends "+name+" requests", left, o.untilServing)
}

// Does nothing if the balancer does not have the server.
func (o *Operator) withMember(
	p *Plan, s *pool.Server, say string, left func() string, change func(context.Context, pool.Member) error,
) {
	p.add(say, left, func(ctx context.Context, _ report) error {
		m, err := o.member(ctx, s)
		if err != nil || m == nil {
			return err
		}
		return call(ctx, func(ctx context.Context) error { return change(ctx, *m) })
	})
}

func (o *Operator) end(ctx context.Context, r report, s *pool.Server) error {
	if err := o.untilDestroyed(ctx, r, s); err != nil {
		return err
	}
	return o.untilGone(ctx, r, s)
}
