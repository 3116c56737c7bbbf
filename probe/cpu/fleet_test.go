package cpu_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/probe"
	"github.com/autoscalebot/autoscalebot/probe/cpu"
)

// They are on the same port of addresses of their own.
type rack struct {
	port    int
	servers []*exporter
	now     []string
	err     error
	log     strings.Builder
}

// It skips the test where there is but one loopback address.
func newRack(t testing.TB, n int) *rack {
	t.Helper()
	for range 20 {
		r := &rack{}
		if r.start(t, n) {
			return r
		}
	}
	t.Skip("127.0.0.2 and on cannot be listened on here")
	return nil
}

// It is false where no port is free at all addresses.
func (r *rack) start(t testing.TB, n int) bool {
	var all []net.Listener
	for i := range n {
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.%d:%d", i+1, r.port))
		if err != nil {
			for _, l := range all {
				_ = l.Close()
			}
			return false
		}
		all, r.port = append(all, l), l.Addr().(*net.TCPAddr).Port
	}
	for _, l := range all {
		e := &exporter{}
		e.page.Store(seconds(0, 0))
		e.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			if text := e.page.Load().(string); text != "" {
				_, _ = io.WriteString(w, text)
				return
			}
			w.WriteHeader(http.StatusServiceUnavailable)
		}))
		_ = e.Listener.Close()
		e.Listener = l
		e.Start()
		t.Cleanup(e.Close)
		r.servers = append(r.servers, e)
		r.now = append(r.now, l.Addr().(*net.TCPAddr).IP.String()+":8080") // the app's port
	}
	return true
}

func (r *rack) fleet(t testing.TB, change ...func(*cpu.FleetOptions)) *cpu.Fleet {
	t.Helper()
	o := cpu.FleetOptions{
		Signal: cpu.CPU, Name: "pool_cpu", URL: fmt.Sprintf("http://:%d", r.port), MayMiss: cpu.MostMayMiss, Timeout: patient,
		Hosts: func(context.Context) ([]string, error) { return r.now, r.err },
		Log:   slog.New(slog.NewTextHandler(&r.log, &slog.HandlerOptions{ReplaceAttr: withoutTime})),
	}
	for _, c := range change {
		c(&o)
	}
	f, err := cpu.NewFleet(o)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func withoutTime(_ []string, a slog.Attr) slog.Attr {
	if a.Key == slog.TimeKey {
		return slog.Attr{}
	}
	return a
}

// in per cent of 100 s, from its last page to the next
func (e *exporter) busy(total *[2]float64, percent float64) {
	total[0] += percent
	total[1] += 100 - percent
	e.page.Store(seconds(total[0], total[1]))
}

func TestAFleetFollowsItsServers(t *testing.T) {
	r := newRack(t, 4)
	all := r.now
	var so [4][2]float64
	work := func(percents ...float64) {
		for i, p := range percents {
			r.servers[i].busy(&so[i], p)
		}
		later()
	}
	r.now = all[:2]
	mean, p90 := r.fleet(t), r.fleet(t, func(o *cpu.FleetOptions) { o.Percentile = 90 })
	work(10, 10, 10, 10)
	wantFleet(t, mean, 0, probe.BadAnswer, unknownYet)
	wantFleet(t, p90, 0, probe.BadAnswer, unknownYet)
	work(20, 60, 100, 100)
	wantFleet(t, mean, 40, probe.Answered, "")
	wantFleet(t, p90, 60, probe.Answered, "")

	r.now = all[:3] // one joins, and is yet unknown
	work(30, 50, 100, 100)
	wantFleet(t, mean, 40, probe.Answered, "")
	work(30, 50, 100, 100)
	wantFleet(t, mean, 60, probe.Answered, "")
	wantFleet(t, p90, 50, probe.Answered, "") // which was not asked when it joined

	r.now = all[1:3] // one leaves
	work(0, 20, 40, 100)
	wantFleet(t, mean, 30, probe.Answered, "")
	r.now = all[:3] // and comes back as another, that has just booted
	so[0] = [2]float64{}
	work(70, 20, 40, 100)
	wantFleet(t, mean, 30, probe.Answered, "")
	so[0] = [2]float64{} // and boots again
	work(50, 20, 40, 100)
	wantFleet(t, mean, 30, probe.Answered, "")
	work(90, 20, 40, 100)
	wantFleet(t, mean, 50, probe.Answered, "")
	if r.log.Len() > 0 {
		t.Errorf("the log says:\n%s", r.log.String())
	}
}

func TestServersThatFailAreToldAndLeftOut(t *testing.T) {
	r := newRack(t, 4)
	f, strict := r.fleet(t), r.fleet(t, func(o *cpu.FleetOptions) { o.MayMiss, o.Log = 1, nil })
	var so [4][2]float64
	work := func() {
		for i, e := range r.servers {
			if e.page.Load() != "" {
				e.busy(&so[i], float64(10*i+10))
			}
		}
		later()
	}
	f.Probe(t.Context())
	strict.Probe(t.Context())
	r.servers[0].page.Store("")
	r.servers[3].Close()
	work()
	wantFleet(t, f, 25, probe.Answered, "")
	wantFleet(t, strict, 0, probe.ServerError, "2 of 4 servers have no value; 127.0.0.1: status 503 Service Unavailable")
	wantLog := "level=WARN msg=\"a server has no value and is left out\" signal=pool_cpu server=127.0.0.1 error=\"status 503 Service Unavailable\"\n" +
		"level=WARN msg=\"a server has no value and is left out\" signal=pool_cpu server=127.0.0.4 error=\"connection refused by 127.0.0.4:" + fmt.Sprint(r.port) + "\"\n"
	if got := r.log.String(); got != wantLog {
		t.Errorf("the log says\n%s, want\n%s", got, wantLog)
	}
	r.log.Reset()
	r.servers[1].page.Store("<html>")
	r.servers[2].busy(&so[2], 30)
	later()
	wantFleet(t, f, 0, probe.ServerError, "3 of 4 servers have no value; 127.0.0.1: status 503 Service Unavailable")
	r.servers[0].busy(&so[0], 10)
	r.servers[1].busy(&so[1], 20)
	r.servers[2].busy(&so[2], 30)
	later()
	r.now = r.now[:3] // the pool took the dead one out
	wantFleet(t, f, 20, probe.Answered, "")
	wantLog = "level=WARN msg=\"a server has no value and is left out\" signal=pool_cpu server=127.0.0.2 error=\"the answer is not node_exporter's: check the URL\"\n" +
		"level=INFO msg=\"a server has a value again\" signal=pool_cpu server=127.0.0.1\nlevel=INFO msg=\"a server has a value again\" signal=pool_cpu server=127.0.0.2\n"
	if got := r.log.String(); got != wantLog {
		t.Errorf("the log says\n%s, want\n%s", got, wantLog)
	}
}

func TestTheServersAreNotKnown(t *testing.T) {
	r := newRack(t, 1)
	f := r.fleet(t)
	r.err = errors.New("list the servers of web: 503 Service Unavailable")
	wantFleet(t, f, 0, probe.Unreachable, "the list of servers is not known: list the servers of web: 503 Service Unavailable")
	r.now, r.err = nil, nil
	wantFleet(t, f, 0, probe.BadAnswer, "there are no servers")
	for i := range 300 {
		r.now = append(r.now, fmt.Sprintf("10.0.%d.%d", i/250, i%250))
	}
	wantFleet(t, f, 0, probe.BadAnswer, "there are 300 servers: the maximum is 256, use Prometheus")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if got := f.Probe(ctx); got.Outcome != probe.Unreachable || got.Error != "canceled" {
		t.Errorf("got %+v", got)
	}
	slow := r.fleet(t, func(o *cpu.FleetOptions) {
		o.Timeout = 10 * time.Millisecond
		o.Hosts = func(ctx context.Context) ([]string, error) { <-ctx.Done(); return nil, ctx.Err() }
	})
	wantFleet(t, slow, 0, probe.Timeout, "the list of servers did not come in time")
}

func TestAllMistakesOfAFleetAreToldAtOnce(t *testing.T) {
	_, err := cpu.NewFleet(cpu.FleetOptions{Signal: "disk", URL: "http://bot:s3cr3t@10.0.0.1:9100", Percentile: 101, MayMiss: -2, Via: "s3cr3t"})
	const want = `signal of servers: "disk" is not a signal of a machine: must be cpu or memory
the percentile is 101: must be above 0 and up to 100, or 0 for the mean
the timeout is 0s: must be more than 0
the list of servers is not set
-2 servers may fail: must be 0 or more
the proxy must be a URL with a host and a port, such as socks5://127.0.0.1:1080
the URL must have a port and no host, such as http://:9100`
	if err == nil || err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
}

func TestAFleetBehindAProxy(t *testing.T) {
	r := newRack(t, 2)
	r.now = []string{"10.255.255.1:80", "10.255.255.2"} // where the proxy alone finds them
	var asked atomic.Int32
	proxy := socks(t, func(addr string) string {
		asked.Add(1)
		return strings.Replace(addr, "10.255.255.", "127.0.0.", 1)
	})
	f := r.fleet(t, func(o *cpu.FleetOptions) { o.Via, o.Signal = "socks5://"+proxy.Addr().String(), cpu.Memory })
	for _, e := range r.servers {
		e.page.Store(memoryPage)
	}
	wantFleet(t, f, 75, probe.Answered, "")
	if asked.Load() != 2 {
		t.Errorf("the proxy was asked %d times, want 2", asked.Load())
	}
	_ = proxy.Close()
	wantFleet(t, f, 0, probe.Unreachable, "2 of 2 servers have no value; 10.255.255.1: connection refused by the proxy "+proxy.Addr().String())
}

// It speaks as much of SOCKS 5 (RFC 1928) as one of ssh -D does: CONNECT without a password.
func socks(t testing.TB, find func(addr string) string) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				hello, req := make([]byte, 3), make([]byte, 10)
				_, _ = io.ReadFull(c, hello)
				_, _ = c.Write([]byte{5, 0})
				_, _ = io.ReadFull(c, req) // version, CONNECT, 0, IPv4, four bytes, port
				to, err := net.Dial("tcp", find(fmt.Sprintf("%s:%d", net.IP(req[4:8]), int(req[8])<<8|int(req[9]))))
				if err != nil {
					return
				}
				defer to.Close()
				_, _ = c.Write([]byte{5, 0, 0, 1, 0, 0, 0, 0, 0, 0})
				go func() { _, _ = io.Copy(to, c); _ = to.Close() }()
				_, _ = io.Copy(c, to)
			}()
		}
	}()
	return l
}

// Real node_exporters on two servers tell how busy this machine is, and one that joins counts from its second reading on.
func TestAFleetOfNodeExporters(t *testing.T) {
	first := startNodeExporter(t)
	_, port, _ := net.SplitHostPort(first)
	r := &rack{now: []string{"127.0.0.1"}}
	_, _ = fmt.Sscan(port, &r.port)
	f := r.fleet(t)
	wantFleet(t, f, 0, probe.BadAnswer, unknownYet)
	got := busyReading(t, f)
	if got.Status != 200 {
		t.Errorf("got %+v", got)
	}
	startNodeExporterAt(t, "127.0.0.2:"+port)
	r.now = []string{"127.0.0.1:8080", "127.0.0.2:8080", "127.0.0.3:8080"} // the third does not run one
	busyReading(t, f)
	busyReading(t, f)
	if log := r.log.String(); strings.Count(log, "server=127.0.0.3") != 1 || strings.Contains(log, "127.0.0.2") {
		t.Errorf("the log says:\n%s", log)
	}
}

func busyReading(t *testing.T, f *cpu.Fleet) probe.Reading {
	t.Helper()
	var r probe.Reading
	for until := time.Now().Add(patient); time.Now().Before(until); later() {
		if r = f.Probe(t.Context()); r.Outcome == probe.Answered && r.Value > 0 && r.Value <= 100 {
			return r
		}
	}
	t.Fatalf("got %+v", r)
	return r
}

func wantFleet(t *testing.T, f *cpu.Fleet, value float64, outcome probe.Outcome, text string) {
	t.Helper()
	if r := f.Probe(t.Context()); r.Value != value || r.Outcome != outcome || r.Error != text || r.Unit != "%" || r.Signal == "" {
		t.Errorf("got %+v, want %v, %s, %q", r, value, outcome, text)
	}
}
