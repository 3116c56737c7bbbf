package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/service"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
)

const checkTime = 2 * time.Minute

func newCheck() *cobra.Command {
	send := false
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Go through everything the bot needs, and change nothing",
		Long: `Reads the settings, then looks at the platform, takes one heartbeat with its phases, and opens each notifier. It prints
what is fine and what is not, with a hint, and changes nothing. Exit code 0 when all is fine, 1 when something is not, 2 when
the settings are wrong.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			all, err := settings.LoadAll()
			if err != nil {
				return err
			}
			ctx, cancel := context.WithTimeout(cmd.Context(), checkTime)
			defer cancel()
			c := &checker{out: cmd.OutOrStdout()}
			for i, s := range all {
				if len(all) > 1 {
					c.title(i, string(s.HerokuProcessType))
				}
				if err := c.all(ctx, s, service.NewHost(s, cmd.OutOrStdout(), cmd.ErrOrStderr()), send); err != nil {
					return err
				}
			}
			return c.summary()
		},
	}
	cmd.Flags().BoolVar(&send, "notify", false, "send a test notice to each notifier")
	return cmd
}

// A checker prints what it finds, a line each, and counts what is wrong.
type checker struct {
	out   io.Writer
	wrong int
	deaf  bool // the platform does not answer, which was reported
}

func (c *checker) title(i int, processType string) {
	if i > 0 {
		fmt.Fprintln(c.out)
	}
	fmt.Fprintf(c.out, "%s:\n", processType)
}

// all goes through everything that the bot of one process type needs. What the bot would log of it is in the findings.
func (c *checker) all(ctx context.Context, s *settings.Settings, h service.Host, send bool) error {
	h.Log = slog.New(slog.DiscardHandler)
	in, err := service.OpenReceivers([]*settings.Settings{s}, h)
	if err != nil {
		return err
	}
	p, err := service.Open(s, h, in)
	if err != nil {
		return err
	}
	c.settings(s, h.Now)
	c.sources(s)
	for _, text := range s.Notes() {
		c.note("to know", text)
	}
	c.compatibility(s)
	for _, text := range s.Unused() {
		c.note("not used", text)
	}
	for _, text := range s.CommandNotes() {
		c.note("commands", text)
	}
	c.platform(ctx, p.Platform, s, h.Now)
	if p.Heartbeat != nil {
		c.heartbeat(ctx, p, s)
	}
	c.signals(ctx, p.Signals, s, service.EmptyPool(p.Platform))
	c.history(ctx, s)
	c.places(s)
	c.notifiers(ctx, p.Targets, s, send)
	return nil
}

// report prints one finding: err is what is wrong with it, nil if it is fine.
func (c *checker) report(what, found string, err error) {
	mark, text := "ok", found
	if err != nil {
		c.wrong++
		mark, text = "WRONG", strings.TrimPrefix(found+": "+err.Error(), ": ")
	}
	fmt.Fprintf(c.out, "%-15s %-5s  %s\n", what, mark, indent(text, 23))
}

func (c *checker) note(what, text string) {
	fmt.Fprintf(c.out, "%-15s %-5s  %s\n", what, "note", indent(text, 23))
}

// indent sets all lines of text but the first off by n spaces.
func indent(text string, n int) string {
	return strings.ReplaceAll(strings.TrimRight(text, "\n"), "\n", "\n"+strings.Repeat(" ", n))
}

func (c *checker) summary() error {
	switch {
	case c.wrong == 1:
		return errors.New("1 of these is wrong")
	case c.wrong > 1:
		return fmt.Errorf("%d of these are wrong", c.wrong)
	}
	_, err := fmt.Fprintln(c.out, "\nall is fine")
	return err
}
