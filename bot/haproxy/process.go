package haproxy

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/pool"
)

// HAProxy's answers differ between versions. After each change its state is read back, and decides; the answer only
// appears in the error.
type process struct {
	socket
	backend string
}

// Deleting a server waits until its connections have closed.
const (
	deleteEvery = 20 * time.Millisecond
	deleteFor   = 5 * time.Second
)

func (p *process) state(ctx context.Context) (map[string]server, error) {
	answer, err := p.ask(ctx, "show servers state "+p.backend)
	if err != nil {
		return nil, err
	}
	if strings.HasPrefix(answer, "Can't find backend") {
		return nil, fmt.Errorf("HAProxy at %s has no backend %q", p.name, p.backend)
	}
	all, err := parseState(answer, p.backend)
	if err != nil {
		return nil, fmt.Errorf("HAProxy at %s: %w", p.name, err)
	}
	return all, nil
}

func (p *process) members(ctx context.Context) ([]pool.Member, error) {
	servers, err := p.state(ctx)
	if err != nil {
		return nil, err
	}
	answer, err := p.ask(ctx, "show stat "+p.backend+" 4 -1")
	if err != nil {
		return nil, err
	}
	stats, err := parseStat(answer, p.backend)
	if err != nil {
		return nil, fmt.Errorf("HAProxy at %s: %w", p.name, err)
	}
	return listMembers(servers, stats), nil
}

func listMembers(servers map[string]server, stats map[string]stat) (all []pool.Member) {
	for name, s := range servers {
		st, counted := stats[name]
		if m, ok := member(s, st, counted); ok {
			all = append(all, m)
		}
	}
	return all
}

// Replaces an existing server of that name. A new server whose options keep it from getting requests is removed again:
// it would look like one that somebody drains.
func (p *process) add(ctx context.Context, want server, options string) error {
	have, ok, err := p.server(ctx, want.name)
	if err != nil {
		return err
	}
	fresh := !ok || have.slot() && have.maint()
	a := attempt{process: p, what: "add " + want.name}
	switch {
	case !ok:
		have, ok, err = a.register(ctx, want, options)
	case have.address() != want.address(): // a slot, or the rest of an earlier server
		have, ok, err = a.move(ctx, have, want)
	}
	if err == nil && ok && have.address() == want.address() {
		have, ok, err = a.ready(ctx, have)
	}
	switch {
	case err != nil:
		return err
	case ok && have.address() != want.address():
		return a.undone("the server has the address " + have.address() + " instead of " + want.address())
	case ok && have.weight == 0 && fresh:
		return errors.Join(a.judge(have, ok), p.remove(ctx, want.name))
	case ok && (have.maint() || have.admin&adminDrain != 0):
		return a.undone("the server gets no requests")
	}
	return a.judge(have, ok)
}

func (p *process) drain(ctx context.Context, name string) error {
	have, ok, err := p.server(ctx, name)
	if err != nil {
		return err
	}
	if !ok || have.maint() || have.admin&adminDrain != 0 {
		return nil
	}
	refused, err := unread(p.tell(ctx, "set server "+p.backend+"/"+name+" state drain"))
	if err != nil {
		return err
	}
	if have, ok, err = p.server(ctx, name); err != nil {
		return err
	}
	if ok && !have.maint() && have.admin&adminDrain == 0 {
		return p.undone("drain "+name, "the server still gets requests", refused)
	}
	return nil
}

// A slot stays, empty.
func (p *process) remove(ctx context.Context, name string) error {
	have, ok, err := p.server(ctx, name)
	if err != nil || !ok || have.slot() && have.maint() {
		return err
	}
	full := p.backend + "/" + name
	if have.agent&checkOn != 0 { // its agent would set it up again
		if _, err := unread(p.tell(ctx, "disable agent "+full)); err != nil {
			return err
		}
	}
	if !have.maint() {
		refused, err := unread(p.tell(ctx, "set server "+full+" state maint"))
		if err != nil {
			return err
		}
		if have, ok, err = p.server(ctx, name); err != nil {
			return err
		}
		if ok && !have.maint() {
			return p.undone("remove "+name, "the server still exists, and is not in maintenance", refused)
		}
	}
	for until := time.Now().Add(deleteFor); ; {
		if _, err := unread(p.tell(ctx, "shutdown sessions server "+full)); err != nil {
			return err
		}
		if have.slot() {
			return nil
		}
		refused, err := unread(p.tell(ctx, "del server "+full, "Server deleted"))
		if err != nil {
			return err
		}
		if have, ok, err = p.server(ctx, name); err != nil || !ok {
			return err
		}
		// Its connections close when HAProxy's threads get to them. Any other obstacle is permanent.
		if refused == nil || !strings.Contains(refused.Error(), "connection") || time.Now().After(until) {
			return p.undone("remove "+name, "the server still exists, in maintenance", refused)
		}
		select {
		case <-time.After(deleteEvery):
		case <-ctx.Done():
			return p.undone("remove "+name, "the server still exists, in maintenance", refused)
		}
	}
}

func (p *process) server(ctx context.Context, name string) (server, bool, error) {
	all, err := p.state(ctx)
	s, ok := all[name]
	return s, ok, err
}

func (p *process) undone(what, but string, refused ...error) error {
	for _, r := range refused {
		if r != nil {
			return fmt.Errorf("%s: %w", what, r)
		}
	}
	return fmt.Errorf("%s: HAProxy at %s accepted the command, but %s", what, p.name, but)
}
