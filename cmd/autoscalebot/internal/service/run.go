package service

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
)

// flushTime is how long the last notices may take after the last heartbeat. With the 4 s that a change of the dynos may
// take to finish, a second until nobody is served any more and closeTime, it keeps the promise to end within 10 s of
// SIGTERM.
const flushTime = 3500 * time.Millisecond

// startTime is how long after its start the bot is taken to have done what it does once.
const startTime = 15 * time.Second

// Run runs a bot for each of the settings until ctx ends, with notices flushed, the history written and the platforms'
// own processes stopped. When one cannot go on, all end.
func Run(ctx context.Context, all []*settings.Settings, h Host) error {
	h, err := h.share(all)
	if err != nil {
		return err
	}
	in, err := OpenReceivers(all, h)
	if err != nil {
		return err
	}
	services, err := openServices(ctx, all, h, in)
	defer func() {
		for _, v := range services {
			v.kept.close(ctx, h)
		}
	}()
	if err != nil {
		return err
	}
	endExport, err := export(services, h)
	if err != nil {
		return err
	}
	_, endServe := Serve(ctx, services, h, in)
	watch := watching(services, h.Log)
	forget := time.AfterFunc(startTime, forgetStart)
	err = runServices(ctx, services)
	forget.Stop()
	endServe()
	flushServices(ctx, services, endExport, watch.end)
	h.Log.Info("stopped")
	return err
}

func runServices(ctx context.Context, services []*Service) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	errs := make([]error, len(services))
	var wg sync.WaitGroup
	for i, v := range services {
		wg.Go(func() {
			defer cancel()
			errs[i] = v.run(ctx)
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

func flushServices(ctx context.Context, services []*Service, others ...func(context.Context)) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), flushTime)
	defer cancel()
	var wg sync.WaitGroup
	for _, flush := range others {
		wg.Go(func() { flush(ctx) })
	}
	for _, v := range services {
		wg.Go(func() { v.flush(ctx) })
	}
	wg.Wait()
}

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

// Alongside runs work, and the processes of a platform that has its own beside it, until ctx or one of the two ends.
// Work begins when the processes have started: before that, a heartbeat would say nothing about load.
func Alongside(ctx context.Context, platform bot.Scaler, work func(context.Context) error) error {
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
