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

// File is a [pool.Balancer] that writes HAProxy's configuration file on one or more hosts and reloads HAProxy. The file
// on each host says who is behind it.
//
// A change is made on all hosts or on none. Every host first writes the new configuration next to the old one, and
// HAProxy checks it. Only then does each host replace the file and reload. An error names the hosts that failed after
// the check. A marker file next to the configuration records that a reload is due, so repeating the call completes the
// change, even after a restart of the bot.
//
// After a reload, HAProxy's old process finishes its requests. Nobody reports their number, so Requests is -1.
type File struct {
	o     FileOptions
	hosts []*host
	turn  chan struct{} // held while files are changed
	last  time.Time     // last reload; guarded by turn
}

var _ pool.Balancer = (*File)(nil)

// Members reads the file on each host. Every server in it counts as serving: a file does not show HAProxy's health
// checks.
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
				m.Partly, m.Note = true, "HAProxy has not been reloaded yet"
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

// Add writes a server's line, without the mark of draining.
func (f *File) Add(ctx context.Context, s pool.Server) error {
	if err := checkName("the server", s.Name); err != nil {
		return err
	}
	port := f.o.Port
	if port == 0 && !strings.Contains(f.o.ServerLine, "$PORT") {
		port = 1 // appears nowhere
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

// Drain sets a member's weight to 0. HAProxy's new process sends it no new requests, except those that a cookie or a
// stick table ties to it. The old process finishes its requests. Draining an absent member is not an error.
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

// Remove deletes a member's line.
func (f *File) Remove(ctx context.Context, m pool.Member) error {
	return f.change(ctx, "remove "+m.Name, func(entries []entry) []entry {
		return slices.DeleteFunc(slices.Clone(entries), named(m.Name))
	})
}

func named(name string) func(entry) bool { return func(e entry) bool { return e.name == name } }

// Each host's own list is edited, so a repeated change reaches hosts on which it failed before.
func (f *File) change(ctx context.Context, what string, edit func([]entry) []entry) error {
	select {
	case f.turn <- struct{}{}:
		defer func() { <-f.turn }()
	case <-ctx.Done():
		return fmt.Errorf("%s: another change of HAProxy's configuration is still running: %w", what,
			context.Cause(ctx))
	}
	template, err := readTemplate(f.o.Template)
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	texts := make([]string, len(f.hosts)) // empty if the host needs no change
	first := make([]bool, len(f.hosts))
	err = f.each(f.hosts, func(i int, h *host) error {
		have, err := h.read(ctx)
		if err != nil {
			return err
		}
		edited := edit(have.entries)
		text, err := render(template, f.o.ServerLine, f.withPorts(edited))
		if err != nil {
			return fmt.Errorf("%s: %w", f.o.Template, err)
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
		// Best effort: the next attempt overwrites the file, and no HAProxy reads it.
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
