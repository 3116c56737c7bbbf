// Package demo is the world of autoscalebot demo: a sample app that gets slower as it gets busier, a wave of requests that
// grows and falls, and views of what the bot makes of it.
package demo

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"
)

// The sample app works as a dyno with one core does: it gives each request a slice of its time in turn, so that all of them
// get slower as it gets busier.
const (
	slice         = 5 * time.Millisecond
	visitSlices   = 8 // a visitor's request takes 40 ms of work, so a process serves 25 a second at the most
	beatSlices    = 4 // a heartbeat takes 20 ms
	visitPath     = "/"
	heartbeatPath = "/autoscalebot/heartbeat/"
	bootTime      = 1200 * time.Millisecond
)

// RunApp serves the sample app on a port of this machine until ctx ends. It boots for a second or so first, as apps do.
func RunApp(ctx context.Context, port string) error {
	select {
	case <-time.After(bootTime):
	case <-ctx.Done():
		return nil
	}
	core := make(chan struct{}, 1)
	mux := http.NewServeMux()
	mux.Handle(visitPath, work(core, visitSlices, "Hello\n"))
	mux.Handle(heartbeatPath, work(core, beatSlices, "Beat\n"))
	srv := &http.Server{Addr: net.JoinHostPort("127.0.0.1", port), Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	stop := context.AfterFunc(ctx, func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
		defer cancel()
		_ = srv.Shutdown(ctx)
	})
	defer stop()
	if err := srv.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve the sample app: %w", err)
	}
	return nil
}

// work answers after so many slices on the core. A visitor who hung up is not worked for.
func work(core chan struct{}, slices int, answer string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for range slices {
			select {
			case core <- struct{}{}:
				time.Sleep(slice)
				<-core
			case <-r.Context().Done():
				return
			}
		}
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = w.Write([]byte(answer))
	})
}
