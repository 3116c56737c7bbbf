// Package demo is what autoscalebot demo runs and shows: a sample app that slows down under load, a load that rises and
// falls in waves, and views of the bot's decisions.
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

// The sample app behaves like a dyno with one core. Requests take turns of one slice each, so all of them slow down
// under load.
const (
	slice         = 5 * time.Millisecond
	visitSlices   = 8 // 40 ms for a visitor's request, so a process serves up to 25 a second
	beatSlices    = 4 // 20 ms for a heartbeat
	visitPath     = "/"
	heartbeatPath = "/autoscalebot/heartbeat/"
	// HealthPath is the path of the health check. It answers at once, at any load.
	HealthPath  = "/health"
	metricsPath = "/metrics"
	bootTime    = 1200 * time.Millisecond
)

// A core is the simulated core of a process. A request holds it and sleeps instead of computing, so six processes fit
// on a small machine.
type core struct {
	turn  chan struct{}
	began time.Time
	busy  atomic.Int64 // nanoseconds held
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

// RunApp serves the sample app on a port of 127.0.0.1 until ctx ends. It first takes 1.2 s to boot, as real apps take
// time.
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
