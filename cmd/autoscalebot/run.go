package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
	"github.com/autoscalebot/autoscalebot/notify"
)

// flushTime is how long the last notices may take after the last heartbeat. With the 4 s that a change of the dynos may take to finish, a
// second until nobody is served any more and closeTime, it keeps the promise to end within 10 s of SIGTERM.
const flushTime = 3500 * time.Millisecond

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

// runBot runs the bot until ctx ends, with notices flushed, the history written and the platform's own processes stopped.
func runBot(ctx context.Context, s *settings.Settings, h host) (err error) {
	p, err := open(s, h)
	if err != nil {
		return err
	}
	k, err := keep(ctx, s, h)
	if err != nil {
		return err
	}
	defer k.close(ctx, h)
	m, err := measure(s, h, p.targets)
	if err != nil {
		return err
	}
	fanout := notify.NewFanout(notify.FanoutOptions{Log: h.log, OnError: m.NoticeFailed}, k.targets(m.Targets(p.targets))...)
	h.log.Info("started", "version", version, "app", appName(s), "platform", string(s.Platform),
		"interval", time.Duration(s.HeartbeatInterval).String(), "dry_run", bool(s.DryRun), "history", k.place())

	if why := s.Flap(h.now); why != "" {
		h.log.Warn("the bounds are too close together: " + why)
	}
	defer warnOfConflicts(ctx, p.platform, s, h)()
	told := &circle{[]notify.Notifier{illustrated{fanout, k.db, s, h.log}}}
	o := options(s, p, told, h)
	o.Memory, o.Remember = k.memory, k.remember
	o.Recorders = append(o.Recorders, k.recorders()...)
	o.Recorders = append(o.Recorders, m.recorders()...)
	b := bot.New(o)
	_, endPage := show(ctx, s, h, b, o, k.db, m, p.in, told)
	endTalks := together(askable(ctx, s, h, b, o, k.db), endPage, k.lease(ctx, h))
	err = alongside(ctx, p.platform, b.Run)
	endTalks()
	flushCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), flushTime)
	defer cancel()
	var wg sync.WaitGroup
	wg.Go(func() { m.close(flushCtx, h) })
	if ferr := fanout.Close(flushCtx); ferr != nil {
		h.log.Warn("some notices were not delivered", "error", ferr)
	}
	wg.Wait()
	h.log.Info("stopped")
	return err
}

// together ends all of what ends are given, side by side.
func together(ends ...func()) (end func()) {
	return func() {
		var wg sync.WaitGroup
		for _, e := range ends {
			wg.Go(e)
		}
		wg.Wait()
	}
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
