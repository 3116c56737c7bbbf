package probe_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing"

	"github.com/autoscalebot/autoscalebot/probe"
)

func TestParseStatuses(t *testing.T) {
	tests := []struct {
		text, want string // want is what is written again; "" for a mistake
		has, not   []int
	}{
		{"200", "200", []int{200}, []int{199, 201}},
		{"200,204", "200,204", []int{200, 204}, []int{201, 203, 205}},
		{" 200 , 204, ", "200,204", []int{200, 204}, []int{201}},
		{"2xx", "2xx", []int{200, 299}, []int{199, 300}},
		{"2XX,404", "2xx,404", []int{200, 299, 404}, []int{400, 405}},
		{"200-299", "2xx", []int{200, 299}, []int{300}},
		{"200 - 204", "200-204", []int{200, 202, 204}, []int{205}},
		{"599", "599", []int{599}, []int{600}},
		{"199", "", nil, nil},
		{"600", "", nil, nil},
		{"1xx", "", nil, nil},
		{"6xx", "", nil, nil},
		{"2x", "", nil, nil},
		{"22xx", "", nil, nil},
		{"-2xx", "", nil, nil},
		{"+200", "", nil, nil},
		{"2e2", "", nil, nil},
		{"204-200", "", nil, nil},
		{"200-", "", nil, nil},
		{"-200", "", nil, nil},
		{"200 204", "", nil, nil},
		{"ok", "", nil, nil},
	}
	for _, tt := range tests {
		s, err := probe.ParseStatuses(tt.text)
		if (err != nil) != (tt.want == "") || s.String() != tt.want {
			t.Errorf("%q: got %q, %v", tt.text, s, err)
		}
		for _, status := range tt.has {
			if !s.Has(status) {
				t.Errorf("%q has no %d", tt.text, status)
			}
		}
		for _, status := range tt.not {
			if s.Has(status) {
				t.Errorf("%q has %d", tt.text, status)
			}
		}
	}
	if s, err := probe.ParseStatuses(" , "); len(s) != 0 || err != nil {
		t.Errorf("an empty text is %q, %v", s, err)
	}
}

func FuzzParseStatuses(f *testing.F) {
	for _, s := range []string{"", "200", "2xx,404", "200-299", "5XX", "200-2xx", "99999999999999999999", "２００"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := probe.ParseStatuses(text)
		if err != nil {
			return
		}
		again, err := probe.ParseStatuses(s.String())
		if err != nil || !slices.Equal(again, s) {
			t.Errorf("%q is %q, which is %q, %v", text, s, again, err)
		}
		for status := range 1000 {
			if s.Has(status) && (status < 200 || status > 599) {
				t.Errorf("%q has %d", text, status)
			}
		}
	})
}

func answerWith(t *testing.T, status int, o probe.HeartbeatOptions) probe.Reading {
	t.Helper()
	o.URL = serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }).URL
	return take(t, heartbeat(t, o))
}

// A 5xx that comes of something in front of the app, or that an idle app would answer as well, tells nothing of load.
func TestStatusesThatTellOfLoad(t *testing.T) {
	load := []int{500, 502, 503, 504, 524, 529, 599}
	for status := 500; status <= 599; status++ {
		no := slices.Contains([]int{501, 505, 506, 507, 508, 509, 510, 511, 520, 521, 522, 523, 525, 526, 527, 530, 561}, status)
		if !no && !slices.Contains(load, status) && status%10 != 7 { // a sample of those without a meaning
			continue
		}
		want := map[bool]probe.Outcome{true: probe.BadAnswer, false: probe.ServerError}[no]
		if r := answerWith(t, status, probe.HeartbeatOptions{}); r.Outcome != want || r.Status != status {
			t.Errorf("%d: got %+v, want %s", status, r, want)
		}
	}
}

func TestStatusesThatAreNamed(t *testing.T) {
	tests := []struct {
		accept, failOn string
		status         int
		want           probe.Outcome
	}{
		{"", "525", 525, probe.Overloaded},
		{"", "525", 526, probe.BadAnswer},
		{"", "429,500-504", 429, probe.Overloaded},
		{"", "429,500-504", 502, probe.Overloaded},
		{"", "429,500-504", 524, probe.ServerError},
		{"", "302", 302, probe.BadAnswer}, // it is a redirect first
		{"", "304", 304, probe.Overloaded},
		{"200", "", 204, probe.BadAnswer},
		{"200", "204", 204, probe.Overloaded},
		{"200", "", 503, probe.ServerError},
		{"200", "", 404, probe.ClientError},
		{"2xx,404", "", 404, probe.Answered},
		{"200,503", "5xx", 503, ""},
		{"200,503", "", 503, probe.Answered},
		{"3xx", "", 302, probe.Answered},
		{"304", "", 200, probe.BadAnswer},
		{"304", "", 304, probe.Answered},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprint(tt.accept, "/", tt.failOn, "/", tt.status), func(t *testing.T) {
			accept, err := probe.ParseStatuses(tt.accept)
			if err != nil {
				t.Fatal(err)
			}
			failOn, err := probe.ParseStatuses(tt.failOn)
			if err != nil {
				t.Fatal(err)
			}
			if tt.want == "" {
				if _, err := probe.NewHeartbeat(probe.HeartbeatOptions{URL: "http://a/", Timeout: patient, Statuses: accept, FailOn: failOn}); err == nil {
					t.Error("it is accepted")
				}
				return
			}
			if r := answerWith(t, tt.status, probe.HeartbeatOptions{Statuses: accept, FailOn: failOn}); r.Outcome != tt.want {
				t.Errorf("got %+v, want %s", r, tt.want)
			}
		})
	}
}
