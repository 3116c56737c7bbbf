package probe_test

import (
	"bytes"
	"context"
	"io"
	"log"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/probe"
)

// It answers the same to every request, then fails with end. It never blocks.
type canned struct {
	*bytes.Reader
	end error
}

func (c canned) Read(b []byte) (int, error) {
	n, err := c.Reader.Read(b)
	if err == io.EOF {
		err = c.end
	}
	return n, err
}
func (c canned) Write(b []byte) (int, error)      { return len(b), nil }
func (c canned) Close() error                     { return nil }
func (c canned) LocalAddr() net.Addr              { return &net.TCPAddr{} }
func (c canned) RemoteAddr() net.Addr             { return &net.TCPAddr{} }
func (c canned) SetDeadline(time.Time) error      { return nil }
func (c canned) SetReadDeadline(time.Time) error  { return nil }
func (c canned) SetWriteDeadline(time.Time) error { return nil }

// Whatever a server says, a probe ends by itself, with a known outcome and no secret in its error.
func FuzzServersAnswer(f *testing.F) {
	for _, s := range []string{
		"", "HTTP", "GET /?key=s3cr3t-query HTTP/1.1\r\n", "\x15\x03\x01\x00\x02\x02\x28", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
		ok, ok + "\r\n", ok + "\r\nBeat", ok + "Content-Length: 4\r\n\r\nBeat", ok + "Content-Length: 5\r\n\r\nBeat", ok + "Content-Length: -1\r\n\r\n",
		ok + "Transfer-Encoding: chunked\r\n\r\n4\r\nBeat\r\n0\r\nX: y\r\n\r\n", ok + "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n",
		ok + "Transfer-Encoding: gzip\r\nContent-Encoding: gzip\r\n\r\n\x1f\x8b", ok + "Connection: upgrade\r\nX: " + strings.Repeat("x", 70_000),
		"HTTP/1.1 100 Continue\r\n\r\n" + ok + "\r\nBeat", "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\nx", "HTTP/1.0 204\r\n\r\nx",
		"HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n", "HTTP/1.1 301 Moved\r\nLocation: https://b.test/\r\n\r\n", "HTTP/1.1 307 s3cr3t\r\nLocation: mailto:s3cr3t\r\n\r\n",
		"HTTP/1.1 308 \r\nLocation: http://[::1%25eth0]:99999/%zz?s#f\r\n\r\n", "HTTP/1.1 303 \r\n\r\n", "HTTP/1.1 304 \r\n\r\n", "HTTP/1.1 404 \r\n\r\n", "HTTP/2.0 503 \r\n\r\n", "HTTP/1.1 999 \r\n\r\n",
	} {
		f.Add([]byte(s), false, false, "")
		f.Add([]byte(s), true, true, "queue")
	}
	for _, s := range []string{"", "0", "12.5", "-1", "nan", "s3cr3t", "1e999", "7\r\nX-Queue-Time-Ms: 8"} {
		f.Add([]byte(ok+"X-Queue-Time-Ms: "+s+"\r\n\r\nBeat"), false, false, "queue")
	}
	f.Fuzz(func(t *testing.T, answer []byte, reset, head bool, measure string) {
		if measure != string(probe.MeasureQueue) && measure != string(probe.MeasureProcessing) {
			measure = ""
		}
		h := heartbeat(t, probe.HeartbeatOptions{
			URL: "http://a.test/", Method: map[bool]string{true: "HEAD"}[head], Timeout: 2 * time.Second, Measure: probe.Measure(measure),
		})
		end := io.EOF
		if reset {
			end = &net.OpError{Op: "read", Err: syscall.ECONNRESET}
		}
		h.DialWith(func(context.Context, string, string) (net.Conn, error) {
			return canned{bytes.NewReader(answer), end}, nil
		})
		var printed bytes.Buffer
		log.SetOutput(&printed)
		defer log.SetOutput(os.Stderr)
		r := take(t, h)
		if r.Outcome == probe.Timeout || printed.Len() > 0 {
			t.Errorf("got %+v, printed %q", r, &printed)
		}
	})
}
