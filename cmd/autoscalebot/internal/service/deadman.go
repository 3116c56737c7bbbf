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
	deadmanEvery = time.Minute      // minimum time between two requests of DEADMAN_URL
	deadmanTime  = 10 * time.Second // timeout of a request
	// Without a decision for staleBeats intervals, and at least for staleAtLeast, a process type counts as undecided. A
	// tick may wait for the platform.
	staleBeats   = 3
	staleAtLeast = time.Minute
)

// A watch sees every tick of all process types. While all of them decide on fresh data it resets systemd's watchdog and
// requests DEADMAN_URL. Both then find out if the bot runs without deciding.
type watch struct {
	client *http.Client
	log    *slog.Logger
	notify string // the address of systemd's socket, "" without systemd

	mu      sync.Mutex
	url     string          // "" if not set
	stale   []time.Duration // by process type
	decided []time.Time     // by process type; zero if its newest tick decided nothing
	asked   time.Time       // time of the last request
	broken  bool            // the last request failed
	asking  sync.WaitGroup
}

func newWatch(s *settings.Settings, processTypes int, log *slog.Logger) *watch {
	return &watch{
		url: s.DeadmanURL.Reveal(), client: deadmanClient(), log: log, notify: os.Getenv("NOTIFY_SOCKET"),
		decided: make([]time.Time, processTypes), stale: make([]time.Duration, processTypes),
	}
}

// A redirect would send the secret URL to another server, which may answer 200 although the right one never got the
// request.
func deadmanClient() *http.Client {
	return &http.Client{
		Timeout:       deadmanTime,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

func watching(services []*Service, log *slog.Logger) *watch {
	w := newWatch(services[0].settings, len(services), log)
	for i, v := range services {
		w.use(i, v.current())
		v.Bot.RecordTo(watcher{w, i})
	}
	w.tell("READY=1")
	return w
}

// Takes the settings of a process type.
func (w *watch) use(i int, s *settings.Settings) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.url, w.stale[i] = s.DeadmanURL.Reveal(), max(staleBeats*time.Duration(s.HeartbeatInterval), staleAtLeast)
}

type watcher struct {
	*watch
	i int
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
		if now.Sub(at) > w.stale[w.i] {
			return nil
		}
	}
	w.tell("WATCHDOG=1")
	if w.url == "" || !w.asked.IsZero() && now.Sub(w.asked) < deadmanEvery {
		return nil
	}
	w.asked = now
	ctx, url := context.WithoutCancel(ctx), w.url
	w.asking.Go(func() { w.request(ctx, url) })
	return nil
}

func (w *watch) request(ctx context.Context, url string) {
	err := w.get(ctx, url)
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case err != nil && !w.broken:
		w.log.Warn("DEADMAN_URL cannot be requested; trying again", "error", err)
	case err == nil && w.broken:
		w.log.Info("DEADMAN_URL can be requested again")
	}
	w.broken = err != nil
}

// The URL is a secret, so errors do not contain it.
func (w *watch) get(ctx context.Context, at string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, at, nil)
	if err != nil {
		return errors.New("the URL is invalid")
	}
	req.Header.Set("User-Agent", UserAgent())
	resp, err := w.client.Do(req)
	if err != nil {
		if failed, ok := errors.AsType[*url.Error](err); ok {
			err = failed.Err // without the URL
		}
		return err
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 64<<10)) // lets the client reuse the connection
	switch resp.StatusCode / 100 {
	case 2:
		return nil
	case 3:
		return fmt.Errorf("answered %s, and the bot does not follow redirects. Set DEADMAN_URL to the address "+
			"of the redirect", resp.Status)
	}
	return fmt.Errorf("answered %s", resp.Status)
}

// As sd_notify(3) does.
func (w *watch) tell(state string) {
	if w.notify == "" {
		return
	}
	conn, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: w.notify, Net: "unixgram"})
	if err != nil {
		return // sd_notify(3) recommends to ignore errors
	}
	defer conn.Close()
	_ = conn.SetWriteDeadline(time.Now().Add(time.Second))
	_, _ = conn.Write([]byte(state))
}

// Waits for the request in progress, or for the end of ctx.
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
