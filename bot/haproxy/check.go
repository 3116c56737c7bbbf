package haproxy

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"

	"github.com/autoscalebot/autoscalebot/bot/remote"
)

// probeName is what a server is called that is only asked about, and never added.
const probeName = "autoscalebot-check"

// noOptions are words that no HAProxy takes as options of a server. HAProxy refuses the first, or the second where the options end in one
// that lacks its value; the others are for options with several values. So a command that ends in them adds no server.
var noOptions = []string{"only-asked-1", "only-asked-2", "only-asked-3", "only-asked-4"}

// Check asks each HAProxy whether it would take servers with the options that they are added with, and changes nothing. What HAProxy finds
// only when all options are read, such as a file of certificates that lacks, it says when a server is added.
func (r *Runtime) Check(ctx context.Context, report func(what, found string, err error)) {
	slots := make([]int, len(r.all))
	err := r.each(func(i int, p *process) (err error) {
		slots[i], err = p.check(ctx, strings.ReplaceAll(r.options, "$NAME", probeName))
		return err
	})
	found := "HAProxy takes " + or(r.options, "servers without options")
	if most := slices.Max(slots); most > 0 {
		found = fmt.Sprintf("the configuration has %d empty servers, which are filled with the options that they have there", most)
	}
	if err != nil {
		found = ""
	}
	report("server options", found, err)
}

// check asks one HAProxy whether it takes options. It does not where the configuration has empty servers to fill, whose number it gives.
func (p *process) check(ctx context.Context, options string) (slots int, err error) {
	servers, err := p.state(ctx)
	if err != nil {
		return 0, err
	}
	for _, s := range servers {
		if s.slot() && s.maint() {
			slots++
		}
	}
	if slots > 0 {
		return slots, nil
	}
	name := p.backend + "/" + probeName
	command := strings.Join(strings.Fields("add server "+name+" "+net.JoinHostPort("127.0.0.1", "1")+" "+options), " ")
	answer, err := p.ask(ctx, command+" "+strings.Join(noOptions, " "))
	switch {
	case err != nil:
		return 0, err
	case strings.Contains(answer, "unknown keyword") && strings.Contains(answer, noOptions[0]):
		return 0, nil
	case strings.Contains(answer, "New server registered"):
		return 0, errors.Join(fmt.Errorf("HAProxy at %s takes words that are no options", p.name), p.remove(ctx, probeName))
	case strings.Contains(answer, noOptions[1]):
		return 0, fmt.Errorf("HAProxy at %s takes the end of the options %q for one without its value", p.name, options)
	}
	return 0, &refusal{name: p.name, command: command, answer: cut(answer, maxSaid)}
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

// check has a configuration checked that is in a file of its own meanwhile.
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
