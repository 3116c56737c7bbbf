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

// probeNames are two, as HAProxy refuses some options to the second alone, such as an id.
var probeNames = []string{probeName + "-a", probeName + "-b"}

const removeWithin = 20 * time.Second

// noOptions are words that no HAProxy takes. It refuses the first, or the second where the options end in one that
// lacks its value; the others are for options with several values. So a command that ends in them adds no server.
var noOptions = []string{"only-asked-1", "only-asked-2", "only-asked-3", "only-asked-4"}

// Check asks each HAProxy whether it can read the options of servers, and whether it takes servers with them: it adds
// two, which are in maintenance and so get no requests and no health checks, and deletes them. In a dry run it adds
// none; what HAProxy finds when all options are read, such as a file of certificates that lacks, is not known then.
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
	found := "HAProxy takes " + or(r.options, "servers without options")
	if r.observe {
		found += ", as far as a dry run can tell"
	}
	if most := slices.Max(slots); most > 0 {
		found = fmt.Sprintf("the configuration has %d empty servers, which are filled with the options that "+
			"they have there", most)
	}
	if err != nil {
		found = ""
	} else if no := errors.Join(beyond...); no != nil {
		found += "\nbeyond them no server can be added: " + no.Error()
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

// takes adds no server where observe is set.
func (p *process) takes(ctx context.Context, options string, observe bool) error {
	if err := p.reads(ctx, strings.ReplaceAll(options, "$NAME", probeNames[0])); err != nil || observe {
		return err
	}
	var wrong error
	for _, name := range probeNames {
		if wrong = p.remove(ctx, name); wrong != nil { // of an earlier check that was killed
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

// try adds a server, which stays in maintenance.
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

// reads uses a command that HAProxy refuses in any case.
func (p *process) reads(ctx context.Context, options string) error {
	command := addCommand(p.backend, server{name: probeNames[0], host: "127.0.0.1", port: 1}, options)
	answer, err := p.ask(ctx, command+" "+strings.Join(noOptions, " "))
	switch {
	case err != nil:
		return err
	case strings.Contains(answer, "unknown keyword") && strings.Contains(answer, noOptions[0]):
		return nil
	case strings.Contains(answer, "New server registered"):
		return errors.Join(fmt.Errorf("HAProxy at %s takes words that are no options", p.name),
			p.remove(ctx, probeNames[0]))
	case strings.Contains(answer, noOptions[1]):
		return fmt.Errorf("HAProxy at %s takes the end of the options %q for one without its value", p.name, options)
	}
	return &refusal{name: p.name, command: command, answer: cut(answer, maxSaid)}
}

// Check has HAProxy on each host check the configuration as it would be with one server more, and puts it nowhere.
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
			return fmt.Errorf("%s %w", f.o.Template, err)
		}
		return h.check(ctx, text)
	})
	report("configuration", fmt.Sprintf("HAProxy takes servers by %q", f.o.ServerLine), err)
}

func (h *host) check(ctx context.Context, text string) error {
	command := strings.ReplaceAll(h.o.CheckCommand, "$FILE", `"$PROBE"`)
	_, err := h.run(ctx, `PROBE=$(mktemp) || exit
trap 'rm -f "$PROBE"' EXIT
cat >"$PROBE" && (
`+command+`
)`, strings.NewReader(text))
	if exit := (*remote.ExitError)(nil); errors.As(err, &exit) {
		return fmt.Errorf("check the configuration by %q: %w", h.o.CheckCommand, err)
	}
	return err
}
