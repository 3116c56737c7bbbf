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

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/bot/words"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/service"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
)

const checkTime = 2 * time.Minute

func newCheck() *cobra.Command {
	send := false
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Check the settings and everything they name, and change nothing",
		Long: `Check the settings, the platform, the heartbeat, the signals, the history and
the notifiers. The heartbeat is taken five times. Each line is ok, WRONG with a hint, or a note. The
command changes nothing.

Exit codes: 0 if all checks pass, 1 if one fails, 2 if the settings are wrong.`,
		Example: `  autoscalebot check
  autoscalebot check --notify
  heroku run -- autoscalebot check`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return checkAll(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr(), send)
		},
	}
	cmd.Flags().BoolVar(&send, "notify", false, "send a test notice to each notifier")
	return cmd
}

func checkAll(ctx context.Context, stdout, stderr io.Writer, send bool) error {
	all, err := settings.LoadAll()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, checkTime)
	defer cancel()
	c := newChecker(stdout)
	for i, s := range all {
		if len(all) > 1 {
			c.title(i, string(s.HerokuProcessType))
		}
		h := service.NewHost(s, stdout, stderr)
		h.Once = true
		if err := c.all(ctx, s, h, send); err != nil {
			return err
		}
	}
	return c.summary()
}

// A checker prints one line for each finding, and counts those that are wrong.
type checker struct {
	out   io.Writer
	wrong int
	unit  words.Unit
	needs string // what the remaining checks of the platform lack, "" for nothing; this is already printed
	paint paint
	width int // of the terminal, 0 elsewhere
}

func (c *checker) title(i int, processType string) {
	if i > 0 {
		fmt.Fprintln(c.out)
	}
	fmt.Fprintf(c.out, "%s:\n", processType)
}

// The bot's own log is discarded: the findings contain all of it.
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
	c.unit = words.Unit(bot.UnitOf(p.Platform))
	c.settings(s, h.Now)
	c.sources(s)
	for _, text := range s.Notes() {
		c.note("settings", text)
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

func newChecker(out io.Writer) *checker {
	return &checker{out: out, paint: paintOn(out), width: widthOf(out)}
}

func (c *checker) report(what, found string, err error) {
	if err != nil {
		c.wrong++
		c.line(what, "WRONG", strings.TrimPrefix(found+": "+err.Error(), ": "))
		return
	}
	c.line(what, "ok", found)
}

func (c *checker) note(what, text string) { c.line(what, "note", text) }

const findingAt = 23 // column of a finding

func (c *checker) line(what, mark, text string) {
	c.asIs(what, mark, wrapTo(text, c.width-findingAt), findingAt)
}

// A table is not wrapped.
func (c *checker) asIs(what, mark, text string, at int) {
	colors := map[string]string{"ok": green, "WRONG": red, "note": yellow}
	fmt.Fprintf(c.out, "%-15s %s  %s\n", what, c.paint.in(colors[mark], fmt.Sprintf("%-5s", mark)),
		indent(text, at))
}

func indent(text string, n int) string {
	return strings.ReplaceAll(strings.TrimRight(text, "\n"), "\n", "\n"+strings.Repeat(" ", n))
}

func (c *checker) summary() error {
	switch {
	case c.wrong == 1:
		return errors.New("1 check failed")
	case c.wrong > 1:
		return fmt.Errorf("%d checks failed", c.wrong)
	}
	_, err := fmt.Fprintln(c.out, "\nall checks passed")
	return err
}
