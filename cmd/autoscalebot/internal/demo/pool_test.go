package demo

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/pool"
	"github.com/autoscalebot/autoscalebot/probe"
)

func TestSampleAppTellsHowBusyItIs(t *testing.T) {
	c := newServer()
	c.began = time.Now().Add(-10 * time.Second)
	c.busy.Store(int64(5 * time.Second * slots))
	w := httptest.NewRecorder()
	c.metrics(w, nil)
	for _, want := range []string{`node_cpu_seconds_total{cpu="0",mode="user"} 5.000`, `node_cpu_seconds_total{cpu="0",mode="idle"} 5.0`} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("no %s in\n%s", want, w.Body)
		}
	}
	if err := c.hold(t.Context(), time.Millisecond); err != nil || time.Duration(c.busy.Load()) < 5*time.Second*slots+time.Millisecond {
		t.Errorf("after a request it was busy for %v, %v", time.Duration(c.busy.Load()), err)
	}
}

func TestCPUIsTheMeanOfTheServersThatServe(t *testing.T) {
	var cores []*server
	var all []string
	for range 3 {
		c := newServer()
		srv := httptest.NewServer(http.HandlerFunc(c.metrics))
		t.Cleanup(srv.Close)
		cores, all = append(cores, c), append(all, srv.Listener.Addr().String())
	}
	serving := all[:2]
	signal := NewCPU(func() []string { return serving })
	read := func() probe.Reading {
		time.Sleep(150 * time.Millisecond) // sooner, the reading would be the same
		return signal.Probe(t.Context())
	}
	if r := read(); r.Outcome != probe.BadAnswer || r.Signal != "cpu" {
		t.Errorf("the first reading is %+v, want one that is not known yet", r)
	}
	serving = all              // the third is new
	cores[0].busy.Add(1 << 62) // more time than has passed: 100 %
	r := read()
	if busy, ok := signal.Of(all[0]); !ok || busy != 100 {
		t.Errorf("the busy one is at %g %%, %v", busy, ok)
	}
	if idle, ok := signal.Of(all[1]); !ok || idle != 0 {
		t.Errorf("the idle one is at %g %%, %v", idle, ok)
	}
	if _, ok := signal.Of(all[2]); ok {
		t.Error("the newest one is measured already")
	}
	if r.Outcome != probe.Answered || r.Value != 50 || r.Unit != "%" {
		t.Errorf("the mean is %+v, want 50 %%", r)
	}
	serving = all[1:]
	if r := read(); r.Outcome != probe.Answered || r.Value != 0 {
		t.Errorf("without the busy one the reading is %+v", r)
	}
	serving = nil
	if r := read(); r.Outcome != probe.Unreachable || r.Error != "no server is in rotation" {
		t.Errorf("without servers the reading is %+v", r)
	}
}

func TestFronts(t *testing.T) {
	for _, kind := range []string{HAProxy, BuiltIn} {
		t.Run(kind, func(t *testing.T) {
			if kind == HAProxy {
				if _, _, err := findHAProxy(t.Context()); err != nil {
					t.Skipf("%v: apt-get install haproxy", err)
				}
			}
			temp := t.TempDir()
			t.Setenv("TMPDIR", temp)
			f, err := OpenFront(t.Context(), kind)
			must(t, err)
			defer f.Close()
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "served") }))
			defer srv.Close()
			s := pool.Server{ID: "1", Name: "web-1", Address: srv.Listener.Addr().String()}
			must(t, f.Add(t.Context(), s))
			if got := answer(t, f.URL); got != "200 served" {
				t.Errorf("behind %s the server answers %q", f.Name, got)
			}
			must(t, f.Drain(t.Context(), pool.Member{ID: "1", Name: "web-1"}))
			if got := answer(t, f.URL); !strings.HasPrefix(got, "503 ") {
				t.Errorf("while its only server drains %s answers %q", f.Name, got)
			}
			f.Close()
			if c, err := net.Dial("tcp", strings.TrimPrefix(f.URL, "http://")); err == nil {
				c.Close()
				t.Errorf("%s listens after its end", f.Name)
			}
			if left, err := os.ReadDir(temp); err != nil || len(left) > 0 {
				t.Errorf("%s left %v, %v", f.Name, left, err)
			}
		})
	}
	if _, err := OpenFront(t.Context(), "nginx"); err == nil || err.Error() != `invalid balancer "nginx": must be auto, haproxy or built-in` {
		t.Errorf("another balancer gave %v", err)
	}
}

// HAProxy begins to listen before it creates its socket. On a busy machine the gap is long.
func TestHAProxysSocketIsWaitedFor(t *testing.T) {
	path, _, err := findHAProxy(t.Context())
	if err != nil {
		t.Skipf("%v: apt-get install haproxy", err)
	}
	dir := t.TempDir()
	late := fmt.Sprintf(`#!/bin/sh
[ "$1" != -v ] || exec %[1]s -v
socket=$ADMIN_SOCKET
export ADMIN_SOCKET="$socket.early"
(until [ -S "$ADMIN_SOCKET" ]; do sleep 0.01; done; sleep 0.3; ln -s "$ADMIN_SOCKET" "$socket") &
exec %[1]s "$@"
`, path)
	must(t, os.WriteFile(filepath.Join(dir, "haproxy"), []byte(late), 0o700))
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
	f, err := OpenFront(t.Context(), HAProxy)
	must(t, err)
	f.Close()
}

func TestFrontThatCannotBeFoundIsBuiltIn(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	must(t, os.WriteFile(dir+"/haproxy", []byte("#!/bin/sh\necho HAProxy version 2.4.24-1 2023/01/01\n"), 0o700))
	f, err := OpenFront(t.Context(), Auto)
	must(t, err)
	defer f.Close()
	if want := "the built-in balancer (HAProxy 2.4.24 cannot add servers at run time: must be 2.5 or newer)"; f.Name != want {
		t.Errorf("the front is %q, want %q", f.Name, want)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if f, err := OpenFront(ctx, Auto); err == nil {
		f.Close()
		t.Error("a front was opened though nobody waits for it")
	}
}

func answer(t *testing.T, url string) string {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 10 * time.Second}
	resp, err := client.Get(url)
	must(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	must(t, err)
	return fmt.Sprintf("%d %s", resp.StatusCode, body)
}
