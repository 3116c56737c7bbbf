package haproxy_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/logtest"
	"github.com/autoscalebot/autoscalebot/bot/porttest"
)

func proxyBinary(t testing.TB) string {
	t.Helper()
	for _, name := range []string{"haproxy", "/usr/sbin/haproxy"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Skip("there is no haproxy here: apt-get install haproxy")
	return ""
}

type proxy struct {
	Socket string // unix://…
	URL    string
	Config string // the path of its configuration
	log    *logtest.Buffer
	cmd    *exec.Cmd
}

const preamble = `global

  stats socket SOCKET mode 600 level admin
  stats timeout 10s
defaults
  mode http
  timeout connect 2s
  timeout client 10s
  timeout server 10s
  timeout queue 10s
  timeout check 5s
frontend in
  bind 127.0.0.1:PORT
  default_backend web
`

// SOCKET and PORT in the configuration are replaced.
func startProxy(t testing.TB, config string, args ...string) *proxy {
	t.Helper()
	binary := proxyBinary(t)
	dir, err := os.MkdirTemp("", "haproxy") // a short path: a Unix socket's is at most 108 bytes
	must(t, err)
	t.Cleanup(func() { os.RemoveAll(dir) })
	port := porttest.Port(t)
	p := &proxy{
		Socket: "unix://" + filepath.Join(dir, "admin.sock"), URL: "http://127.0.0.1:" + port, Config: filepath.Join(dir, "haproxy.cfg"), log: &logtest.Buffer{},
	}
	config = strings.NewReplacer("SOCKET", strings.TrimPrefix(p.Socket, "unix://"), "PORT", port).Replace(config)
	must(t, os.WriteFile(p.Config, []byte(config), 0o600))
	for i := range args {
		args[i] = strings.ReplaceAll(args[i], "MASTER", strings.TrimPrefix(p.Socket, "unix://")+".master")
	}
	p.cmd = exec.Command(binary, append([]string{"-db", "-f", p.Config}, args...)...)
	p.cmd.Stdout, p.cmd.Stderr = p.log, p.log
	must(t, p.cmd.Start())
	must(t, os.WriteFile(p.Config+".pid", fmt.Append(nil, p.cmd.Process.Pid), 0o600))
	ended := make(chan struct{})
	go func() { p.cmd.Wait(); close(ended) }()
	t.Cleanup(func() {
		p.cmd.Process.Signal(syscall.SIGTERM)
		select {
		case <-ended:
		case <-time.After(5 * time.Second):
			p.cmd.Process.Kill()
			<-ended
		}
		if t.Failed() {
			t.Logf("HAProxy said:\n%s", p.log)
		}
	})
	eventually(t, "HAProxy takes requests", func() bool {
		select {
		case <-ended:
			t.Fatalf("HAProxy ended: %s", p.log)
		default:
		}
		if slices.Contains(args, "-W") && p.master().worker() == "" { // it would overhear a signal to reload
			return false
		}
		if answer, err := p.tryAsk("show info"); err != nil || !strings.Contains(answer, "HAProxy") {
			return false
		}
		conn, err := net.Dial("tcp", "127.0.0.1:"+port)
		if err == nil {
			conn.Close()
		}
		return err == nil
	})
	return p
}

func (p *proxy) stop(t testing.TB) {
	t.Helper()
	p.cmd.Process.Signal(syscall.SIGTERM)
	eventually(t, "HAProxy ends", func() bool {
		conn, err := net.Dial("tcp", strings.TrimPrefix(p.URL, "http://"))
		if err == nil {
			conn.Close()
		}
		return err != nil
	})
}

func (p *proxy) ask(t testing.TB, command string) string {
	t.Helper()
	answer, err := p.tryAsk(command)
	must(t, err)
	return answer
}

func (p *proxy) tryAsk(command string) (string, error) {
	conn, err := net.Dial("unix", strings.TrimPrefix(p.Socket, "unix://"))
	if err != nil {
		return "", err
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(time.Second))
	fmt.Fprintln(conn, command)
	answer, err := io.ReadAll(conn)
	return string(answer), err
}

// A backend is a server that takes requests: it answers its name.
type backend struct {
	name    string
	address string
	*httptest.Server
	served atomic.Int64
	under  atomic.Int64
	let    chan struct{} // closed, it ends the slow requests
	sick   atomic.Bool   // its health check fails
}

func startBackend(t testing.TB, name string) *backend {
	t.Helper()
	b := &backend{name: name, let: make(chan struct{})}
	b.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/health":
			if b.sick.Load() {
				w.WriteHeader(http.StatusServiceUnavailable)
			}
			return
		case "/slow":
			b.under.Add(1)
			defer b.under.Add(-1)
			select {
			case <-b.let:
			case <-r.Context().Done():
			}
			return
		}
		b.served.Add(1)
		time.Sleep(2 * time.Millisecond) // the work
		fmt.Fprint(w, name)
	}))
	b.address = b.Listener.Addr().String()
	t.Cleanup(func() { b.CloseClientConnections(); b.Close() })
	return b
}

// The request succeeds once end is called. The server must be the only one.
func (p *proxy) slowRequest(t testing.TB, b *backend) (end func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
		for t.Context().Err() == nil {
			resp, err := client.Get(p.URL + "/slow")
			if err == nil {
				resp.Body.Close()
				if resp.StatusCode == http.StatusOK {
					return
				}
			}
			time.Sleep(5 * time.Millisecond) // HAProxy is not reloaded yet
		}
	}()
	eventually(t, "the request is under way", func() bool { return b.under.Load() == 1 })
	return func() { close(b.let); <-done }
}

type load struct {
	stop   chan struct{}
	wait   sync.WaitGroup
	mu     sync.Mutex
	ok     map[string]int // by who answered
	failed []string
}

func startLoad(t testing.TB, url string, kept, fresh int) *load {
	l := &load{stop: make(chan struct{}), ok: map[string]int{}}
	t.Cleanup(func() { l.end() })
	for i := range kept + fresh {
		transport := &http.Transport{DisableKeepAlives: i >= kept}
		client := &http.Client{Transport: transport, Timeout: 8 * time.Second}
		l.wait.Go(func() {
			defer transport.CloseIdleConnections()
			for {
				select {
				case <-l.stop:
					return
				case <-time.After(6 * time.Millisecond):
				}
				l.send(client, url)
			}
		})
	}
	return l
}

func (l *load) send(client *http.Client, url string) {
	resp, err := client.Get(url)
	l.mu.Lock()
	defer l.mu.Unlock()
	if err != nil {
		l.failed = append(l.failed, err.Error())
		return
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != 200 {
		l.failed = append(l.failed, fmt.Sprintf("%d %q %v", resp.StatusCode, body, err))
		return
	}
	l.ok[string(body)]++
}

func (l *load) end() {
	l.mu.Lock()
	select {
	case <-l.stop:
	default:
		close(l.stop)
	}
	l.mu.Unlock()
	l.wait.Wait()
}

func (l *load) answers(name string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.ok[name]
}

func (l *load) noneFailed(t testing.TB, least int) {
	t.Helper()
	l.end()
	sum := 0
	for _, n := range l.ok {
		sum += n
	}
	if len(l.failed) > 0 || sum < least {
		t.Errorf("%d requests failed, the first: %v; %d were answered: %v, of at least %d", len(l.failed), l.failed[:min(3, len(l.failed))], sum, l.ok, least)
	}
	t.Logf("%d requests were answered, %d failed: %v", sum, len(l.failed), l.ok)
}

func eventually(t testing.TB, what string, is func() bool) {
	t.Helper()
	for until := time.Now().Add(10 * time.Second); time.Now().Before(until); time.Sleep(10 * time.Millisecond) {
		if is() {
			return
		}
	}
	t.Fatalf("not within 10 s: %s", what)
}
