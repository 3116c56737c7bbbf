package probe_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/probe"
)

func TestABurstBeginsEachHeartbeatAfterTheGap(t *testing.T) {
	var asked atomic.Int32
	all := make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if asked.Add(1) == 3 {
			close(all)
		}
		<-all // none is answered before all have come
		_, _ = w.Write([]byte("ok"))
	}))
	defer s.Close()
	got := heartbeat(t, probe.HeartbeatOptions{URL: s.URL}).Burst(t.Context(), 3, 10*time.Millisecond)
	if len(got) != 3 {
		t.Fatalf("%d readings, want 3", len(got))
	}
	for i, r := range got {
		check(t, r)
		if r.Outcome != probe.Answered {
			t.Errorf("reading %d: %s: %s", i, r.Outcome, r.Error)
		}
		if i > 0 && r.Time.Sub(got[i-1].Time) < 5*time.Millisecond {
			t.Errorf("reading %d began %v after the one before it, want 10ms", i, r.Time.Sub(got[i-1].Time))
		}
	}
}

func TestABurstOfNoneIsOne(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer s.Close()
	if got := heartbeat(t, probe.HeartbeatOptions{URL: s.URL}).Burst(t.Context(), 0, time.Hour); len(got) != 1 || got[0].Outcome != probe.Answered {
		t.Errorf("got %+v, want one answered reading", got)
	}
}

func TestABurstEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { cancel() }))
	defer s.Close()
	if got := heartbeat(t, probe.HeartbeatOptions{URL: s.URL}).Burst(ctx, 5, time.Hour); len(got) != 1 {
		t.Errorf("%d readings, want the one that had begun when the context ended", len(got))
	}
}
