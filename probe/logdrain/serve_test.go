package logdrain_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/autoscalebot/autoscalebot/probe/logdrain"
)

// The example of Logplex's own documentation, byte for byte.
const example = "70 <174>1 2012-07-22T00:06:26+00:00 host erlang console - Hi from erlang\n"

func TestPostsAreTakenOrRefused(t *testing.T) {
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	_, _ = z.Write([]byte(example))
	_ = z.Close()
	head := func(pairs ...string) http.Header {
		h := http.Header{}
		for i := 0; i < len(pairs); i += 2 {
			h.Set(pairs[i], pairs[i+1])
		}
		return h
	}
	const (
		wrongToken = "wrong drain token or password"
		wrongType  = "the content type must be application/logplex-1"
		notWhole   = "the body is incomplete"
	)
	two, none := head("Logplex-Msg-Count", "2"), head("Logplex-Msg-Count", "0")
	large := strings.Repeat(example, logdrain.MaxBody/len(example)+1)
	tests := []struct {
		name   string
		post   posting
		body   io.Reader
		status int
		why    string
	}{
		{"as documented", posting{header: head("Logplex-Msg-Count", "3")}, strings.NewReader(strings.Repeat(example, 3)), 204, ""},
		{"no count", posting{}, strings.NewReader(example), 204, ""},
		{"nothing", posting{header: head("Logplex-Msg-Count", "0")}, strings.NewReader(""), 204, ""},
		{"parameters", posting{header: head("Content-Type", "application/logplex-1; charset=utf-8")}, strings.NewReader(example), 204, ""},
		{"an odd line", posting{}, strings.NewReader("3 Hi\n"), 204, ""},
		{"GET", posting{method: "GET"}, nil, 405, "this is a log drain: only POST is allowed"},
		{"no token", posting{header: http.Header{"Logplex-Drain-Token": nil}}, strings.NewReader(example), 401, wrongToken},
		{"wrong token", posting{header: head("Logplex-Drain-Token", token[:len(token)-1])}, strings.NewReader(example), 401, wrongToken},
		{"no type", posting{header: http.Header{"Content-Type": nil}}, strings.NewReader(example), 415, wrongType},
		{"text", posting{header: head("Content-Type", "text/plain")}, strings.NewReader(example), 415, wrongType},
		{"next version", posting{header: head("Content-Type", "application/logplex-2")}, strings.NewReader(example), 415, wrongType},
		{"gzip", posting{header: head("Content-Encoding", "gzip")}, &zipped, 415, "the content must not be compressed"},
		{"gzip, not told", posting{}, bytes.NewReader(zipped.Bytes()), 400, "invalid frame at byte 0"},
		{"too large", posting{}, strings.NewReader(large), 413, "the body has more than 1048576 bytes"},
		{"too large, not told", posting{length: -1}, strings.NewReader(large), 413, "the body has more than 1048576 bytes"},
		{"cut off", posting{}, io.MultiReader(strings.NewReader(example), iotest.ErrReader(io.ErrUnexpectedEOF)), 503, notWhole},
		{"too slow", posting{}, io.MultiReader(strings.NewReader(example), iotest.ErrReader(errors.New("i/o timeout"))), 503, notWhole},
		{"fewer than told", posting{header: two}, strings.NewReader(example), 400, "the body has 1 frames, but Logplex-Msg-Count is 2"},
		{"more than told", posting{header: none}, strings.NewReader(example), 400, "the body has 1 frames, but Logplex-Msg-Count is 0"},
		{"count below 0", posting{header: head("Logplex-Msg-Count", "-1")}, strings.NewReader(example), 400, "Logplex-Msg-Count is not a number"},
		{"length below 0", posting{}, strings.NewReader(example + "-5 <1>1 secret"), 400, "invalid frame at byte 73 of 87: must be a length"},
		{"length of 0", posting{}, strings.NewReader("0 "), 400, "invalid frame at byte 0"},
		{"length with a zero", posting{}, strings.NewReader("01 x"), 400, "invalid frame at byte 0"},
		{"length with a sign", posting{}, strings.NewReader("+1 x"), 400, "invalid frame at byte 0"},
		{"giant length", posting{}, strings.NewReader("99999999 x"), 400, "invalid frame at byte 0"},
		{"more than giant", posting{}, strings.NewReader("18446744073709551617 x"), 400, "invalid frame at byte 0"},
		{"no space", posting{}, strings.NewReader("1"), 400, "invalid frame at byte 0"},
		{"one byte more", posting{}, strings.NewReader(example + "\n"), 400, "invalid frame at byte 73"},
		{"one byte less", posting{}, strings.NewReader(example[:len(example)-1]), 400, "invalid frame at byte 0"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := drain(t)
			w := tt.post.post(d, tt.body)
			if w.Code != tt.status || !strings.HasPrefix(w.Body.String(), tt.why) || (tt.status == 204) != (w.Body.Len() == 0) {
				t.Errorf("got status %d: %s", w.Code, w.Body)
			}
			if strings.Contains(w.Body.String(), "secret") || strings.Contains(w.Body.String(), token) {
				t.Errorf("the answer shows too much: %s", w.Body)
			}
			got := d.Totals()
			if taken := got.Posts == 1; taken != (tt.status == 204) || got.Refused != 1-got.Posts {
				t.Errorf("counted %+v", got)
			}
			if tt.status != 204 && got.Lines+got.Late+got.Odd > 0 {
				t.Errorf("counted lines of a post that was refused: %+v", got)
			}
			if got := w.Header().Get("Allow"); (tt.status == 405) != (got == "POST") {
				t.Errorf("allows %q", got)
			}
			if got := w.Header().Get("WWW-Authenticate"); (tt.status == 401) != strings.HasPrefix(got, "Basic ") {
				t.Errorf("asks for %q", got)
			}
		})
	}
}

func TestTheTokenAndThePasswordMustBeRight(t *testing.T) {
	const password = "0123456789abcdef"
	const other = "d.00000000-0000-0000-0000-000000000000"
	tests := []struct {
		tokens          []string
		password        string
		token, user, pw string
		ok              bool
	}{
		{[]string{token}, "", token, "", "", true},
		{[]string{other, token}, "", token, "", "", true},
		{[]string{other, token}, "", other, "", "", true},
		{[]string{other}, "", token, "", "", false},
		{[]string{token}, "", token, "anybody", "anything", true},
		{nil, password, "", "user", password, true},
		{nil, password, other, "", password, true},
		{nil, password, token, "user", password[1:], false},
		{nil, password, token, "user", "", false},
		{nil, password, token, "", "", false},
		{[]string{token}, password, token, "user", password, true},
		{[]string{token}, password, other, "user", password, false},
		{[]string{token}, password, token, "user", other, false},
	}
	for _, tt := range tests {
		d := drain(t, func(o *logdrain.Options) { o.Tokens, o.Password = tt.tokens, tt.password })
		r, _ := http.NewRequest("POST", "/", nil)
		r.SetBasicAuth(tt.user, tt.pw)
		p := posting{header: http.Header{"Logplex-Drain-Token": {tt.token}}}
		if tt.user != "" || tt.pw != "" {
			p.header["Authorization"] = r.Header["Authorization"]
		}
		if w := p.post(d, strings.NewReader(example)); (w.Code == 204) != tt.ok || (w.Code == 401) == tt.ok {
			t.Errorf("%+v: got status %d", tt, w.Code)
		}
	}
}

func TestABodyMayComeInAnyPieces(t *testing.T) {
	now := time.Now()
	body := routed(now, "1", answered) + failed(now, "H12", "dyno=web.2 connect=1ms service=30000ms") +
		frame(now, "heroku", "web.1", "source=web.1 dyno=heroku.1.2 sample#load_avg_1m=2.46") + frame(now, "app", "web.1", "Grüße\n")
	for i := range len(body) + 1 {
		d := drain(t)
		if w := (posting{length: -1}).post(d, halves(body, i)); w.Code != 204 || d.Totals() != (logdrain.Totals{Posts: 1, Lines: 4}) {
			t.Fatalf("split at %d: got status %d, %+v", i, w.Code, d.Totals())
		}
	}
	d := drain(t)
	if w := (posting{}).post(d, iotest.OneByteReader(strings.NewReader(body))); w.Code != 204 || d.Totals().Lines != 4 {
		t.Errorf("got status %d, %+v", w.Code, d.Totals())
	}
}

func TestABodyThatIsCutCountsNothing(t *testing.T) {
	now := time.Now()
	body := routed(now, "1", answered) + routed(now, "2", answered)
	for i := range len(body) {
		d := drain(t)
		w := posting{header: http.Header{"Logplex-Msg-Count": {"2"}}}.post(d, strings.NewReader(body[:i]))
		if w.Code != 400 || d.Totals() != (logdrain.Totals{Refused: 1}) {
			t.Fatalf("cut at %d: got status %d, %+v", i, w.Code, d.Totals())
		}
	}
}

func TestAPostThatComesAgainCountsOnce(t *testing.T) {
	d := drain(t)
	body := routed(time.Now(), "1", answered) + frame(time.Now(), "app", "web.1", "Hi\n")
	for range 3 {
		if w := (posting{frameID: "09C557EAFCFB6CF2740EE62F62971098"}).post(d, strings.NewReader(body)); w.Code != 204 {
			t.Errorf("got status %d", w.Code)
		}
	}
	if got := d.Totals(); got != (logdrain.Totals{Posts: 3, Again: 2, Lines: 2}) {
		t.Errorf("got %+v", got)
	}
	// The id of a post that was refused is free: its lines have not been counted yet.
	if w := (posting{frameID: "1"}).post(d, strings.NewReader(body[1:])); w.Code != 400 {
		t.Errorf("got status %d", w.Code)
	}
	if w := (posting{frameID: "1"}).post(d, strings.NewReader(frame(time.Now(), "app", "web.1", "Ho\n"))); w.Code != 204 || d.Totals().Lines != 3 {
		t.Errorf("got status %d, %+v", w.Code, d.Totals())
	}
}

func TestWarningsComeOnceAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		d := drain(t, func(o *logdrain.Options) { o.Log = slog.New(slog.NewTextHandler(&log, nil)) })
		warned := func(want int) {
			t.Helper()
			if got := strings.Count(log.String(), "WARN"); got != want {
				t.Errorf("got %d warnings, want %d: %s", got, want, &log)
			}
		}
		wrong := posting{header: http.Header{"Logplex-Drain-Token": {"d.s3cr3t"}}}
		for range 3 {
			wrong.post(d, strings.NewReader(example))
		}
		warned(1)
		for i := range 3 {
			send(t, d, lost(time.Now(), strconv.Itoa(i+1)))
		}
		warned(2)
		time.Sleep(time.Minute)
		wrong.post(d, strings.NewReader(example))
		warned(3)
		if strings.Contains(log.String(), "s3cr3t") || strings.Contains(log.String(), token) {
			t.Errorf("a secret was logged: %s", &log)
		}
	})
}
