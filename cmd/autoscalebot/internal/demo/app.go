// Package demo is the world of autoscalebot demo: a sample app that gets slower as it gets busier, a wave of requests
// that grows and falls, and views of what the bot makes of it.
package demo

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync/atomic"
	"time"
)

// The sample app works as a dyno with one core does: it gives each request a slice of its time in turn, so that all of
// them get slower as it gets busier.
const (
	slice         = 5 * time.Millisecond
	visitSlices   = 8 // a visitor's request takes 40 ms of work, so a process serves 25 a second at the most
	beatSlices    = 4 // a heartbeat takes 20 ms
	visitPath     = "/"
	heartbeatPath = "/autoscalebot/heartbeat/"
	// HealthPath answers at once, however busy the core is.
	HealthPath  = "/health"
	metricsPath = "/metrics"
	bootTime    = 1200 * time.Millisecond
)

// A core is the one that a process pretends to have. It is held for slices of time in which another app would
// compute, so that six processes fit on a smaller machine.
type core struct {
	turn  chan struct{}
	began time.Time
	busy  atomic.Int64 // nanoseconds for which it was held
}

func newCore() *core { return &core{turn: make(chan struct{}, 1), began: time.Now()} }

func (c *core) hold(ctx context.Context) error {
	select {
	case c.turn <- struct{}{}:
		began := time.Now()
		time.Sleep(slice)
		c.busy.Add(int64(time.Since(began)))
		<-c.turn
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (c *core) metrics(w http.ResponseWriter, _ *http.Request) {
	busy := time.Duration(c.busy.Load())
	idle := max(0, time.Since(c.began)-busy)
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	_, _ = fmt.Fprintf(w, `# HELP node_cpu_seconds_total Seconds the CPUs spent in each mode.
# TYPE node_cpu_seconds_total counter
node_cpu_seconds_total{cpu="0",mode="user"} %f
node_cpu_seconds_total{cpu="0",mode="idle"} %f
`, busy.Seconds(), idle.Seconds())
}

// RunApp serves the sample app on a port of this machine until ctx ends. It boots for a second or so first, as apps do.
func RunApp(ctx context.Context, port string) error {
	select {
	case <-time.After(bootTime):
	case <-ctx.Done():
		return nil
	}
	core := newCore()
	mux := http.NewServeMux()
	mux.HandleFunc(HealthPath, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("Fine\n")) })
	mux.HandleFunc(metricsPath, core.metrics)
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

// work stops for a visitor who hung up.
func work(core *core, slices int, answer string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for range slices {
			if core.hold(r.Context()) != nil {
				return
			}
		}
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = w.Write([]byte(answer))
	})
}
