package haproxy

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/autoscalebot/autoscalebot/bot/remote"
)

// All that is done on a host is a script of the shell's, so that this machine and others are treated alike and need
// nothing installed.
type host struct {
	machine remote.Machine
	o       *FileOptions
}

// Neither name ends with .cfg, as the files do that HAProxy reads where it reads a folder.
const (
	newSuffix     = ".autoscalebot-new"     // written and to be checked
	pendingSuffix = ".autoscalebot-pending" // moved in place, and HAProxy not reloaded yet
	beforeSuffix  = ".autoscalebot-before"  // what was there before the bot wrote for the first time
)

type current struct {
	text    string
	entries []entry
	ours    bool // has our part
	pending bool // is there, and HAProxy was not reloaded since
}

func (h *host) read(ctx context.Context) (current, error) {
	out, err := h.run(ctx, `if [ -e "$PENDING" ]; then echo pending; else echo settled; fi
if [ -e "$CONFIG" ]; then cat "$CONFIG"; fi`, nil)
	if err != nil {
		return current{}, fmt.Errorf("read %s: %w", h.o.Config, err)
	}
	first, text, ok := strings.Cut(string(out), "\n")
	if !ok || first != "pending" && first != "settled" {
		return current{}, fmt.Errorf("read %s: the shell there says more than it was asked: %q", h.o.Config,
			cut(first, maxSaid))
	}
	c := current{text: text, pending: first == "pending"}
	if c.entries, c.ours, err = parseBlock(text); err != nil {
		return current{}, fmt.Errorf("read %s: %w", h.o.Config, err)
	}
	return c, nil
}

func (h *host) stage(ctx context.Context, text string) error {
	_, err := h.run(ctx, `umask 027
if [ -e "$CONFIG" ]; then cp -p "$CONFIG" "$NEW"; fi && cat >"$NEW" && { sync "$NEW" 2>/dev/null || true; }`, strings.NewReader(text))
	if err != nil {
		return fmt.Errorf("write %s: %w", h.o.Config+newSuffix, err)
	}
	command := strings.ReplaceAll(h.o.CheckCommand, "$FILE", `"$NEW"`)
	if _, err = h.run(ctx, command, nil); err != nil {
		return fmt.Errorf("check the configuration by %q: %w", h.o.CheckCommand, err)
	}
	return nil
}

func (h *host) discard(ctx context.Context) error {
	_, err := h.run(ctx, `rm -f "$NEW"`, nil)
	return err
}

func (h *host) move(ctx context.Context, first bool) error {
	script := `: >"$PENDING" && mv -f "$NEW" "$CONFIG"`
	if first {
		script = `if [ -e "$CONFIG" ]; then cp -p "$CONFIG" "$BEFORE"; fi && ` + script
	}
	if _, err := h.run(ctx, script, nil); err != nil {
		return fmt.Errorf("HAProxy on %s: put the new configuration into %s: %w", h.machine, h.o.Config, err)
	}
	return nil
}

func (h *host) reload(ctx context.Context) error {
	if _, err := h.run(ctx, h.o.ReloadCommand, nil); err != nil {
		return fmt.Errorf("its new configuration is in place, but not reloaded by %q: %w", h.o.ReloadCommand, err)
	}
	if _, err := h.run(ctx, `rm -f "$PENDING"`, nil); err != nil {
		return fmt.Errorf("it is reloaded, but remove %s: %w", h.o.Config+pendingSuffix, err)
	}
	return nil
}

// run uses sh, whatever the user's own shell is, with the files' paths as variables.
func (h *host) run(ctx context.Context, script string, stdin io.Reader) ([]byte, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, h.o.Timeout, fmt.Errorf("it took longer than %v", h.o.Timeout))
	defer cancel()
	var set strings.Builder
	set.WriteString("PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin; ") // where haproxy is, and where not all users look
	for name, suffix := range map[string]string{
		"CONFIG": "", "NEW": newSuffix, "PENDING": pendingSuffix,
		"BEFORE": beforeSuffix,
	} {
		fmt.Fprintf(&set, "%s=%s; ", name, remote.Quote(h.o.Config+suffix))
	}
	out, err := remote.Run(ctx, h.machine,
		strings.TrimSpace(h.o.Sudo+" sh -c "+remote.Quote(set.String()+"\n"+script)), stdin)
	if exit := (*remote.ExitError)(nil); errors.As(err, &exit) {
		exit.Said = cut(exit.Said, maxComplaint)
	}
	return out, err
}

const maxComplaint = 1000 // bytes of what HAProxy says that an error shows
