package haproxy

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/autoscalebot/autoscalebot/bot/pool"
)

// Runtime is a [pool.Balancer] that uses the Runtime API of one or more HAProxies. All get the same commands, and a
// member serves if all of them say so. An error names the HAProxies that do not answer, while the others carry out the
// command. Repeating the call fixes the difference.
//
// If the configuration has a disabled server of a server's name (server-template web- 1-20 … disabled), Add fills it
// and Remove empties it. Otherwise Add adds the server to the running HAProxy. HAProxy forgets added servers at a
// reload. They are then not members, and the pool adds them again.
type Runtime struct {
	all     []*process
	backend string
	options string
	port    int
	pool    string
	observe bool
}

var _ pool.Balancer = (*Runtime)(nil)

// Members reads the members of the backend from every HAProxy.
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

// Add makes every HAProxy send requests to a server at once, or while the check in the server options passes. The
// server's address must be an IP address: a running HAProxy resolves no names for added servers.
func (r *Runtime) Add(ctx context.Context, s pool.Server) error {
	if err := checkName("the server", s.Name); err != nil {
		return err
	}
	host, port, err := hostPort(s.Address, r.port)
	if err != nil {
		return fmt.Errorf("add %s to HAProxy: %w", s.Name, err)
	}
	if !isIP(host) {
		return fmt.Errorf("add %s to HAProxy: its address must be an IP address, not the name %q, which a running "+
			"HAProxy does not resolve", s.Name, host)
	}
	return r.each(func(_ int, p *process) error {
		return p.add(ctx, server{name: s.Name, host: host, port: port}, strings.ReplaceAll(r.options, "$NAME", s.Name))
	})
}

// Drain stops new requests to a member. HAProxy still sends it requests that a cookie or a stick table ties to it,
// until it is removed. Draining an absent member is not an error.
func (r *Runtime) Drain(ctx context.Context, m pool.Member) error {
	if err := checkName("the server", m.Name); err != nil {
		return err
	}
	return r.each(func(_ int, p *process) error { return p.drain(ctx, m.Name) })
}

// Remove takes a member out of every HAProxy. Its remaining requests are cut off.
func (r *Runtime) Remove(ctx context.Context, m pool.Member) error {
	if err := checkName("the server", m.Name); err != nil {
		return err
	}
	return r.each(func(_ int, p *process) error { return p.remove(ctx, m.Name) })
}

func (r *Runtime) each(ask func(int, *process) error) error { return each(r.all, ask) }

// Runs side by side, and joins the errors.
func each[T any](all []T, ask func(int, T) error) error {
	errs := make([]error, len(all))
	var wait sync.WaitGroup
	for i, one := range all {
		wait.Go(func() { errs[i] = ask(i, one) })
	}
	wait.Wait()
	return errors.Join(errs...)
}
