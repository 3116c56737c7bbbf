package haproxy

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/pool"
)

// File is a [pool.Balancer] that writes HAProxy's configuration and reloads HAProxy, on one or several hosts. Who is
// behind HAProxy is what that file says on each host.
//
// A change is made on all hosts or on none: it is written beside the file and checked by HAProxy on every host first.
// Only when all are content is it moved in place, and HAProxy reloaded. A host that fails after that is named; that it
// is to be reloaded stands in a file beside the configuration, so asking again puts it right, even if the bot was ended
// in between.
//
// After a reload the old process of HAProxy finishes the requests that it has, and what it has nobody tells: Requests
// is -1.
type File struct {
	o     FileOptions
	hosts []*host
	turn  chan struct{} // held by who changes files
	last  time.Time     // of the last reload; for who has the turn
}

var _ pool.Balancer = (*File)(nil)

// Members reads the file of each host. A server whose line is there serves, as far as a file can tell: its health is
// HAProxy's secret.
func (f *File) Members(ctx context.Context) ([]pool.Member, error) {
	lists := make([][]pool.Member, len(f.hosts))
	names := make([]string, len(f.hosts))
	err := f.each(f.hosts, func(i int, h *host) error {
		names[i] = h.machine.String()
		have, err := h.read(ctx)
		for _, e := range have.entries {
			m := pool.Member{Name: e.name, Address: e.address(), State: pool.Serving, Requests: -1}
			if e.drains {
				m.State = pool.Draining
			}
			if have.pending {
				m.Partly, m.Note = true, "HAProxy was not reloaded yet"
			}
			lists[i] = append(lists[i], m)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return merge(names, lists), nil
}

// Add writes a server's line, or writes it without the mark that it drains.
func (f *File) Add(ctx context.Context, s pool.Server) error {
	if err := checkName("the server", s.Name); err != nil {
		return err
	}
	port := f.o.Port
	if port == 0 && !strings.Contains(f.o.ServerLine, "$PORT") {
		port = 1 // which stands nowhere
	}
	host, port, err := hostPort(s.Address, port)
	if err != nil {
		return fmt.Errorf("add %s to HAProxy: %w", s.Name, err)
	}
	return f.change(ctx, "add "+s.Name, func(entries []entry) []entry {
		want := entry{name: s.Name, host: host, port: port}
		if i := slices.IndexFunc(entries, named(s.Name)); i >= 0 {
			if entries[i].render(f.o.ServerLine) == want.render(f.o.ServerLine) {
				return entries
			}
			entries = slices.Clone(entries)
			entries[i] = want
			return entries
		}
		return append(slices.Clone(entries), want)
	})
}

// Drain writes a member's line with weight 0: HAProxy's new process sends no new requests there but those that stick to
// it by a cookie or a stick table, and the old one finishes those that it has. A member that is not there is no error.
func (f *File) Drain(ctx context.Context, m pool.Member) error {
	return f.change(ctx, "drain "+m.Name, func(entries []entry) []entry {
		i := slices.IndexFunc(entries, named(m.Name))
		if i < 0 || entries[i].drains {
			return entries
		}
		entries = slices.Clone(entries)
		entries[i].drains = true
		return entries
	})
}

// Remove writes the file without a member's line.
func (f *File) Remove(ctx context.Context, m pool.Member) error {
	return f.change(ctx, "remove "+m.Name, func(entries []entry) []entry {
		return slices.DeleteFunc(slices.Clone(entries), named(m.Name))
	})
}

func named(name string) func(entry) bool { return func(e entry) bool { return e.name == name } }

// change edits each host's own list: hosts on which an earlier change failed come along as they are asked again.
func (f *File) change(ctx context.Context, what string, edit func([]entry) []entry) error {
	select {
	case f.turn <- struct{}{}:
		defer func() { <-f.turn }()
	case <-ctx.Done():
		return fmt.Errorf("%s: another change of HAProxy's configuration has not ended: %w", what, context.Cause(ctx))
	}
	template, err := readTemplate(f.o.Template)
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	texts := make([]string, len(f.hosts)) // empty where nothing is to be done
	first := make([]bool, len(f.hosts))
	err = f.each(f.hosts, func(i int, h *host) error {
		have, err := h.read(ctx)
		if err != nil {
			return err
		}
		edited := edit(have.entries)
		text, err := render(template, f.o.ServerLine, f.withPorts(edited))
		if err != nil {
			return fmt.Errorf("%s %w", f.o.Template, err)
		}
		if have.pending || text != have.text && (have.ours || !slices.Equal(edited, have.entries)) {
			texts[i], first[i] = text, !have.ours
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	var hosts []*host
	for i, h := range f.hosts {
		if texts[i] != "" {
			hosts = append(hosts, h)
			texts[len(hosts)-1], first[len(hosts)-1] = texts[i], first[i]
		}
	}
	if len(hosts) == 0 {
		return nil
	}
	select {
	case <-time.After(f.o.ReloadEvery - time.Since(f.last)):
	case <-ctx.Done():
		return fmt.Errorf("%s: HAProxy was just reloaded: %w", what, context.Cause(ctx))
	}
	if err := f.each(hosts, func(i int, h *host) error { return h.stage(ctx, texts[i]) }); err != nil {
		// Best effort: what is left there is written over at the next try, and no HAProxy reads it.
		_ = f.each(hosts, func(_ int, h *host) error { return h.discard(ctx) })
		return fmt.Errorf("%s: nothing was changed: %w", what, err)
	}
	moved := make([]error, len(hosts))
	_ = f.each(hosts, func(i int, h *host) error { moved[i] = h.move(ctx, first[i]); return nil })
	defer func() { f.last = time.Now() }()
	reloaded := f.each(hosts, func(i int, h *host) error {
		if moved[i] != nil {
			return nil
		}
		return h.reload(ctx)
	})
	if err := errors.Join(append(moved, reloaded)...); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

func (f *File) withPorts(entries []entry) []entry {
	entries = slices.Clone(entries)
	for i := range entries {
		if entries[i].port == 0 {
			entries[i].port = f.o.Port
		}
	}
	return entries
}

func (f *File) each(hosts []*host, ask func(int, *host) error) error {
	return each(hosts, func(i int, h *host) error {
		if err := ask(i, h); err != nil {
			return fmt.Errorf("HAProxy on %s: %w", h.machine, err)
		}
		return nil
	})
}
