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
	// A stream sets bounds of its own.
	requestTime = 10 * time.Second
	answerTime  = 30 * time.Second
	// Heroku's router keeps its own connections for less.
	idleTime  = 90 * time.Second
	maxHeader = 16 << 10 // bytes
	// for requests that are under way, within the 10 s that the bot promises
	goodbye = time.Second
)

// Serve answers on l with h, which may be a Dashboard or have one below it, until ctx ends. It closes l, ends the
// streams, and returns within a second of ctx's end. It keeps half of the process's descriptors free, whoever connects.
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
