package local

import (
	"bufio"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/logtest"
)

func TestRestartsComeLaterAndLater(t *testing.T) {
	p := open(t, options(t, "", 0))
	for crashes, want := range map[int]time.Duration{
		1: time.Second, 2: 2 * time.Second, 3: 4 * time.Second, 9: 256 * time.Second, 10: 5 * time.Minute, 1e6: 5 * time.Minute,
	} {
		if got := p.timing.restartAfter(crashes); got != want {
			t.Errorf("restart after %d crashes in a row: %v, want %v", crashes, got, want)
		}
	}
}

func TestCrashingProcessIsRestartedWithBackoffAndCountsAsSettled(t *testing.T) {
	var log, out logtest.Buffer
	o := options(t, "crash", 1)
	o.Log, o.Out = slog.New(slog.NewTextHandler(&log, nil)), &out
	p := open(t, o)
	p.timing.backoff, p.timing.backoffMax = 10*time.Millisecond, 40*time.Millisecond
	start(t, p)
	eventually(t, "five crashes", func() bool { return strings.Count(log.String(), "local process crashed") >= 5 })
	rest := log.String()
	for _, wait := range []string{"10ms", "20ms", "40ms", "40ms", "40ms"} {
		line, after, _ := strings.Cut(rest, "\n")
		if !strings.Contains(line, `process=web.1 exit="exit status 3" restart_in=`+wait) {
			t.Errorf("log line %q, want the exit status and %s", line, wait)
		}
		rest = after
	}
	if !strings.HasPrefix(out.String(), "web.1 | about to\nweb.1 | crash\n") {
		t.Errorf("output %.60q lacks the last words", out.String())
	}
}

func TestProcessThatWasUpForAWhileStartsWithTheShortestBackoffAgain(t *testing.T) {
	var log logtest.Buffer
	o := options(t, "", 1)
	o.Log = slog.New(slog.NewTextHandler(&log, nil))
	p := open(t, o)
	p.timing.backoff, p.timing.calm = 10*time.Millisecond, 0
	run(t, p)
	for n := 1; n <= 3; n++ {
		eventually(t, "up", func() bool { return states(p) == "web.1 up" })
		get(t, p.url+"/exit")
		eventually(t, "crash", func() bool { return strings.Count(log.String(), "exit status 4") == n })
	}
	if n := strings.Count(log.String(), "restart_in=10ms"); n != 3 {
		t.Errorf("%d of 3 restarts after 10ms:\n%s", n, log.String())
	}
}

func wantUp(t *testing.T, p *Platform, n int) {
	t.Helper()
	if got, err := p.Up(t.Context()); got != n || err != nil {
		t.Errorf("Up = %d, %v, want %d, nil", got, err, n)
	}
}

func TestProcessThatCrashedIsNotUpWhileItWaitsForItsRestart(t *testing.T) {
	p := open(t, options(t, "", 2))
	p.timing.backoff = time.Hour
	wantUp(t, p, 0)
	stop := start(t, p)
	wantUp(t, p, 2)
	get(t, p.url+"/exit")
	eventually(t, "crash", func() bool { return strings.Contains(states(p), "crashed") })
	wantUp(t, p, 1)
	must(t, stop())
	wantUp(t, p, 0)
}

func TestProcessGetsRequestsOnlyOnceItAcceptsConnections(t *testing.T) {
	gate := filepath.Join(t.TempDir(), "gate")
	o := options(t, "slow boot", 1)
	o.Env = append(o.Env, "GATE="+gate)
	p := open(t, o)
	run(t, p)
	eventually(t, "the router", func() bool { return listening(p.ln.Addr().String()) })
	if status, body := get(t, p.url); status != 503 || body != "H14 No processes running" {
		t.Errorf("while it boots: %d %q", status, body)
	}
	if _, settled, _ := p.Size(t.Context()); settled || states(p) != "web.1 starting" {
		t.Errorf("while it boots: settled %v, %s", settled, states(p))
	}
	wantUp(t, p, 0)
	touch(t, gate)
	settle(t, p)
	wantUp(t, p, 1)
	if status, body := get(t, p.url); status != 200 || body != "web.1" {
		t.Errorf("once it is up: %d %q", status, body)
	}
}

func TestProcessThatNeverListensIsEnded(t *testing.T) {
	var log logtest.Buffer
	o := options(t, "deaf", 1)
	o.Log, o.BootTimeout = slog.New(slog.NewTextHandler(&log, nil)), 50*time.Millisecond
	p := open(t, o)
	start(t, p)
	eventually(t, "R10 in the log", func() bool {
		return strings.Contains(log.String(), "R10: no connection accepted at 127.0.0.1 on $PORT within 50ms")
	})
}

func TestProcessWhosePortWasTakenGetsAnotherAtOnce(t *testing.T) {
	other, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer other.Close()
	var log logtest.Buffer
	o := options(t, "", 1)
	o.Log = slog.New(slog.NewTextHandler(&log, nil))
	p := open(t, o)
	p.timing.backoff = time.Hour
	asked := 0
	p.ports.find = func() (int, error) {
		if asked++; asked < 3 {
			return other.Addr().(*net.TCPAddr).Port, nil
		}
		return freePort()
	}
	run(t, p)
	// Twice, the other program is mistaken for the process until the process has ended.
	eventually(t, "third start", func() bool { return strings.Count(log.String(), "local process is up") == 3 })
	if status, body := get(t, p.url); status != 200 || body != "web.1" {
		t.Errorf("answer %d %q, want that of the process", status, body)
	}
	if strings.Contains(log.String(), "crashed") {
		t.Errorf("a taken port was held to be a crash: %s", log.String())
	}
}

// Sends requests that end once file exists, until one reaches the process name.
func hold(t *testing.T, p *Platform, name, file string) (*http.Response, *bufio.Reader) {
	t.Helper()
	for range 200 {
		res, err := client.Get(p.url + "/hold?file=" + url.QueryEscape(file))
		must(t, err)
		body := bufio.NewReader(res.Body)
		if line, _ := body.ReadString('\n'); line == name+"\n" {
			t.Cleanup(func() { _ = res.Body.Close() })
			return res, body
		}
		_ = res.Body.Close()
	}
	t.Fatalf("none of 200 requests went to %s", name)
	return nil, nil
}

func TestScalingDownEndsTheHighestNumberAndLetsItsRequestsFinish(t *testing.T) {
	for _, c := range []struct{ name, command string }{
		{"plain", `"$APP"`},
		{"behind a shell that ends sooner", `"$APP" & wait`},
	} {
		t.Run(c.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "file")
			o := options(t, "", 3)
			o.Command = c.command
			p := open(t, o)
			p.timing.drain = 50 * time.Millisecond // SIGTERM comes while the request is in flight
			start(t, p)
			_, body := hold(t, p, "web.3", file)
			resize(t, p, 2)
			if got := states(p); got != "web.1 up, web.2 up, web.3 stopping" {
				t.Errorf("processes: %s", got)
			}
			wantUp(t, p, 2)
			if _, settled, _ := p.Size(t.Context()); settled {
				t.Error("settled while a process is stopping")
			}
			for range 30 {
				if _, who := get(t, p.url); who == "web.3" {
					t.Fatal("a request went to the process that is stopping")
				}
			}
			eventually(t, "SIGTERM", func() bool { return asked(p) })
			touch(t, file)
			if rest, err := io.ReadAll(body); string(rest) != "done\n" || err != nil {
				t.Errorf("the request under way got %q, %v", rest, err)
			}
			settle(t, p)
		})
	}
}

func asked(p *Platform) bool {
	p.procs.mu.Lock()
	defer p.procs.mu.Unlock()
	for proc := range p.procs.running {
		proc.mu.Lock()
		a := proc.asked
		proc.mu.Unlock()
		if a {
			return true
		}
	}
	return false
}

func TestProcessIsAskedToEndOnlyAfterItsRequestsHaveEnded(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	p := open(t, options(t, "die of SIGTERM", 1))
	p.timing.drain = time.Hour
	start(t, p)
	_, body := hold(t, p, "web.1", file)
	resize(t, p, 0)
	if status, _ := get(t, p.url); status != 503 {
		t.Errorf("a process that is stopping got a request: %d", status)
	}
	touch(t, file)
	if rest, err := io.ReadAll(body); string(rest) != "done\n" || err != nil {
		t.Errorf("the request under way got %q, %v", rest, err)
	}
	settle(t, p)
}

func TestShutdownDoesNotWaitForRequests(t *testing.T) {
	p := open(t, options(t, "die of SIGTERM", 1))
	p.timing.drain = time.Hour
	stop := start(t, p)
	_, body := hold(t, p, "web.1", filepath.Join(t.TempDir(), "never"))
	if err := stop(); err != nil {
		t.Errorf("Run gave %v", err)
	}
	if rest, err := io.ReadAll(body); err == nil {
		t.Errorf("a request whose process ended seems whole: %q", rest)
	}
}

func TestProcessThatIgnoresSIGTERMGetsSIGKILL(t *testing.T) {
	p := open(t, options(t, "ignore SIGTERM", 1))
	p.timing.grace = 50 * time.Millisecond
	start(t, p)
	resize(t, p, 0)
	settle(t, p)
	if p.procs.count() != 0 {
		t.Error("it still runs")
	}
}

func TestNewProcessDoesNotWaitForTheOldOneOfItsNumber(t *testing.T) {
	p := open(t, options(t, "ignore SIGTERM", 1))
	p.timing.grace = 10 * time.Second
	start(t, p)
	resize(t, p, 0)
	resize(t, p, 1)
	eventually(t, "both", func() bool { return states(p) == "web.1 up, web.1 stopping" })
	p.Kill()
}

func grandchild(t *testing.T, out interface{ String() string }) string {
	t.Helper()
	var addr string
	eventually(t, "grandchild", func() bool {
		_, rest, _ := strings.Cut(out.String(), "grandchild listens at ")
		line, _, ok := strings.Cut(rest, "\n")
		addr = line
		return ok && listening(addr)
	})
	return addr
}

func TestGrandchildrenEndWithTheirProcess(t *testing.T) {
	for _, c := range []struct {
		name string
		end  func(*testing.T, *Platform)
	}{
		{"scaled down", func(t *testing.T, p *Platform) { resize(t, p, 0) }},
		{"crashed", func(t *testing.T, p *Platform) { get(t, p.url+"/exit") }},
		{"killed", func(_ *testing.T, p *Platform) { p.Kill() }},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out logtest.Buffer
			o := options(t, "grandchild", 1)
			o.Out = &out
			p := open(t, o)
			p.timing.backoff = time.Hour
			start(t, p)
			addr := grandchild(t, &out)
			c.end(t, p)
			eventually(t, "end of the grandchild", func() bool { return !listening(addr) })
		})
	}
}

func TestProcessThatLeftTheGroupDoesNotHoldUpItsEnd(t *testing.T) {
	if _, err := os.Stat("/usr/bin/setsid"); err != nil {
		t.Skip("needs setsid")
	}
	var out logtest.Buffer
	o := options(t, "", 1)
	o.Command, o.Out = `setsid sleep 5 & echo "left: $!"; exec "$APP"`, &out
	p := open(t, o)
	stop := start(t, p)
	began := time.Now()
	if err := stop(); err != nil || time.Since(began) > 4*time.Second {
		t.Errorf("Run ended with %v after %v", err, time.Since(began))
	}
}

func (l *launcher) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.running)
}
