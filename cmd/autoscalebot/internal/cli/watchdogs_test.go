//go:build unix

package cli

import (
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
)

// The bot signals systemd and the monitoring service while it decides, and stops when it has no data.
func TestTheProgramFeedsItsWatchdogs(t *testing.T) {
	t.Parallel()
	app := newHeart(t)
	var requests atomic.Int64
	service := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/s3cret" || !strings.HasPrefix(r.UserAgent(), "autoscalebot/") {
			t.Errorf("requested %s as %q", r.URL, r.UserAgent())
		}
		requests.Add(1)
	}))
	t.Cleanup(service.Close)
	path := filepath.Join(t.TempDir(), "notify")
	socket, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	var fed atomic.Int64
	states := make(chan string, 1000)
	go func() {
		buffer := make([]byte, 1000)
		for {
			n, err := socket.Read(buffer)
			if err != nil {
				return
			}
			if string(buffer[:n]) == "WATCHDOG=1" {
				fed.Add(1)
				continue
			}
			states <- string(buffer[:n])
		}
	}()
	env, _ := counted(t, app, "1")
	b := start(t, []string{"s3cret"}, append(env, "NOTIFY_SOCKET="+path, "DEADMAN_URL="+service.URL+"/s3cret", "DASHBOARD_ADDR=127.0.0.1:0", "LOG_LEVEL=debug")...)
	b.wait("the watchdogs to be fed", func() bool { return fed.Load() > 2 && requests.Load() == 1 })
	page := b.page()
	for _, want := range []string{`"app":"shop"`, `"process_type":"web"`, `"last_decision":"`, `"seconds_ago":`} {
		if ready := fetch(t, page+"/readyz"); !strings.Contains(ready, want) {
			t.Errorf("/readyz says %s, without %s", ready, want)
		}
	}
	if !strings.Contains(fetch(t, page+"/metrics"), "autoscalebot_last_decision_timestamp_seconds{") {
		t.Error("no metric tells when the last decision was")
	}
	app.answer(refuses)
	blind := func() int { return strings.Count(b.log.String(), "no data: ") }
	b.wait("a heartbeat without data", func() bool { return blind() > 1 })
	n := fed.Load()
	seen := blind()
	b.wait("more of them", func() bool { return blind() > seen+3 })
	if fed.Load() != n || requests.Load() != 1 {
		t.Errorf("without data the watchdog was fed %d times more, and %d requests were made", fed.Load()-n, requests.Load())
	}
	b.terminate()
	if first, last := <-states, <-states; first != "READY=1" || last != "STOPPING=1" {
		t.Errorf("systemd was told %q and %q", first, last)
	}
}
