package service

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"sync"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/record"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
)

const (
	// deadmanEvery is the least time between two requests of DEADMAN_URL, and deadmanTime how long one may take.
	deadmanEvery = time.Minute
	deadmanTime  = 10 * time.Second
	// staleBeats is after how many of its intervals without a decision a process type no longer counts as decided upon,
	// and staleAtLeast after how long at the least: a tick may wait for the platform.
	staleBeats   = 3
	staleAtLeast = time.Minute
)

// A watch is told of every tick of all process types. After one at which all of them have decided on fresh data it
// feeds systemd's watchdog and requests DEADMAN_URL, so that their owners find out when the bot runs and decides
// nothing.
type watch struct {
	url    string // "" for none
	client *http.Client
	log    *slog.Logger
	notify string // the address of systemd's socket, "" for none

	mu      sync.Mutex
	decided []time.Time // of each process type, zero while its newest tick decided nothing
	asked   time.Time   // when the URL was requested last
	broken  bool        // the last request failed
	asking  sync.WaitGroup
}

func newWatch(s *settings.Settings, processTypes int, log *slog.Logger) *watch {
	return &watch{
		url: s.DeadmanURL.Reveal(), client: deadmanClient(), log: log, notify: os.Getenv("NOTIFY_SOCKET"),
		decided: make([]time.Time, processTypes),
	}
}

// deadmanClient follows no redirect, with which the secret URL would be sent on, and at whose end a service that knows
// nothing of it may answer.
func deadmanClient() *http.Client {
	return &http.Client{
		Timeout:       deadmanTime,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

func watching(services []*Service, log *slog.Logger) *watch {
	w := newWatch(services[0].settings, len(services), log)
	for i, v := range services {
		v.Bot.RecordTo(watcher{w, i, max(staleBeats*v.options.Interval, staleAtLeast)})
	}
	w.tell("READY=1")
	return w
}

type watcher struct {
	*watch
	i     int
	stale time.Duration
}

func (w watcher) Record(ctx context.Context, r record.Record) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.decided[w.i] = time.Time{}
	if r.Undecided() != "" {
		return nil
	}
	now := time.Now()
	w.decided[w.i] = now
	for _, at := range w.decided {
		if now.Sub(at) > w.stale {
			return nil
		}
	}
	w.tell("WATCHDOG=1")
	if w.url == "" || !w.asked.IsZero() && now.Sub(w.asked) < deadmanEvery {
		return nil
	}
	w.asked = now
	ctx = context.WithoutCancel(ctx)
	w.asking.Go(func() { w.request(ctx) })
	return nil
}

func (w *watch) request(ctx context.Context) {
	err := w.get(ctx)
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case err != nil && !w.broken:
		w.log.Warn("DEADMAN_URL could not be requested; it is tried again", "error", err)
	case err == nil && w.broken:
		w.log.Info("DEADMAN_URL could be requested again")
	}
	w.broken = err != nil
}

// get requests the URL. The error does not show it, since it is a secret.
func (w *watch) get(ctx context.Context) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, w.url, nil)
	if err != nil {
		return errors.New("the URL is invalid")
	}
	req.Header.Set("User-Agent", UserAgent)
	resp, err := w.client.Do(req)
	if err != nil {
		if failed, ok := errors.AsType[*url.Error](err); ok {
			err = failed.Err // without the URL
		}
		return err
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 64<<10)) // so that the connection can be used again
	switch resp.StatusCode / 100 {
	case 2:
		return nil
	case 3:
		return fmt.Errorf("it answered %s, and a redirect is not followed: set DEADMAN_URL to the address that "+
			"it leads to", resp.Status)
	}
	return fmt.Errorf("it answered %s", resp.Status)
}

// tell tells systemd something, as sd_notify(3) does.
func (w *watch) tell(state string) {
	if w.notify == "" {
		return
	}
	conn, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: w.notify, Net: "unixgram"})
	if err != nil {
		return // as sd_notify's manual has it, whoever does not listen is not to stop anything
	}
	defer conn.Close()
	_ = conn.SetWriteDeadline(time.Now().Add(time.Second))
	_, _ = conn.Write([]byte(state))
}

// end waits until no request is under way, or ctx ends.
func (w *watch) end(ctx context.Context) {
	w.tell("STOPPING=1")
	done := make(chan struct{})
	go func() {
		w.asking.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-ctx.Done():
	}
}
