package haproxy

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/remote"
)

const probeName = "autoscalebot-check"

// Two names, because HAProxy refuses some options only for the second server, such as an id.
var probeNames = []string{probeName + "-a", probeName + "-b"}

const removeWithin = 20 * time.Second

// Words that no HAProxy accepts, so a command that ends in them adds no server. HAProxy rejects the first word, or the
// second if the options end with one that lacks its value. The others are for options with several values.
var noOptions = []string{"only-asked-1", "only-asked-2", "only-asked-3", "only-asked-4"}

// Check tests whether each HAProxy understands the server options and accepts servers with them. It adds two servers in
// maintenance, which get no requests and no health checks, and deletes them. In a dry run it adds none, and so cannot
// find errors that HAProxy reports only when it adds a server, such as a missing certificate file.
func (r *Runtime) Check(ctx context.Context, report func(what, found string, err error)) {
	slots, beyond := make([]int, len(r.all)), make([]error, len(r.all))
	err := r.each(func(i int, p *process) (err error) {
		if slots[i], err = p.slots(ctx, r.pool); err != nil {
			return err
		}
		if err = p.takes(ctx, r.options, r.observe); slots[i] > 0 {
			beyond[i], err = err, nil
		}
		return err
	})
	found := "HAProxy accepts " + or(r.options, "servers without options")
	if r.observe {
		found += ", as far as a dry run can tell"
	}
	if most := slices.Max(slots); most > 0 {
		found = fmt.Sprintf("the configuration has %d empty servers to fill; they keep their own options", most)
	}
	if err != nil {
		found = ""
	} else if no := errors.Join(beyond...); no != nil {
		found += "\nno other server can be added: " + no.Error()
	}
	report("server options", found, err)
}

func (p *process) slots(ctx context.Context, pool string) (n int, err error) {
	servers, err := p.state(ctx)
	for _, s := range servers {
		if s.slot() && s.maint() && strings.HasPrefix(s.name, pool) {
			n++
		}
	}
	return n, err
}

// With observe, no server is added.
func (p *process) takes(ctx context.Context, options string, observe bool) error {
	if err := p.reads(ctx, strings.ReplaceAll(options, "$NAME", probeNames[0])); err != nil || observe {
		return err
	}
	var wrong error
	for _, name := range probeNames {
		if wrong = p.remove(ctx, name); wrong != nil { // left by a check that was killed
			break
		}
		if wrong = p.try(ctx, name, strings.ReplaceAll(options, "$NAME", name)); wrong != nil {
			break
		}
	}
	after, cancel := context.WithTimeout(context.WithoutCancel(ctx), removeWithin)
	defer cancel()
	for _, name := range probeNames {
		wrong = errors.Join(wrong, p.remove(after, name))
	}
	return wrong
}

// The server stays in maintenance.
func (p *process) try(ctx context.Context, name, options string) error {
	a := attempt{process: p, what: "add " + name}
	have, ok, err := a.register(ctx, server{name: name, host: "127.0.0.1", port: 1}, options)
	if err != nil || !ok {
		return errors.Join(err, a.judge(have, ok))
	}
	if err := a.enable(ctx, have); err != nil {
		return err
	}
	have, ok, err = p.server(ctx, name)
	return errors.Join(err, a.judge(have, ok))
}

// HAProxy refuses this command in any case.
func (p *process) reads(ctx context.Context, options string) error {
	command := addCommand(p.backend, server{name: probeNames[0], host: "127.0.0.1", port: 1}, options)
	answer, err := p.ask(ctx, command+" "+strings.Join(noOptions, " "))
	switch {
	case err != nil:
		return err
	case strings.Contains(answer, "unknown keyword") && strings.Contains(answer, noOptions[0]):
		return nil
	case strings.Contains(answer, "New server registered"):
		return errors.Join(fmt.Errorf("HAProxy at %s accepts invalid options", p.name),
			p.remove(ctx, probeNames[0]))
	case strings.Contains(answer, noOptions[1]):
		return fmt.Errorf("HAProxy at %s: an option at the end of %q lacks its value", p.name, options)
	}
	return &refusal{name: p.name, command: command, answer: cut(answer, maxSaid)}
}

// Check has HAProxy on each host check the configuration with one more server, without installing it.
func (f *File) Check(ctx context.Context, report func(what, found string, err error)) {
	template, err := readTemplate(f.o.Template)
	if err != nil {
		report("configuration", "", err)
		return
	}
	err = f.each(f.hosts, func(_ int, h *host) error {
		have, err := h.read(ctx)
		if err != nil {
			return err
		}
		probe := entry{name: probeName, host: "127.0.0.1", port: max(1, f.o.Port)}
		text, err := render(template, f.o.ServerLine, append(f.withPorts(have.entries), probe))
		if err != nil {
			return fmt.Errorf("%s: %w", f.o.Template, err)
		}
		return h.check(ctx, text)
	})
	report("configuration", fmt.Sprintf("HAProxy accepts the server line %q", f.o.ServerLine), err)
}

func (h *host) check(ctx context.Context, text string) error {
	command := strings.ReplaceAll(h.o.CheckCommand, "$FILE", `"$PROBE"`)
	_, err := h.run(ctx, `PROBE=$(mktemp) || exit
trap 'rm -f "$PROBE"' EXIT
cat >"$PROBE" && (
`+command+`
)`, strings.NewReader(text))
	if exit := (*remote.ExitError)(nil); errors.As(err, &exit) {
		return fmt.Errorf("check the configuration with %q: %w", h.o.CheckCommand, err)
	}
	return err
}
