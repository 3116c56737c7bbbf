package pagerduty_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/autoscalebot/autoscalebot/notify"
	"github.com/autoscalebot/autoscalebot/notify/notifytest"
	"github.com/autoscalebot/autoscalebot/notify/pagerduty"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestConformance(t *testing.T) {
	notifytest.Run(t, func(t *testing.T) notifytest.Fixture {
		f := newFake(t)
		return notifytest.Fixture{
			Notifier: f.open(),
			Arrived:  f.summaries,
			Tells: func(e notify.Event) bool {
				return e.Incident != "" || e.Kind == notify.ScaleFailed || e.Kind == notify.Test
			},
			Hang: func() { f.set(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }) },
			Refuse: func() {
				f.set(func(w http.ResponseWriter, _ *http.Request) {
					refuse(w, "no service has the key "+key+strings.ToUpper(key))
				})
			},
			Vanish:  f.Close,
			Secrets: []string{key, strings.ToUpper(key), key[:16]},
		}
	})
}

func TestAnAlertIsOpenedAndResolved(t *testing.T) {
	for name, c := range map[string]struct {
		events []notify.Event
		want   string
	}{
		"one incident": {[]notify.Event{
			{Kind: notify.NeedsExceedMax, Phase: notify.Opened, Incident: "A"},
			{Kind: notify.NeedsExceedMax, Phase: notify.Reminded, Incident: "A"},
			{Kind: notify.NeedsExceedMax, Phase: notify.Resolved, Incident: "A"},
		}, "trigger A error, trigger A error, resolve A"},
		"two at a time, and one ends under another name": {[]notify.Event{
			{Kind: notify.HeartbeatUnreachable, Phase: notify.Opened, Incident: "A"},
			{Kind: notify.LeftAlone, Phase: notify.Opened, Incident: "B"},
			{Kind: notify.HeartbeatRecovered, Phase: notify.Resolved, Incident: "A"},
		}, "trigger A critical, trigger B warning, resolve A"},
		"not incidents": {[]notify.Event{
			{Kind: notify.Scaled}, {Kind: notify.Ping}, {Kind: notify.ScaleDiffExceeded}, {Kind: "of_a_later_version"}, {},
		}, ""},
		"a test":              {[]notify.Event{{Kind: notify.Test, ID: "t1"}}, "trigger t1 info"},
		"a test without name": {[]notify.Event{{Kind: notify.Test}}, "trigger  info"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			n := f.open()
			for _, e := range c.events {
				if err := n.Notify(t.Context(), e); err != nil {
					t.Fatal(err)
				}
			}
			if got := f.lines(); got != c.want {
				t.Errorf("posted %s, want %s", got, c.want)
			}
		})
	}
}

func TestFailedChangesOfOneAppAreOneAlert(t *testing.T) {
	f := newFake(t)
	n := f.open()
	for _, e := range []notify.Event{{ID: "1", App: "a"}, {ID: "2", App: "a"}, {ID: "3", App: "b"}} {
		e.Kind, e.Time = notify.ScaleFailed, time.Now()
		if err := n.Notify(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	got := f.got()
	if got[0].DedupKey == "" || got[1].DedupKey != got[0].DedupKey || got[2].DedupKey == got[0].DedupKey {
		t.Errorf("the alerts are %s", f.lines())
	}
}

func TestAnAlertReadsWell(t *testing.T) {
	f := newFake(t)
	if err := f.open().Notify(t.Context(), notifytest.Event(notify.NeedsExceedMax)); err != nil {
		t.Fatal(err)
	}
	var got any
	b, err := json.Marshal(f.got()[0])
	if err == nil {
		err = json.Unmarshal(b, &got)
	}
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"routing_key": key, "event_action": "trigger", "dedup_key": "inc_7Kp4", "client": "autoscalebot", "client_url": "", "links": nil, "images": nil,
		"payload": map[string]any{
			"summary": "dancing-forest: web is at its maximum of 3 and still too slow (for 1 h 5 min)", "timestamp": "2026-03-01T12:00:00.000Z",
			"severity": "error", "source": "dancing-forest", "component": "web", "group": "", "class": "needs_exceed_max",
			"custom_details": map[string]any{
				"Reason": "3 heartbeats in a row slower than 1000 ms (the last took 1534 ms)", "What to do": "Raise MAX_DYNOS.", "App": "dancing-forest (web)", "Dynos": "2 → 3", "Limits": "1 to 3",
				"Response time": "1534 ms", "Time": "2026-03-01T12:00:00Z", "Since": "2026-03-01T10:55:00Z",
			},
		},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("posted %v\nwant   %v", got, want)
	}
}

func TestWhatAnAnswerMeans(t *testing.T) {
	for _, c := range []struct {
		code       int
		body       string
		retryAfter string
		permanent  bool
		after      time.Duration
		want       string // "" = it arrived
	}{
		{code: 202, body: `{"status":"success"}`},
		{code: 202},
		{code: 200, body: "<html>", permanent: true, want: "pagerduty: answered 200 OK, unlike PagerDuty; check the URL"},
		{code: 302, permanent: true, want: "answered 302 Found, unlike PagerDuty"},
		{code: 404, permanent: true, want: "check the URL"},
		{code: 403, permanent: true, want: "pagerduty: answered 403 Forbidden: check that the routing key"},
		{code: 413, permanent: true, want: "pagerduty: answered 413"},
		{
			code: 400, body: `{"status":"invalid event","message":"Event object is invalid","errors":["'payload.source' is missing or blank","b\nc"]}`,
			permanent: true, want: "pagerduty: answered 400 Bad Request: 'payload.source' is missing or blank; b c",
		},
		{code: 400, body: `{"status":"invalid event","message":"Invalid routing key ` + key + `"}`, permanent: true, want: "400 Bad Request: Invalid routing key (the routing key)"},
		{code: 400, body: `{"errors":["` + strings.Repeat("x", 290) + key + `"]}`, permanent: true, want: "xxx(the routi…"},
		{code: 400, body: "<html>" + key, permanent: true, want: "pagerduty: answered 400 Bad Request"},
		{code: 400, body: strings.Repeat(" ", 1<<20) + `{"message":"late"}`, permanent: true, want: "pagerduty: answered 400 Bad Request"},
		{code: 429, want: "pagerduty: answered 429 Too Many Requests"},
		{code: 429, retryAfter: "30", after: 30 * time.Second, want: "answered 429"},
		{code: 408, want: "answered 408"},
		{code: 500, body: key, want: "pagerduty: answered 500 Internal Server Error"},
		{code: 503, retryAfter: "7", after: 7 * time.Second, want: "answered 503"},
	} {
		t.Run(fmt.Sprintf("%d %.40s", c.code, strings.TrimSpace(c.body)), func(t *testing.T) {
			f := newFake(t)
			f.set(func(w http.ResponseWriter, _ *http.Request) {
				if c.retryAfter != "" {
					w.Header().Set("Retry-After", c.retryAfter)
				}
				w.Header().Set("Location", "/elsewhere")
				w.WriteHeader(c.code)
				_, _ = io.WriteString(w, c.body)
			})
			err := f.open().Notify(t.Context(), notifytest.Event(notify.LeftAlone))
			if c.want == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "late") {
				t.Fatalf("Notify = %v, want %q in it", err, c.want)
			}
			var after time.Duration
			if r := notify.RetryAfter(nil); errors.As(err, &r) {
				after = r.RetryAfter()
			}
			if notify.IsPermanent(err) != c.permanent || after != c.after {
				t.Errorf("%v: permanent %v, retry after %v", err, notify.IsPermanent(err), after)
			}
			notifytest.NoSecrets(t, err, key, key[:10])
		})
	}
}

func TestAHangingServerIsLeftAtTheTimeout(t *testing.T) {
	f := newFake(t)
	f.set(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	start := time.Now()
	err := f.open(func(o *pagerduty.Options) { o.Timeout = 50 * time.Millisecond }).Notify(t.Context(), notifytest.Event(notify.LeftAlone))
	if err == nil || notify.IsPermanent(err) || time.Since(start) > 5*time.Second {
		t.Errorf("Notify = %v after %v", err, time.Since(start))
	}
}

func TestUserAgent(t *testing.T) {
	for given, want := range map[string]string{"": "autoscalebot", "autoscalebot/3": "autoscalebot/3"} {
		f := newFake(t)
		agents := make(chan string, 1)
		f.set(func(w http.ResponseWriter, r *http.Request) {
			agents <- r.UserAgent()
			w.WriteHeader(http.StatusAccepted)
		})
		if err := f.open(func(o *pagerduty.Options) { o.UserAgent = given }).Notify(t.Context(), notifytest.Event(notify.LeftAlone)); err != nil {
			t.Fatal(err)
		}
		if got := <-agents; got != want {
			t.Errorf("User-Agent: %q, want %q", got, want)
		}
	}
}

func TestBadOptions(t *testing.T) {
	for _, c := range []struct{ key, url, want string }{
		{"", "", "invalid routing key: must be 32 letters and digits; copy the integration key"},
		{key[1:], "", "invalid routing key"},
		{key[1:] + "\n", "", "invalid routing key"},
		{key, "http://events.pagerduty.com/v2/enqueue", "the URL must begin with https://; leave it empty for https://events.pagerduty.com/v2/enqueue"},
		{key, "https://%zz", "the URL must begin with https://"},
		{key, "/v2/enqueue", "the URL must begin with https://"},
	} {
		_, err := pagerduty.New(pagerduty.Options{RoutingKey: c.key, URL: c.url})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("New(%q, %q) = %v, want %q in it", c.key, c.url, err, c.want)
			continue
		}
		notifytest.NoSecrets(t, err, key[1:])
	}
	if _, err := pagerduty.New(pagerduty.Options{RoutingKey: key}); err != nil {
		t.Error(err)
	}
}
