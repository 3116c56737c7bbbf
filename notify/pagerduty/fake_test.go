package pagerduty_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/autoscalebot/autoscalebot/notify/pagerduty"
)

const key = "e93facc04764012d7bfb002500d5d1a6" // the example of PagerDuty's reference

// The fake refuses any other field.
type posted struct {
	RoutingKey string `json:"routing_key"`
	Action     string `json:"event_action"`
	DedupKey   string `json:"dedup_key"`
	Client     string `json:"client"`
	ClientURL  string `json:"client_url"`
	Payload    *struct {
		Summary   string         `json:"summary"`
		Timestamp string         `json:"timestamp"`
		Severity  string         `json:"severity"`
		Source    string         `json:"source"`
		Component string         `json:"component"`
		Group     string         `json:"group"`
		Class     string         `json:"class"`
		Details   map[string]any `json:"custom_details"`
	} `json:"payload"`
	Links  []any `json:"links"`
	Images []any `json:"images"`
}

func (p posted) wrong() (all []string) {
	want := func(ok bool, text string) {
		if !ok {
			all = append(all, text)
		}
	}
	want(len(p.RoutingKey) == 32, "Length of 'routing_key' is incorrect (should be 32 characters)")
	want(slices.Contains([]string{"trigger", "acknowledge", "resolve"}, p.Action), "'event_action' is invalid")
	want(p.DedupKey != "" || p.Action == "trigger", "'dedup_key' is missing or blank")
	want(utf8.RuneCountInString(p.DedupKey) <= 255, "'dedup_key' is too long")
	if p.Action != "trigger" {
		return all
	}
	if p.Payload == nil {
		return append(all, "'payload' is missing or blank")
	}
	want(p.Payload.Summary != "", "'payload.summary' is missing or blank")
	want(utf8.RuneCountInString(p.Payload.Summary) <= 1024, "'payload.summary' is too long")
	want(p.Payload.Source != "", "'payload.source' is missing or blank")
	want(slices.Contains([]string{"critical", "warning", "error", "info"}, p.Payload.Severity), "'payload.severity' is invalid")
	if p.Payload.Timestamp != "" {
		_, err := time.Parse(time.RFC3339, p.Payload.Timestamp)
		want(err == nil, "'payload.timestamp' is invalid")
	}
	return all
}

// It responds according to PagerDuty's reference, or as the test says.
type fake struct {
	*httptest.Server
	t *testing.T

	mu     sync.Mutex
	events []posted
	answer http.HandlerFunc // nil = by the reference
}

func newFake(t *testing.T) *fake {
	f := &fake{t: t}
	f.Server = httptest.NewServer(f)
	t.Cleanup(f.Close)
	return f
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	answer := f.answer
	f.mu.Unlock()
	if answer != nil {
		_, _ = io.Copy(io.Discard, r.Body)
		answer(w, r)
		return
	}
	if r.Method != http.MethodPost || r.URL.Path != "/v2/enqueue" || r.Header.Get("Content-Type") != "application/json" {
		f.t.Errorf("%s %s of %q", r.Method, r.URL, r.Header.Get("Content-Type"))
	}
	var p posted
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	if err := d.Decode(&p); err != nil {
		f.t.Error(err)
		refuse(w, "JSON parse error")
		return
	}
	if wrong := p.wrong(); len(wrong) > 0 {
		f.t.Errorf("%+v: %q", p, wrong)
		refuse(w, wrong...)
		return
	}
	f.mu.Lock()
	f.events = append(f.events, p)
	f.mu.Unlock()
	w.WriteHeader(http.StatusAccepted)
	_ = json.NewEncoder(w).Encode(map[string]string{"status": "success", "message": "Event processed", "dedup_key": p.DedupKey})
}

func refuse(w http.ResponseWriter, wrong ...string) {
	w.WriteHeader(http.StatusBadRequest)
	_ = json.NewEncoder(w).Encode(map[string]any{"status": "invalid event", "message": "Event object is invalid", "errors": wrong})
}

func (f *fake) set(answer http.HandlerFunc) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.answer = answer
}

func (f *fake) got() []posted {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.events)
}

func (f *fake) summaries() (all []string) {
	for _, p := range f.got() {
		text := p.Action
		if p.Payload != nil {
			text += " " + p.Payload.Summary
		}
		all = append(all, text)
	}
	return all
}

// One line per event: action, key and severity.
func (f *fake) lines() string {
	var all []string
	for _, p := range f.got() {
		line := p.Action + " " + p.DedupKey
		if p.Payload != nil {
			line += " " + p.Payload.Severity
		}
		all = append(all, line)
	}
	return strings.Join(all, ", ")
}

func (f *fake) open(change ...func(*pagerduty.Options)) *pagerduty.Notifier {
	f.t.Helper()
	o := pagerduty.Options{RoutingKey: key, URL: f.URL + "/v2/enqueue"}
	for _, c := range change {
		c(&o)
	}
	n, err := pagerduty.New(o)
	if err != nil {
		f.t.Fatal(fmt.Errorf("open: %w", err))
	}
	return n
}
