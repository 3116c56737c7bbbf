package logdrain_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/heroku/x/logplex/encoding"

	"github.com/autoscalebot/autoscalebot/probe/logdrain"
)

// Heroku's own scanner panics on lengths below 0 and gives up on frames of more than 10 KiB.
func theirs(body []byte) (out []logdrain.Message, ok bool) {
	defer func() {
		if recover() != nil {
			out, ok = nil, false
		}
	}()
	s := encoding.NewDrainScanner(bytes.NewReader(body), encoding.WithBuffer(1024, logdrain.MaxBody))
	for s.Scan() {
		m := s.Message()
		out = append(out, logdrain.Message{Time: m.Timestamp, App: m.Application, Process: m.Process, Text: m.Message})
	}
	return out, s.Err() == nil
}

// What the drain reads of a body, Heroku's own scanner reads as well, and the same.
func FuzzBodiesReadAsByHerokusScanner(f *testing.F) {
	now := time.Date(2026, 11, 22, 10, 0, 0, 123456000, time.UTC)
	f.Add([]byte(strings.Repeat(example, 10)))
	f.Add([]byte(routed(now, "1", answered) + failed(now, "H12", "dyno=web.2 connect=1ms service=30000ms")))
	f.Add([]byte("64 <190>1 2019-07-20T17:50:10.879238Z shuttle token shuttle - - 99\n" +
		"65 <190>1 2019-07-20T17:50:10.879238Z shuttle token shuttle - - 100\n"))
	f.Add([]byte("120 <40>1 2012-11-30T06:45:29+00:00 heroku web.3 d.73ea7440-270a-435a-a0ea-adf50b4e5f5a - State changed from starting to up\n"))
	f.Add([]byte("66 <190>1 2019-07-21T22:13:34.598992-07:00 shuttle t.http shuttle - - 168\n"))
	for _, s := range []string{
		"", "-5 <1>1 x", "0 ", "00", "3 Hi\n", "99999999 ", "9223372036854775807 x", "1 \xff",
		"42 <192>1 2026-02-28T00:00:00Z host a b - Hi\n", "42 <999>1 2026-02-28T00:00:00Z host a b - Hi\n",
		"42 <191>1 2026-02-29T00:00:00Z host a b - Hi\n",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		ours, ok := logdrain.Messages(body)
		if !ok {
			return
		}
		want, ok := theirs(body)
		if !ok || len(ours) != len(want) {
			t.Fatalf("read %d messages, and the scanner %d (%v)", len(ours), len(want), ok)
		}
		for i, m := range ours {
			if w := want[i]; !m.Time.Equal(w.Time) || m.App != w.App || m.Process != w.Process || m.Text != w.Text {
				t.Errorf("read %+v, want %+v", m, w)
			}
		}
	})
}

// Whatever is posted is taken or refused as a whole, each line has one result, and memory stays bounded.
func FuzzPosts(f *testing.F) {
	now := time.Now()
	f.Add(routed(now, "1", answered)+failed(now, "H12", "dyno=web.2 connect=1ms service=30000ms"), "2", "id", false)
	for _, text := range []string{
		"source=web.1 dyno=heroku.1 sample#load_avg_1m=2.46 sample#memory_total=21.00MB sample#memory_quota=512.00MB",
		"Error L10 (output buffer overflow): drain 'd.1' dropped 12 messages since 2026-11-22T10:00:00+00:00.",
		"Error L11 (Tail buffer overflow) -> This tail session dropped 1101 messages since 2026-11-22T10:00:00+00:00.",
	} {
		f.Add(frame(now, "heroku", "web.1", text), "1", "", false)
		f.Add(frame(now, "heroku", "logplex", text), "", "", true)
	}
	f.Add("-5 <1>1", "-1", "", false)
	f.Fuzz(func(t *testing.T, body, count, id string, split bool) {
		d := drain(t)
		// The fuzzer does not know what time it is.
		body = strings.ReplaceAll(body, "2026-", time.Now().Format("2006-"))
		p := posting{frameID: id, header: map[string][]string{"Logplex-Msg-Count": {count}}}
		in := halves(body, 0)
		if split {
			in = halves(body, len(body)/2)
		}
		w := p.post(d, in)
		got := d.Totals()
		frames := len(framesOf(body))
		results := got.Lines + got.Twice + got.Late + got.Ahead + got.Odd
		switch w.Code {
		case 204:
			if results != frames || got.Posts != 1 || got.Refused != 0 {
				t.Errorf("of %d frames became %+v", frames, got)
			}
		case 400, 413:
			if results != 0 || got.Posts != 0 || got.Refused != 1 {
				t.Errorf("refused by %d, and counted %+v", w.Code, got)
			}
		default:
			t.Errorf("got status %d", w.Code)
		}
		s, err := d.Snapshot(time.Now().Add(20*time.Second), 0)
		few := s.Requests <= frames && s.Errors <= s.Requests && s.Timed <= s.Requests && len(s.Dynos) <= frames
		if err == nil && (!few || s.Busy < 0 || s.Service(1) > time.Minute) {
			t.Errorf("%d frames made %+v", frames, s)
		}
	})
}

// It works in a second way, as far as the body is framed.
func framesOf(body string) (out []string) {
	for {
		length, rest, ok := strings.Cut(body, " ")
		var n int
		if _, err := fmt.Sscanf(length, "%d", &n); !ok || err != nil || n < 1 || n > len(rest) {
			return out
		}
		out = append(out, rest[:n])
		body = rest[n:]
	}
}

// A visitor chooses the path, the host, the request id and what stands before its address in fwd, and cannot change by it what is read.
func FuzzVisitorsCannotForge(f *testing.F) {
	f.Add(`/`, `a.test`, `1`, ``)
	f.Add(`/" dyno=web.9 connect=1ms service=9ms status=500 x="`, `a" code=H12 x="`, ` at=error code=H11 `,
		`" dyno=worker.1 service=30000ms status=503 "`)
	f.Add("/\\", "=", "code=H12", "\x00 sock=client at=error code=H13")
	f.Fuzz(func(t *testing.T, path, host, id, fwd string) {
		at := time.Now().Add(-20 * time.Second)
		d := drain(t)
		send(t, d, frame(at, "app", "web.1", "Hi\n"), frame(at.Add(2*time.Second), "heroku", "router", fmt.Sprintf(
			"at=info method=GET path=\"%s\" host=%s request_id=%s fwd=\"%s,192.0.2.1\" "+
				"dyno=web.1 connect=3ms service=37ms status=200 bytes=13 protocol=https tls=true tls_version=tls1.3\n",
			path, host, id, fwd)), frame(at.Add(15*time.Second), "app", "web.1", "Hi\n"))
		s, err := d.Snapshot(at.Add(16*time.Second), 0)
		if err != nil {
			t.Fatal(err)
		}
		if s.Requests != 1 || s.Errors != 0 || len(s.Codes) != 0 || s.Service(1) != 37*time.Millisecond || s.Connect(1) != 3*time.Millisecond {
			t.Errorf("read %+v", s)
		}
	})
}
