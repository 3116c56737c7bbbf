package probe_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http/httptrace"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/porttest"
	"github.com/autoscalebot/autoscalebot/probe"
)

const ok = "HTTP/1.1 200 OK\r\n"

func say(answer string) func(net.Conn) {
	return func(c net.Conn) { _, _ = io.WriteString(c, answer) }
}

func hang(c net.Conn) { _, _ = io.Copy(io.Discard, c) }

// It ends with a RST.
func reset(c net.Conn) { _ = c.(*net.TCPConn).SetLinger(0) }

func repeat(answer string) func(net.Conn) {
	return func(c net.Conn) {
		for {
			if _, err := io.WriteString(c, answer); err != nil {
				return
			}
		}
	}
}

func then(first, second func(net.Conn)) func(net.Conn) {
	return func(c net.Conn) { first(c); second(c) }
}

func TestBrokenServers(t *testing.T) {
	const soon = 150 * time.Millisecond // for answers that never come
	tests := []struct {
		name    string
		serve   func(net.Conn)
		timeout time.Duration
		outcome probe.Outcome
		status  int
		err     string // ADDR stands for the server's
	}{
		{"reset before the answer", reset, patient, probe.Unreachable, 0, "connection reset by ADDR"},
		{"reset in the body", then(say(ok+"\r\nBe"), reset), patient, probe.Unreachable, 200, "connection reset by ADDR"},
		{"closed before the answer", say(""), patient, probe.Unreachable, 0, "connection closed by ADDR before it answered"},
		{"closed in the headers", say(ok + "X: "), patient, probe.Unreachable, 0, "connection closed by ADDR before it answered"},
		{"closed in the body", say(ok + "Content-Length: 5\r\n\r\nBeat"), patient, probe.Unreachable, 200, "connection closed by ADDR in the middle of its answer"},
		{"closed before the body", say(ok + "Content-Length: 5\r\n\r\n"), patient, probe.Unreachable, 200, "connection closed by ADDR in the middle of its answer"},
		{"closed in a chunk", say(ok + "Transfer-Encoding: chunked\r\n\r\n5\r\nBea"), patient, probe.Unreachable, 200, "connection closed by ADDR in the middle of its answer"},
		{"half closed", then(say(ok), func(c net.Conn) { _ = c.(*net.TCPConn).CloseWrite(); hang(c) }), patient, probe.Unreachable, 0, "connection closed by ADDR before it answered"},
		{"body without length", say(ok + "\r\nBeat"), patient, probe.Answered, 200, ""},
		{"no answer", hang, soon, probe.Timeout, 0, "no answer within 150ms"},
		{"headers that don't end", then(say(ok+"X: "), hang), soon, probe.Timeout, 0, "no answer within 150ms"},
		{"body that doesn't begin", then(say(ok+"Content-Length: 4\r\n\r\n"), hang), soon, probe.Timeout, 200, "no answer within 150ms"},
		{"body that doesn't end", then(say(ok+"Content-Length: 4\r\n\r\nBe"), hang), soon, probe.Timeout, 200, "answer not finished within 150ms"},
		{"error whose body doesn't end", then(say("HTTP/1.1 503 s3cr3t\r\nContent-Length: 4\r\n\r\n"), hang), patient, probe.ServerError, 503, "status 503 Service Unavailable"},
		{"redirect whose body doesn't end", then(say("HTTP/1.1 302 Found\r\nLocation: ftp://s3cr3t/\r\nContent-Length: 4\r\n\r\n"), hang), patient, probe.BadAnswer, 302, "redirect to a URL that has a scheme other than http and https"},
		{"endless body", then(say(ok+"\r\n"), repeat(strings.Repeat("x", 4096))), patient, probe.Answered, 200, ""},
		{"as much body as is read, and no end", then(say(ok+"\r\n"+strings.Repeat("x", 64<<10)), hang), patient, probe.Answered, 200, ""},
		{"a byte less", then(say(ok+"\r\n"+strings.Repeat("x", 64<<10-1)), hang), soon, probe.Timeout, 200, "answer not finished within 150ms"},
		{"long headers", say(ok + strings.Repeat("X: "+strings.Repeat("x", 995)+"\r\n", 60) + "\r\n"), patient, probe.Answered, 200, ""},
		{"longer headers", say(ok + strings.Repeat("X: "+strings.Repeat("x", 995)+"\r\n", 80) + "\r\n"), patient, probe.BadAnswer, 0, "the answer from ADDR has more than 64 KiB of headers"},
		{"endless headers", then(say(ok), repeat("X: "+strings.Repeat("x", 1000)+"\r\n")), patient, probe.BadAnswer, 0, "the answer from ADDR has more than 64 KiB of headers"},
		{"endless header", then(say(ok), repeat(strings.Repeat("x", 4096))), patient, probe.BadAnswer, 0, "the answer from ADDR has more than 64 KiB of headers"},
		{"endless early hints", repeat("HTTP/1.1 103 Early Hints\r\n\r\n"), patient, probe.BadAnswer, 0, "the answer from ADDR has more than 64 KiB of headers"},
		{"garbage", say("\x00\xff s3cr3t\r\n\r\n"), patient, probe.BadAnswer, 0, "the answer from ADDR is not valid HTTP"},
		{"a bad chunk", say(ok + "Transfer-Encoding: chunked\r\n\r\ns3cr3t\r\n"), patient, probe.BadAnswer, 200, "the answer from ADDR is not valid HTTP"},
		{"two lengths", say(ok + "Content-Length: 4\r\nContent-Length: 5\r\n\r\nBeat"), patient, probe.BadAnswer, 0, "the answer from ADDR is not valid HTTP"},
		{"another protocol", say("HTTP/1.1 101 Switching Protocols\r\nUpgrade: s3cr3t\r\nConnection: upgrade\r\n\r\n"), patient, probe.BadAnswer, 101, "unexpected status 101 Switching Protocols"},
		{"a redirect that can't be read", say("HTTP/1.1 301 Moved\r\nLocation: http://s3cr3t:%zz/\r\n\r\n"), patient, probe.BadAnswer, 301, "redirect to an invalid URL"},
		{"a redirect to no host", say("HTTP/1.1 301 Moved\r\nLocation: http:///\r\n\r\n"), patient, probe.BadAnswer, 301, "redirect to a URL that has no host"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			addr := listen(t, tt.serve)
			r := take(t, heartbeat(t, probe.HeartbeatOptions{URL: "http://" + addr, Timeout: tt.timeout}))
			want := strings.ReplaceAll(tt.err, "ADDR", addr)
			if r.Outcome != tt.outcome || r.Status != tt.status || r.Error != want {
				t.Errorf("got %+v\nwant error %q", r, want)
			}
			if r.Outcome == probe.Timeout && r.Value < 150 {
				t.Errorf("timed out after %v ms", r.Value)
			}
		})
	}
}

func TestRefusedConnection(t *testing.T) {
	addr := porttest.Addr(t)
	r := take(t, heartbeat(t, probe.HeartbeatOptions{URL: "http://" + addr}))
	if r.Outcome != probe.Unreachable || r.Error != "connection refused by "+addr {
		t.Errorf("got %+v", r)
	}
}

func TestDialsThatFail(t *testing.T) {
	tests := []struct {
		err     error
		outcome probe.Outcome
		want    string
	}{
		{&net.OpError{Op: "dial", Err: syscall.EHOSTUNREACH}, probe.Unreachable, "connection to a.test:80 failed: no route to host"},
		{&net.OpError{Op: "dial", Err: os.NewSyscallError("socket", syscall.EMFILE)}, probe.Unreachable, "connection to a.test:80 failed: too many open files"},
		{&net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.EPERM)}, probe.Unreachable, "connection to a.test:80 failed: operation not permitted"},
		{&net.OpError{Op: "dial", Err: &net.AddrError{Err: "s3cr3t"}}, probe.Unreachable, "connection to a.test:80 failed"},
		{errors.New("s3cr3t"), probe.Unreachable, "connection to a.test:80 failed"},
		{&net.OpError{Op: "dial", Err: syscall.ETIMEDOUT}, probe.ConnectTimeout, "no answer within 0s: a.test:80 did not accept a connection"},
	}
	for _, tt := range tests {
		synctest.Test(t, func(t *testing.T) {
			h := heartbeat(t, probe.HeartbeatOptions{URL: "http://a.test/"})
			h.DialWith(func(ctx context.Context, _, _ string) (net.Conn, error) {
				httptrace.ContextClientTrace(ctx).ConnectStart("tcp", "")
				return nil, tt.err
			})
			r := take(t, h)
			if r.Outcome != tt.outcome || r.Error != tt.want {
				t.Errorf("got %+v\nwant error %q", r, tt.want)
			}
			if own := strings.Contains(tt.want, "too many") || strings.Contains(tt.want, "not permitted"); own != strings.HasPrefix(r.Hint, "This ") {
				t.Errorf("the hint %q blames the wrong one for %q", r.Hint, tt.want)
			}
		})
	}
}

// A server that echoes the request puts every secret into its answer, and net/http quotes it in its errors.
func TestEchoedRequestIsNotShown(t *testing.T) {
	addr := listenAt(t, "127.0.0.1:0", func(c net.Conn) { _, _ = io.Copy(c, c) })
	r := take(t, heartbeat(t, probe.HeartbeatOptions{URL: "http://" + addr, Timeout: 2 * time.Second}))
	if r.Outcome != probe.BadAnswer {
		t.Errorf("got %+v", r)
	}
}

// A mail server speaks first, and one that is overloaded hangs up at once; net/http would print the former's words.
func TestServerThatDoesNotWaitForTheRequest(t *testing.T) {
	tests := []struct {
		name    string
		serve   func(net.Conn)
		outcome probe.Outcome
	}{
		{"speaks first", then(say("220 s3cr3t ESMTP\r\n"), hang), probe.BadAnswer},
		{"hangs up", func(net.Conn) {}, probe.Unreachable},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var printed bytes.Buffer
			log.SetOutput(&printed)
			defer log.SetOutput(os.Stderr)
			addr := listenAt(t, "127.0.0.1:0", tt.serve)
			ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{GotConn: func(info httptrace.GotConnInfo) {
				time.Sleep(20 * time.Millisecond) // the server is faster than the request
			}})
			r := heartbeat(t, probe.HeartbeatOptions{URL: "http://" + addr}).Probe(ctx)
			check(t, r)
			if r.Outcome != tt.outcome || printed.Len() > 0 {
				t.Errorf("got %+v, printed %q", r, &printed)
			}
		})
	}
}

func TestCanceledProbeIsNoTimeout(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	addr := listen(t, func(c net.Conn) { cancel(); hang(c) })
	h := heartbeat(t, probe.HeartbeatOptions{URL: "http://" + addr})
	for range 2 { // in the middle, and before the beginning
		r := h.Probe(ctx)
		check(t, r)
		if r.Outcome != probe.Unreachable || r.Error != "canceled" {
			t.Errorf("got %+v", r)
		}
	}
}

func TestDeadlineOfTheCallerIsATimeout(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	h := heartbeat(t, probe.HeartbeatOptions{URL: "http://" + listen(t, hang)})
	if r := h.Probe(ctx); r.Outcome != probe.Timeout || !strings.HasPrefix(r.Error, "no answer within ") {
		t.Errorf("got %+v", r)
	}
}
