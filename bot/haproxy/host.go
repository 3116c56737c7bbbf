package haproxy

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/autoscalebot/autoscalebot/bot/remote"
)

// Everything on a host is done by a shell script, so that this machine and others work alike and need nothing
// installed.
type host struct {
	machine remote.Machine
	o       *FileOptions
}

// The names must not end with .cfg: HAProxy reads all such files if it reads a folder.
const (
	newSuffix     = ".autoscalebot-new"     // written, not checked yet
	pendingSuffix = ".autoscalebot-pending" // the configuration is replaced, HAProxy not reloaded yet
	beforeSuffix  = ".autoscalebot-before"  // the file before the bot wrote it for the first time
)

type current struct {
	text    string
	entries []entry
	ours    bool // has the bot's part
	pending bool // a reload is due
}

func (h *host) read(ctx context.Context) (current, error) {
	out, err := h.run(ctx, `if [ -e "$PENDING" ]; then echo pending; else echo settled; fi
if [ -e "$CONFIG" ]; then cat "$CONFIG"; fi`, nil)
	if err != nil {
		return current{}, fmt.Errorf("read %s: %w", h.o.Config, err)
	}
	first, text, ok := strings.Cut(string(out), "\n")
	if !ok || first != "pending" && first != "settled" {
		return current{}, fmt.Errorf("read %s: the shell on this host printed unexpected output: %q", h.o.Config,
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
		return fmt.Errorf("check the configuration with %q: %w", h.o.CheckCommand, err)
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
		return fmt.Errorf("HAProxy on %s: replace %s: %w", h.machine, h.o.Config, err)
	}
	return nil
}

func (h *host) reload(ctx context.Context) error {
	if _, err := h.run(ctx, h.o.ReloadCommand, nil); err != nil {
		return fmt.Errorf("its new configuration is in place, but %q failed: %w", h.o.ReloadCommand, err)
	}
	if _, err := h.run(ctx, `rm -f "$PENDING"`, nil); err != nil {
		return fmt.Errorf("it was reloaded, but remove %s: %w", h.o.Config+pendingSuffix, err)
	}
	return nil
}

// Runs sh, whatever the user's login shell is, with the files' paths as variables.
func (h *host) run(ctx context.Context, script string, stdin io.Reader) ([]byte, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, h.o.Timeout, fmt.Errorf("timed out after %v", h.o.Timeout))
	defer cancel()
	var set strings.Builder
	// where haproxy is installed, and not every user's PATH looks
	set.WriteString("PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin; ")
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

const maxComplaint = 1000 // bytes of HAProxy's output in an error
