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

// The sample app behaves like a dyno whose web server works on a few requests at a time. More requests wait their turn,
// so all of them slow down under load. Long requests keep the capacity the same on a busy machine.
const (
	slots         = 3
	visitTime     = 130 * time.Millisecond // of a visitor's request, so a process serves up to 23 a second
	beatTime      = 30 * time.Millisecond  // of a heartbeat
	visitPath     = "/"
	heartbeatPath = "/autoscalebot/heartbeat/"
	// HealthPath is the path of the health check. It answers at once, at any load.
	HealthPath  = "/health"
	metricsPath = "/metrics"
	bootTime    = 1200 * time.Millisecond
)

// A server is the simulated web server of a process. A request holds a slot and sleeps instead of computing, so a dozen
// processes fit on a small machine.
type server struct {
	turn  chan struct{}
	began time.Time
	busy  atomic.Int64 // nanoseconds for which slots were held
}

func newServer() *server { return &server{turn: make(chan struct{}, slots), began: time.Now()} }

func (s *server) hold(ctx context.Context, length time.Duration) error {
	select {
	case s.turn <- struct{}{}:
		began := time.Now()
		time.Sleep(length)
		s.busy.Add(int64(time.Since(began)))
		<-s.turn
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *server) metrics(w http.ResponseWriter, _ *http.Request) {
	busy := time.Duration(s.busy.Load()) / slots
	idle := max(0, time.Since(s.began)-busy)
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
	app := newServer()
	mux := http.NewServeMux()
	mux.HandleFunc(HealthPath, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("Fine\n")) })
	mux.HandleFunc(metricsPath, app.metrics)
	mux.Handle(visitPath, app.handler(visitTime, "Hello\n"))
	mux.Handle(heartbeatPath, app.handler(beatTime, "Beat\n"))
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

func (s *server) handler(length time.Duration, answer string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.hold(r.Context(), length) != nil {
			return
		}
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = w.Write([]byte(answer))
	})
}
