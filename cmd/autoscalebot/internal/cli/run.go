package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/bot/throttle"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
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
			all, err := settings.LoadAll()
			if err != nil {
				return err
			}
			return runBots(cmd.Context(), all, newHost(all[0], cmd.OutOrStdout(), cmd.ErrOrStderr()))
		},
	}
}

func newHost(s *settings.Settings, stdout, stderr io.Writer) host {
	return host{stdout: stdout, stderr: stderr, log: newLog(s, stderr, isTerminal(stderr)), now: time.Now()}
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(interface{ Fd() uintptr })
	return ok && term.IsTerminal(int(f.Fd()))
}

// runBots runs a bot for each of the settings until ctx ends, with notices flushed, the history written and the platforms' own processes
// stopped. When one cannot go on, all end.
func runBots(ctx context.Context, all []*settings.Settings, h host) error {
	h.throttle = throttle.New(throttle.Options{Proxies: all[0].Proxies(), Log: h.log})
	h, err := h.share(all)
	if err != nil {
		return err
	}
	in, err := openReceivers(all, h)
	if err != nil {
		return err
	}
	works, err := beginAll(ctx, all, h, in)
	defer func() {
		for _, w := range works {
			w.k.close(ctx, h)
		}
	}()
	if err != nil {
		return err
	}
	endExport, err := export(works, h)
	if err != nil {
		return err
	}
	_, endServe := serve(ctx, works, h, in)
	watch := watching(works, h.log)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	errs := make([]error, len(works))
	var wg sync.WaitGroup
	for i, w := range works {
		wg.Go(func() {
			defer cancel()
			errs[i] = w.run(ctx)
		})
	}
	wg.Wait()
	endServe()
	flushCtx, cancelFlush := context.WithTimeout(context.WithoutCancel(ctx), flushTime)
	defer cancelFlush()
	wg.Go(func() { endExport(flushCtx) })
	wg.Go(func() { watch.end(flushCtx) })
	for _, w := range works {
		wg.Go(func() { w.flush(flushCtx) })
	}
	wg.Wait()
	h.log.Info("stopped")
	return errors.Join(errs...)
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
	if _, ok := platform.(serverPool); !ok { // whose servers serve already, or take minutes
		settle(ctx, platform)
	}
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
