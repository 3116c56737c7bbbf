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

// For the last notices. The bot ends within 10 s of SIGTERM: 4 s for a change in progress, 1 s for the servers, this,
// and closeTime.
const flushTime = 3500 * time.Millisecond

const startTime = 15 * time.Second // after that, nothing runs that only the start needs

// Run runs a bot for each of the settings until ctx ends. It then delivers the last notices, writes the history and
// stops the platforms' own processes. If one bot fails, all end.
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
	endReload := newReloader(ctx, all, h, in, services, watch).start()
	err = runServices(ctx, services)
	endReload()
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

// After this time the first heartbeat does not wait longer for a platform's own processes. Heroku has the same limit.
const bootTime = time.Minute

// Alongside runs work, and in parallel the processes of a platform that has its own, until ctx or one of the two ends.
// Work begins once the processes have started, as earlier heartbeats would say nothing about load.
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
	if _, ok := platform.(serverPool); !ok { // its servers already serve, or take minutes
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
