package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/statefile"
	"github.com/autoscalebot/autoscalebot/notify"
)

// flushTime is how long the last notices may take after the last heartbeat. With the 4 s that a change of the dynos may
// take to finish, it keeps the promise to end within 10 s of SIGTERM.
const flushTime = 5 * time.Second

func newRun() *cobra.Command {
	return &cobra.Command{
		Use:   "run",
		Short: "Run the bot (what autoscalebot alone does, too)",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := settings.Load()
			if err != nil {
				return err
			}
			return runBot(cmd.Context(), s, newHost(s, cmd.OutOrStdout(), cmd.ErrOrStderr()))
		},
	}
}

func newHost(s *settings.Settings, stdout, stderr io.Writer) host {
	return host{stdout: stdout, stderr: stderr, log: newLog(s, stderr, isTerminal(stderr)), now: time.Now()}
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// runBot runs the bot until ctx ends, with notices flushed and the platform's own processes stopped.
func runBot(ctx context.Context, s *settings.Settings, h host) error {
	p, err := open(s, h)
	if err != nil {
		return err
	}
	file, memory, err := openState(s, h)
	if err != nil {
		return err
	}
	fanout := notify.NewFanout(notify.FanoutOptions{Log: h.log}, p.targets...)
	h.log.Info("started", "version", version, "app", appName(s), "platform", string(s.Platform),
		"interval", time.Duration(s.HeartbeatInterval).String(), "dry_run", bool(s.DryRun))

	if why := s.Flap(h.now); why != "" {
		h.log.Warn("the bounds are too close together: " + why)
	}
	defer warnOfConflicts(ctx, p.platform, s, h)()
	o := options(s, p, fanout, h)
	if o.Memory = memory; file != nil {
		o.Remember = file.Save
	}
	b, end := askable(ctx, s, h, o)
	err = alongside(ctx, p.platform, b.Run)
	end()
	flushCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), flushTime)
	defer cancel()
	if ferr := fanout.Close(flushCtx); ferr != nil {
		h.log.Warn("some notices were not delivered", "error", ferr)
	}
	h.log.Info("stopped")
	return err
}

// openState opens the file that the settings name, if they name one, and says what the bot goes on from.
func openState(s *settings.Settings, h host) (*statefile.File, bot.Memory, error) {
	if s.StateFile == "" {
		return nil, bot.Memory{}, nil
	}
	file, memory, aside, err := statefile.Open(string(s.StateFile), appName(s), string(s.HerokuProcessType))
	if err != nil {
		return nil, bot.Memory{}, settings.Problems{{Name: "STATE_FILE", What: err.Error()}}
	}
	if aside != "" {
		h.log.Warn("the state file could not be understood, so the bot begins anew", "kept_aside", aside)
	}
	return file, memory, nil
}

// bootTime is how long a platform's own processes may take to start before the first heartbeat is taken all the same.
// Heroku gives a dyno as long.
const bootTime = time.Minute

// alongside runs work, and the processes of a platform that has its own beside it, until ctx or one of the two ends. Work
// begins when the processes have started: before that, a heartbeat would say nothing about load.
func alongside(ctx context.Context, platform bot.Scaler, work func(context.Context) error) error {
	runner, ok := platform.(bot.Runner)
	if !ok {
		return work(ctx)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := make(chan error, 1)
	go func() {
		defer cancel()
		ended <- runner.Run(ctx)
	}()
	settle(ctx, platform)
	var err error
	if ctx.Err() == nil {
		err = work(ctx)
	}
	cancel()
	if rerr := <-ended; rerr != nil {
		err = errors.Join(err, fmt.Errorf("run the platform's processes: %w", rerr))
	}
	return err
}

// settle waits until the platform has settled, for bootTime at the most.
func settle(ctx context.Context, platform bot.Scaler) {
	ctx, cancel := context.WithTimeout(ctx, bootTime)
	defer cancel()
	for {
		if _, settled, err := platform.Size(ctx); err == nil && settled {
			return
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
			return
		}
	}
}
