package dashboard

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/throttle"
)

const (
	// Streams set their own deadlines.
	requestTime = 10 * time.Second
	answerTime  = 30 * time.Second
	idleTime    = 90 * time.Second // longer than Heroku's router keeps connections
	maxHeader   = 16 << 10         // bytes
	goodbye     = time.Second      // for requests in progress; the bot stops within 10 s
)

// Serve serves h, a Dashboard or a handler with Dashboards below it, on l until ctx ends. Then it closes l, ends the
// streams and returns within a second. It uses at most half of the process's descriptors.
func Serve(ctx context.Context, l net.Listener, h http.Handler, log *slog.Logger) error {
	log = cmp.Or(log, slog.New(slog.DiscardHandler))
	streams, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	conns := throttle.NewConns(throttle.Descriptors()/2, 0)
	srv := &http.Server{
		Handler: h, ConnState: conns.State, ReadHeaderTimeout: requestTime, ReadTimeout: requestTime,
		WriteTimeout: answerTime, IdleTimeout: idleTime,
		MaxHeaderBytes: maxHeader,
		BaseContext:    func(net.Listener) context.Context { return streams },
		ErrorLog:       slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	ended := make(chan error, 1)
	go func() { ended <- srv.Serve(conns.Listener(l)) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	end()
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), goodbye)
	defer cancel()
	if srv.Shutdown(last) != nil {
		srv.Close()
	}
	if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
