package dashboard_test

import (
	"bufio"
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/racetest"
	"github.com/autoscalebot/autoscalebot/bot/record"
	"github.com/autoscalebot/autoscalebot/notify"
)

func TestTheStreamShowsEachHeartbeat(t *testing.T) {
	w, p := enter(t, "", time.Hour)
	_, next := p.stream(t.Context())
	first, _ := next()
	if !strings.Contains(first.Now, `id="dynos"`) || first.Point != nil {
		t.Errorf("the stream begins with %+v", first)
	}
	r := w.beat(t)
	s, _ := next()
	hb, _ := r.Heartbeat()
	switch {
	case s.Point == nil || s.Point.Dynos != float64(r.After()) || s.Point.MS < hb.Value-0.1 || s.Point.MS > hb.Value+0.1:
		t.Errorf("the charts get %+v, want %d dynos and %v ms", s.Point, r.After(), hb.Value)
	case !strings.Contains(s.Row, r.Headline()) || !strings.Contains(s.Title, "dancing-forest"):
		t.Errorf("the stream says %+v", s)
	}
	w.busy(t)
	for range 20 {
		if s, _ = next(); s.Mark != nil {
			break
		}
	}
	if s.Mark == nil || s.Mark.Kind != "up" || !strings.HasPrefix(s.Say, "scaled ") || !strings.Contains(s.Mark.Why, "slower than 600 ms") {
		t.Errorf("the scaling is marked as %+v, and announced as %q", s.Mark, s.Say)
	}
}

func TestAnIncidentIsShownUntilItEnds(t *testing.T) {
	w, p := enter(t, "", time.Hour)
	_, next := p.stream(t.Context())
	next()
	e := notify.Event{Kind: notify.HeartbeatUnreachable, Phase: notify.Opened, Time: time.Now(), Since: time.Now(), ProcessType: "web", Reason: "connection refused"}
	for _, step := range []struct {
		kind  notify.Kind
		phase notify.Phase
		shown bool
	}{{notify.HeartbeatUnreachable, notify.Opened, true}, {notify.HeartbeatUnreachable, notify.Reminded, true}, {notify.HeartbeatRecovered, notify.Resolved, false}} {
		e.Kind, e.Phase = step.kind, step.phase
		if err := w.page.Notify(t.Context(), e); err != nil {
			t.Fatal(err)
		}
		if s, _ := next(); strings.Contains(s.Now, "connection refused") != step.shown {
			t.Errorf("%s: the incident is shown: %v", step.phase, !step.shown)
		}
	}
}

func TestAPauseIsShownToAllAtOnce(t *testing.T) {
	w := newWorld(t, time.Hour)
	p, q := newPerson(t, w.url), newPerson(t, w.url)
	p.signIn("Ada")
	q.signIn("Bo")
	_, next := q.stream(t.Context())
	next()
	if a := p.ask("/pause", "direction", "both", "for", "", "confirmed", "yes"); a.status != 303 {
		t.Fatalf("the pause is answered with %d", a.status)
	}
	if s, _ := next(); !strings.Contains(s.Now, "paused by Ada (dashboard) until resumed") {
		t.Errorf("Bo sees %s", s.Now)
	}
}

func TestAThousandViewersSeeEachHeartbeat(t *testing.T) {
	viewers := int64(1000)
	if racetest.On {
		viewers = 200
	}
	w := newWorld(t, time.Hour)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var wg sync.WaitGroup
	var ready, got atomic.Int64
	begun, seen := make(chan struct{}), make(chan struct{})
	for range viewers {
		wg.Go(func() {
			p := newPerson(t, w.url)
			status, next := p.stream(ctx, header("Authorization", "Bearer "+token))
			if _, ok := next(); status != 200 || !ok {
				t.Errorf("a viewer is answered with %d", status)
			}
			if ready.Add(1) == viewers {
				close(begun)
			}
			for range 3 {
				if s, ok := next(); !ok || s.Point == nil {
					t.Error("a viewer misses a heartbeat")
					break
				}
			}
			if got.Add(1) == viewers {
				close(seen)
			}
		})
	}
	<-begun
	for range 3 {
		w.beat(t)
	}
	<-seen
	cancel()
	wg.Wait()
}

// Such a viewer delays neither the heartbeat nor other viewers.
func TestAViewerWhoDoesNotReadIsLetGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := unserved(t, time.Hour)
		l := w.listen(t)
		lazy, err := l.dial()
		if err != nil {
			t.Fatal(err)
		}
		defer lazy.Close()
		fmt.Fprintf(lazy, "GET /stream HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\n\r\n", token)
		if _, err := bufio.NewReader(lazy).ReadString('\n'); err != nil {
			t.Fatal(err)
		}
		p := newPerson(t, "http://page")
		p.client.Transport = w.pipes(t)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		_, next := p.stream(ctx, header("Authorization", "Bearer "+token))
		next()
		start := time.Now()
		for range 40 {
			w.beat(t)
			if s, ok := next(); !ok || s.Point == nil {
				t.Fatal("a viewer who reads misses a heartbeat")
			}
		}
		if took := time.Since(start); took != 0 {
			t.Errorf("the heartbeats waited %v for who does not read", took)
		}
		time.Sleep(11 * time.Second)
		synctest.Wait()
		if _, err := lazy.Write([]byte("x")); err == nil {
			t.Error("the viewer who does not read is still there")
		}
	})
}

func TestAQuietStreamIsKeptAlive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := unserved(t, time.Hour)
		conn, err := w.listen(t).dial()
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		fmt.Fprintf(conn, "GET /stream HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer %s\r\n\r\n", token)
		lines, start, last := bufio.NewReader(conn), time.Now(), time.Now()
		for {
			_, err := lines.ReadString('\n')
			if silent := time.Since(last); silent > 30*time.Second {
				t.Errorf("the stream is silent for %v; Heroku's router ends it after 55 s", silent)
			}
			if last = time.Now(); err != nil {
				break
			}
		}
		if lasted := time.Since(start); lasted < 59*time.Minute || lasted > 61*time.Minute {
			t.Errorf("the stream lasts %v, want an hour", lasted)
		}
	})
}

func TestTooManyViewersAreTurnedAway(t *testing.T) {
	if racetest.On {
		t.Skip("opens 2,000 streams: runs without the race detector")
	}
	synctest.Test(t, func(t *testing.T) {
		w := unserved(t, time.Hour)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		p := newPerson(t, "http://page")
		p.client.Transport = w.pipes(t)
		for i := range 2001 {
			status, _ := p.stream(ctx, header("Authorization", "Bearer "+token))
			if want := map[bool]int{true: 200, false: 503}[i < 2000]; status != want {
				t.Fatalf("viewer %d is answered with %d", i+1, status)
			}
		}
	})
}

func TestAnInterruptedHeartbeatIsNotShown(t *testing.T) {
	w, p := enter(t, "", time.Hour)
	before := p.get("/").body
	r := w.past.records[len(w.past.records)-1]
	r.Time, r.Action, r.Dynos = time.Now(), record.Interrupted, -1
	if err := w.page.Record(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	if after := p.get("/").body; strings.Contains(after, "interrupted") || !strings.Contains(before, `id="dynos"`) {
		t.Error("the page shows a heartbeat that was interrupted")
	}
}
