package logdrain_test

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/probe"
	"github.com/autoscalebot/autoscalebot/probe/logdrain"
)

const token = "d.fc6b856b-3332-4546-93de-7d0ee272c3bd"

// a test, or one of a property
type tester interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

func drain(t tester, change ...func(*logdrain.Options)) *logdrain.Drain {
	t.Helper()
	o := logdrain.Options{Tokens: []string{token}}
	for _, c := range change {
		c(&o)
	}
	d, err := logdrain.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func frame(at time.Time, app, process, text string) string {
	m := "<158>1 " + at.UTC().Format("2006-01-02T15:04:05.000000+00:00") + " host " + app + " " + process + " - " + text
	return strconv.Itoa(len(m)) + " " + m
}

// web.1 answered. fields replace those at the end of the line.
func routed(at time.Time, id, fields string) string {
	return frame(at, "heroku", "router",
		"at=info method=GET path=\"/\" host=a.test request_id="+id+" fwd=\"192.0.2.1\" "+fields+" bytes=13 protocol=https\n")
}

const answered = "dyno=web.1 connect=1ms service=37ms status=200"

func failed(at time.Time, code, fields string) string {
	return frame(at, "heroku", "router", fmt.Sprintf(
		"at=error code=%s desc=\"Some reason\" method=GET path=\"/\" host=a.test request_id=%d fwd=\"192.0.2.1\" %s status=503 bytes=0\n",
		code, at.UnixNano(), fields))
}

func lost(at time.Time, n string) string {
	return frame(at, "heroku", "logplex", "Error L10 (output buffer overflow): "+n+" messages dropped since 2026-11-22T10:00:00+00:00.")
}

type posting struct {
	method, frameID string
	header          http.Header // in addition
	length          int64       // of the body, unless it is 0
}

func (p posting) post(d http.Handler, body io.Reader) *httptest.ResponseRecorder {
	method := cmp.Or(p.method, http.MethodPost)
	r := httptest.NewRequest(method, "/logs", body)
	r.Header.Set("Content-Type", "application/logplex-1")
	r.Header.Set("Logplex-Drain-Token", token)
	if p.frameID != "" {
		r.Header.Set("Logplex-Frame-Id", p.frameID)
	}
	for k, v := range p.header {
		r.Header[k] = v
	}
	if p.length != 0 {
		r.ContentLength = p.length
	}
	w := httptest.NewRecorder()
	d.ServeHTTP(w, r)
	return w
}

func send(t tester, d http.Handler, lines ...string) {
	t.Helper()
	body := strings.Join(lines, "")
	p := posting{header: http.Header{"Logplex-Msg-Count": {strconv.Itoa(len(framesOf(body)))}}}
	if w := p.post(d, strings.NewReader(body)); w.Code != http.StatusNoContent {
		t.Fatalf("got status %d: %s", w.Code, w.Body)
	}
}

func read(t testing.TB, d *logdrain.Drain, s logdrain.Signal) probe.Reading {
	t.Helper()
	p, err := d.Prober(s)
	if err != nil {
		t.Fatal(err)
	}
	r := p.Probe(context.Background())
	if r.Signal != string(s) || time.Since(r.Time) > time.Minute || (r.Outcome == probe.Answered) != (r.Error == "") || r.Error != "" && r.Value != 0 {
		t.Errorf("got %+v", r)
	}
	return r
}

func wantNone(t testing.TB, d *logdrain.Drain, s logdrain.Signal, outcome probe.Outcome, why string) {
	t.Helper()
	if r := read(t, d, s); r.Outcome != outcome || r.Error != why {
		t.Errorf("got %+v, want %s: %s", r, outcome, why)
	}
}

func value(t testing.TB, d *logdrain.Drain, s logdrain.Signal) float64 {
	t.Helper()
	r := read(t, d, s)
	if r.Outcome != probe.Answered {
		t.Errorf("got %+v", r)
	}
	return r.Value
}

// in a bubble, the last one a second before the end
func repeat(t testing.TB, d http.Handler, seconds int, line func(i int) string) {
	t.Helper()
	for i := range seconds {
		send(t, d, line(i))
		time.Sleep(time.Second)
	}
}

func halves(body string, at int) io.Reader {
	return io.MultiReader(bytes.NewReader([]byte(body[:at])), bytes.NewReader([]byte(body[at:])))
}
