package haproxy

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/autoscalebot/autoscalebot/bot/pool"
)

// Runtime is a [pool.Balancer] by the Runtime API of one or several HAProxies. All are told the same; a member serves
// where all say so. One that does not answer is an error that names it, while the others do as they were told: asking
// again mends the difference.
//
// A server that the configuration made, disabled, under the name that a server has (server-template web- 1-20 …
// disabled) is filled by Add and emptied by Remove. Where there is none, the server is added while HAProxy runs.
// HAProxy forgets those that it was given this way when it is reloaded: they are no members then, and are added again
// by whoever wants them to be.
type Runtime struct {
	all     []*process
	backend string
	options string
	port    int
	pool    string
	observe bool
}

var _ pool.Balancer = (*Runtime)(nil)

// Members reads from every HAProxy who is in the backend.
func (r *Runtime) Members(ctx context.Context) ([]pool.Member, error) {
	lists := make([][]pool.Member, len(r.all))
	names := make([]string, len(r.all))
	for i, p := range r.all {
		names[i] = p.name
	}
	err := r.each(func(i int, p *process) error {
		var err error
		lists[i], err = p.members(ctx)
		return err
	})
	if err != nil {
		return nil, err
	}
	return merge(names, lists), nil
}

// Add has every HAProxy send requests to a server at once; where the server options have a check, one that fails ends
// that. HAProxy looks up no names of servers that it is given while it runs, so the server's address is an IP address.
func (r *Runtime) Add(ctx context.Context, s pool.Server) error {
	if err := checkName("the server", s.Name); err != nil {
		return err
	}
	host, port, err := hostPort(s.Address, r.port)
	if err != nil {
		return fmt.Errorf("add %s to HAProxy: %w", s.Name, err)
	}
	if !isIP(host) {
		return fmt.Errorf("add %s to HAProxy: its address is %q, a name, which HAProxy does not look up while it "+
			"runs: it needs an IP address", s.Name, host)
	}
	return r.each(func(_ int, p *process) error {
		return p.add(ctx, server{name: s.Name, host: host, port: port}, strings.ReplaceAll(r.options, "$NAME", s.Name))
	})
}

// Drain has no HAProxy send new requests to a member, but those that stick to it by a cookie or a stick table: HAProxy
// sends these to a server that drains, until it is removed. A member that one does not have gets none there, and is no
// error.
func (r *Runtime) Drain(ctx context.Context, m pool.Member) error {
	if err := checkName("the server", m.Name); err != nil {
		return err
	}
	return r.each(func(_ int, p *process) error { return p.drain(ctx, m.Name) })
}

// Remove takes a member out of every HAProxy. Requests that it still has are cut off.
func (r *Runtime) Remove(ctx context.Context, m pool.Member) error {
	if err := checkName("the server", m.Name); err != nil {
		return err
	}
	return r.each(func(_ int, p *process) error { return p.remove(ctx, m.Name) })
}

func (r *Runtime) each(ask func(int, *process) error) error { return each(r.all, ask) }

// each asks all side by side, and returns all that went wrong.
func each[T any](all []T, ask func(int, T) error) error {
	errs := make([]error, len(all))
	var wait sync.WaitGroup
	for i, one := range all {
		wait.Go(func() { errs[i] = ask(i, one) })
	}
	wait.Wait()
	return errors.Join(errs...)
}
