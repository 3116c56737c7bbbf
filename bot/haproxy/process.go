package haproxy

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/pool"
)

// A process is one HAProxy. HAProxy's answers are words that differ between versions, so after each change its state is read back, and
// that decides; the words are what an error shows.
type process struct {
	socket
	backend string
}

// Deleting a server waits for connections that were told to close.
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
	var all []pool.Member
	for name, s := range servers {
		st, counted := stats[name]
		if m, ok := member(s, st, counted); ok {
			all = append(all, m)
		}
	}
	return all, nil
}

// add has a server of this name take requests at this address, whatever is there under that name.
func (p *process) add(ctx context.Context, want server, options string) error {
	have, ok, err := p.server(ctx, want.name)
	if err != nil {
		return err
	}
	var refused []error
	tell := func(command string, well ...string) error {
		no, err := unread(p.tell(ctx, command, well...))
		if no != nil {
			refused = append(refused, no)
		}
		return err
	}
	name := p.backend + "/" + want.name
	switch {
	case !ok:
		address := net.JoinHostPort(want.host, strconv.Itoa(want.port))
		if err := tell(strings.TrimSpace("add server "+name+" "+address+" "+options), "New server registered"); err != nil {
			return err
		}
	case have.address() != want.address(): // a slot, or what is left of an earlier server of that name
		if !have.maint() {
			if err := errors.Join(tell("set server "+name+" state maint"), tell("shutdown sessions server "+name)); err != nil {
				return err
			}
		}
		command := fmt.Sprintf("set server %s addr %s port %d", name, want.host, want.port)
		if err := tell(command, "changed from", "no need to change"); err != nil {
			return err
		}
	}
	if have, ok, err = p.server(ctx, want.name); err != nil {
		return err
	}
	if ok && have.address() == want.address() {
		if have.check&checkSet != 0 && have.check&checkOn == 0 {
			if err := tell("enable health " + name); err != nil {
				return err
			}
		}
		if have.agent&checkSet != 0 && have.agent&checkOn == 0 {
			if err := tell("enable agent " + name); err != nil {
				return err
			}
		}
		if have.maint() || have.admin&adminDrain != 0 {
			if err := tell("set server " + name + " state ready"); err != nil {
				return err
			}
		}
		if have, ok, err = p.server(ctx, want.name); err != nil {
			return err
		}
	}
	switch {
	case !ok:
		return p.undone("add "+want.name, "it has no such server", refused...)
	case have.address() != want.address():
		return p.undone("add "+want.name, "it has it at "+have.address()+", not at "+want.address(), refused...)
	case have.check&checkSet != 0 && have.check&checkOn == 0:
		return p.undone("add "+want.name, "its health check is not on", refused...)
	case have.maint() || have.admin&adminDrain != 0:
		return p.undone("add "+want.name, "it gets no requests there", refused...)
	}
	return nil
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
		return p.undone("drain "+name, "it still sends requests there", refused)
	}
	return nil
}

// remove has a server in maintenance, its connections closed, and the server deleted; a slot stays, empty.
func (p *process) remove(ctx context.Context, name string) error {
	have, ok, err := p.server(ctx, name)
	if err != nil || !ok || have.slot() && have.maint() {
		return err
	}
	full := p.backend + "/" + name
	if have.agent&checkOn != 0 { // or its agent would have it up again
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
			return p.undone("remove "+name, "it still has it, and not in maintenance", refused)
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
		// Its connections close when HAProxy's threads come to it. Whatever else it has against deleting a server stays.
		if refused == nil || !strings.Contains(refused.Error(), "connection") || time.Now().After(until) {
			return p.undone("remove "+name, "it still has it, in maintenance", refused)
		}
		select {
		case <-time.After(deleteEvery):
		case <-ctx.Done():
			return p.undone("remove "+name, "it still has it, in maintenance", refused)
		}
	}
}

func (p *process) server(ctx context.Context, name string) (server, bool, error) {
	all, err := p.state(ctx)
	s, ok := all[name]
	return s, ok, err
}

// undone is the error of a change that HAProxy's state does not show, with what HAProxy said to it first.
func (p *process) undone(what, but string, refused ...error) error {
	for _, r := range refused {
		if r != nil {
			return fmt.Errorf("%s: %w", what, r)
		}
	}
	return fmt.Errorf("%s: HAProxy at %s took that, but %s", what, p.name, but)
}
