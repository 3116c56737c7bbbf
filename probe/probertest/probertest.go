// Package probertest is the conformance suite that every signal must pass.
//
//	func TestSignal(t *testing.T) {
//		server := start(t) // a real one on loopback, with three jobs in its queue
//		probertest.Run(t, probertest.Fixture{
//			Addr: server.Addr,
//			New: func(addr string, timeout time.Duration) (probe.Prober, error) {
//				return redis.New(redis.Options{URL: "redis://:s3cr3t@" + addr, Keys: []string{"queue:default"}, Timeout: timeout})
//			},
//			Want:    probe.Reading{Signal: "redis", Value: 3, Unit: "jobs"},
//			Secrets: []string{"s3cr3t"},
//		})
//	}
package probertest

import (
	"context"
	"math"
	"net"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/autoscalebot/autoscalebot/probe"
)

const (
	// Long, because the machine may be busy, not because a prober may be slow.
	patience = 5 * time.Second
	// No probe of a healthy far end takes this long.
	unreached    = 20 * time.Second
	soon         = 200 * time.Millisecond // for a silent far end
	maxAllocated = 32 << 20               // bytes that one probe may allocate, whatever the far end says
	// The prober must end an endless answer after at most this, including the system's buffers.
	maxSaid = 32 << 20
)

// A Fixture is a signal under test, and the far end that it reads.
type Fixture struct {
	// Addr is where the far end listens, as host:port on loopback. It must stay healthy: a relay in front of it causes
	// the faults.
	Addr string
	// New returns a prober for the far end at addr, with the timeout.
	New func(addr string, timeout time.Duration) (probe.Prober, error)
	// Want is the reading of a healthy far end: its Signal, Value, Unit and Status.
	Want probe.Reading
	// Refused returns a prober that the far end refuses, for a wrong password, for example. It is nil if the far end
	// refuses nobody.
	Refused func(addr string, timeout time.Duration) (probe.Prober, error)
	// Secrets must appear in no reading.
	Secrets []string
}

// Run checks a signal against the contract of [probe.Prober] and what holds for every reading.
func Run(t *testing.T, f Fixture) {
	for _, c := range []struct {
		name string
		test func(*testing.T, bench)
	}{
		{"answers", answers},
		{"times out", timesOut},
		{"stalls in the middle of an answer", stalls},
		{"the caller's deadline counts", callersDeadline},
		{"garbage is a failure", garbage},
		{"an endless answer is not read to its end", endless},
		{"hung up on", hungUp},
		{"gone", gone},
		{"refused", refused},
		{"recovers", recovers},
		{"canceled before", canceledBefore},
		{"canceled meanwhile", canceledMeanwhile},
		{"works from several goroutines", concurrent},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := goleak.IgnoreCurrent()
			r := newRelay(t, f.Addr)
			c.test(t, bench{Fixture: f, relay: r})
			if r.left() {
				t.Error("a connection is left open after the probes")
			}
			r.stop()
			// goleak waits for goroutines that are about to end.
			if err := goleak.Find(before); err != nil && !t.Failed() {
				t.Errorf("goroutines are left: %v", err)
			}
		})
	}
}

type bench struct {
	Fixture
	relay *relay
}

func (b bench) prober(t *testing.T, timeout time.Duration) probe.Prober {
	t.Helper()
	p, err := b.New(b.relay.addr, timeout)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func (b bench) take(ctx context.Context, t *testing.T, p probe.Prober) probe.Reading {
	t.Helper()
	before := time.Now()
	r := p.Probe(ctx)
	known := []probe.Outcome{
		probe.Answered, probe.Timeout, probe.ServerError, probe.ClientError, probe.Unreachable, probe.BadAnswer,
	}
	if !slices.Contains(known, r.Outcome) {
		t.Errorf("unknown outcome %q", r.Outcome)
	}
	for _, s := range b.Secrets {
		if strings.Contains(r.Error, s) {
			t.Errorf("the error %q holds a secret", r.Error)
		}
	}
	if (r.Error == "") != (r.Outcome == probe.Answered) {
		t.Errorf("outcome %q with the error %q", r.Outcome, r.Error)
	}
	if len(r.Error) > 300 || strings.ContainsFunc(r.Error,
		func(c rune) bool { return c < ' ' || c == 0x7f || c == 0xfffd }) {
		t.Errorf("the error is not a short line of text: %q", r.Error)
	}
	if r.Signal != b.Want.Signal || r.Unit != b.Want.Unit || r.Time.Before(before) || r.Time.After(time.Now()) {
		t.Errorf("odd reading: %+v", r)
	}
	if math.IsNaN(r.Value) || math.IsInf(r.Value, 0) || r.Outcome != probe.Answered && r.Value != 0 {
		t.Errorf("outcome %q with the value %v", r.Outcome, r.Value)
	}
	return r
}

func (b bench) wantAnswer(t *testing.T, p probe.Prober) {
	t.Helper()
	r := b.take(t.Context(), t, p)
	if r.Outcome != probe.Answered || r.Value != b.Want.Value || r.Status != b.Want.Status {
		t.Errorf("got %+v, want the value %v and the status %d", r, b.Want.Value, b.Want.Status)
	}
}

func (b bench) wantTimeout(ctx context.Context, t *testing.T, p probe.Prober) {
	t.Helper()
	start := time.Now()
	if r := b.take(ctx, t, p); r.Outcome != probe.Timeout {
		t.Errorf("got %+v, want a timeout", r)
	}
	if d := time.Since(start); d > soon+patience {
		t.Errorf("the probe took %v, and had %v", d, soon)
	}
}

func answers(t *testing.T, b bench) {
	p := b.prober(t, unreached)
	for range 3 {
		b.wantAnswer(t, p)
	}
}

func timesOut(t *testing.T, b bench) {
	p := b.prober(t, soon)
	b.relay.do(hang)
	b.wantTimeout(t.Context(), t, p)
}

func stalls(t *testing.T, b bench) {
	p := b.prober(t, soon)
	for _, n := range []int64{1, 4} {
		b.relay.do(b.relay.stallAfter(n))
		b.wantTimeout(t.Context(), t, p)
	}
}

func callersDeadline(t *testing.T, b bench) {
	ctx, cancel := context.WithTimeout(t.Context(), soon)
	defer cancel()
	p := b.prober(t, unreached)
	b.relay.do(hang)
	b.wantTimeout(ctx, t, p)
}

// Bytes that are not an answer: other services' greetings, and absurd lengths.
var babble = []string{
	"", "\r\n\r\n", "220 mail.example.com ESMTP\r\n", "SSH-2.0-OpenSSH_9.2\r\n", "\x00\x01\x02\xff\xfe\xfd",
	"\x15\x03\x01\x00\x02\x02\x28",
	"HTTP/1.1 200 OK\r\n\r\n<html>It works!</html>", "HTTP/1.1 200 OK\r\nContent-Length: 4000000000\r\n\r\n{",
	"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnull",
	"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n\r\n", "HTTP/1.1 204 No Content\r\n\r\n",
	"HTTP/1.1 999 \x1b[2J\r\n\r\n",
	"*1000000000\r\n", "$1000000000\r\n", ":\r\n", ":1e9\r\n", "-\r\n", "-ERR \x1b[2J\x00\r\n",
	"+OK\r\n+OK\r\n+OK\r\n+OK\r\n",
	"R\x7f\xff\xff\xff\x00\x00\x00\x00", "R\x00\x00\x00\x08\x00\x00\x00\x00Z\x00\x00\x00\x05I", "E\x00\x00\x00\x04",
	"S\x20\x00\x00\x00" + strings.Repeat("a", 1000),
}

func garbage(t *testing.T, b bench) {
	p := b.prober(t, 2*soon)
	far := map[string]func(net.Conn){"an echo": echo}
	for _, s := range babble {
		far[s] = say(s)
	}
	for name, handle := range far {
		b.relay.do(handle)
		var r probe.Reading
		if n := allocated(func() { r = b.take(t.Context(), t, p) }); n > maxAllocated {
			t.Errorf("%.60q: the probe allocated %d MiB", name, n>>20)
		}
		if r.Outcome == probe.Answered {
			t.Errorf("%.60q: got %+v", name, r)
		}
	}
}

func endless(t *testing.T, b bench) {
	p := b.prober(t, unreached)
	for _, s := range []string{
		"a", "[", "0", "+", "HTTP/1.1 100 Continue\r\n\r\n", "S\x00\x00\x00\x08a\x00b\x00", "*99\r\n",
		"$99\r\n" + strings.Repeat("9", 99) + "\r\n",
	} {
		for _, head := range []string{"", "HTTP/1.1 200 OK\r\n\r\n"} {
			b.relay.do(b.relay.flood(head, s))
			if r := b.take(t.Context(), t, p); r.Outcome == probe.Answered || r.Outcome == probe.Timeout {
				t.Errorf("%q for ever: got %+v, want that the prober hangs up", s, r)
			}
			b.relay.do(hang) // ends the connection, so that everything is counted
			if n := b.relay.said.Swap(0); n > maxSaid {
				t.Errorf("%q for ever: %d MiB were taken", s, n>>20)
			}
		}
	}
}

func hungUp(t *testing.T, b bench) {
	p := b.prober(t, unreached)
	for _, handle := range []func(net.Conn){func(net.Conn) {}, reset, b.relay.cutAfter(1), b.relay.cutAfter(4)} {
		b.relay.do(handle)
		if r := b.take(t.Context(), t, p); r.Outcome == probe.Answered || r.Outcome == probe.Timeout {
			t.Errorf("got %+v", r)
		}
	}
}

func gone(t *testing.T, b bench) {
	p := b.prober(t, unreached)
	b.relay.stop()
	if r := b.take(t.Context(), t, p); r.Outcome != probe.Unreachable || !strings.Contains(r.Error, "refused") {
		t.Errorf("got %+v, want one that says that the connection was refused", r)
	}
}

func refused(t *testing.T, b bench) {
	if b.Refused == nil {
		t.Skip("nobody is refused here")
	}
	p, err := b.Refused(b.relay.addr, unreached)
	if err != nil {
		t.Fatal(err)
	}
	if r := b.take(t.Context(), t, p); r.Outcome != probe.ClientError {
		t.Errorf("got %+v, want a client error", r)
	}
}

func recovers(t *testing.T, b bench) {
	p := b.prober(t, unreached)
	b.wantAnswer(t, p)
	b.relay.stop()
	b.take(t.Context(), t, p)
	b.relay.start(t)
	b.wantAnswer(t, p)
	b.relay.do(reset)
	b.take(t.Context(), t, p)
	b.relay.do(b.relay.pass)
	b.wantAnswer(t, p)
}

func canceledBefore(t *testing.T, b bench) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if r := b.take(ctx, t, b.prober(t, unreached)); r.Outcome != probe.Unreachable || r.Error != "canceled" {
		t.Errorf("got %+v", r)
	}
}

func canceledMeanwhile(t *testing.T, b bench) {
	p := b.prober(t, unreached)
	ctx, cancel := context.WithCancel(t.Context())
	var end time.Time
	b.relay.do(func(c net.Conn) {
		end = time.Now()
		cancel()
		hang(c)
	})
	if r := b.take(ctx, t, p); r.Outcome != probe.Unreachable || r.Error != "canceled" {
		t.Errorf("got %+v", r)
	}
	b.relay.do(hang) // waits for the handler above
	if d := time.Since(end); d > patience {
		t.Errorf("the probe took %v more", d)
	}
}

func concurrent(t *testing.T, b bench) {
	p := b.prober(t, unreached)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() { b.wantAnswer(t, p) })
	}
	all.Wait()
}

func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}
