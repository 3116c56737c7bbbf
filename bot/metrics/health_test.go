package metrics_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/metrics"
	"github.com/autoscalebot/autoscalebot/bot/record"
)

func ask(t *testing.T, h http.Handler) (code int, reason string) {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	var got struct{ Status, Reason string }
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
		t.Fatalf("%q: %v", w.Body, err)
	}
	if want := map[bool]string{true: "ok", false: "failing"}[w.Code == http.StatusOK]; got.Status != want {
		t.Errorf("status %q with code %d", got.Status, w.Code)
	}
	return w.Code, got.Reason
}

func TestHealthFollowsTheLoop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := options()
		o.Started = time.Now()
		m := metrics.New(o)
		want := func(when string, h http.Handler, code int, reason string) {
			t.Helper()
			if c, r := ask(t, h); c != code || r != reason {
				t.Errorf("%s: %d %q, want %d %q", when, c, r, code, reason)
			}
		}
		want("at the start", metrics.Healthz(m), 200, "")
		want("at the start", metrics.Readyz(m), 503, "waiting for the first tick")

		go run(t, m, time.Hour, 0, 0, time.Hour) // the third probe hangs
		synctest.Wait()
		want("after the first tick", metrics.Healthz(m), 200, "")
		want("after the first tick", metrics.Readyz(m), 200, "")
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		want("90 s after the second tick", metrics.Healthz(m), 200, "")
		time.Sleep(time.Second)
		want("91 s after the second tick", metrics.Healthz(m), 503, "no tick for 1m31s: one is due every 30s")
		want("91 s after the second tick", metrics.Readyz(m), 200, "")
		time.Sleep(time.Hour)
	})
}

func TestALoopThatNeverBeganIsNotAlive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := options()
		o.Started = time.Now()
		m := metrics.New(o)
		time.Sleep(2 * time.Minute)
		if code, reason := ask(t, metrics.Healthz(m)); code != 200 {
			t.Errorf("%d %q after 2 minutes", code, reason)
		}
		time.Sleep(time.Second)
		if code, reason := ask(t, metrics.Healthz(m)); code != 503 || reason != "no tick for 2m1s: one is due every 30s" {
			t.Errorf("%d %q after more than 2 minutes", code, reason)
		}
	})
}

// A tick every second that waits for the platform as long as it may does not mean that the loop is stuck.
func TestATickMayWaitForThePlatform(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := options()
		o.Interval = time.Second
		m := metrics.New(o)
		keep(t, m, scaled())
		time.Sleep(time.Minute)
		if code, reason := ask(t, metrics.Healthz(m)); code != 200 {
			t.Errorf("%d %q after a minute", code, reason)
		}
		time.Sleep(time.Second)
		if code, _ := ask(t, metrics.Healthz(m)); code != 503 {
			t.Errorf("%d after more than a minute", code)
		}
	})
}

func TestAnInterruptedTickIsNotReady(t *testing.T) {
	m := metrics.New(options())
	keep(t, m, record.Record{Time: noon, Action: record.Interrupted})
	if code, _ := ask(t, metrics.Readyz(m)); code != 503 {
		t.Errorf("%d, want 503", code)
	}
}

func TestHealthCanOnlyBeRead(t *testing.T) {
	m := metrics.New(options())
	for method, code := range map[string]int{http.MethodHead: 503, http.MethodPost: 405, http.MethodDelete: 405} {
		w := httptest.NewRecorder()
		metrics.Readyz(m).ServeHTTP(w, httptest.NewRequest(method, "/readyz", nil))
		if w.Code != code {
			t.Errorf("%s: %d, want %d", method, w.Code, code)
		}
	}
}

func worker() *metrics.Metrics {
	o := options()
	o.ProcessType = "worker"
	return metrics.New(o)
}

func TestHealthIsThatOfTheWorstLoop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		web, worker := metrics.New(options()), worker()
		healthy, ready := metrics.Healthz(web, worker), metrics.Readyz(web, worker)
		keep(t, web, scaled())
		if code, reason := ask(t, ready); code != 503 || reason != "worker: waiting for the first tick" {
			t.Errorf("%d %q before the worker's first tick", code, reason)
		}
		keep(t, worker, scaled())
		if code, reason := ask(t, ready); code != 200 || reason != "" {
			t.Errorf("%d %q after it", code, reason)
		}
		time.Sleep(91 * time.Second)
		keep(t, web, scaled())
		time.Sleep(time.Second)
		w := httptest.NewRecorder()
		healthy.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/healthz", nil))
		var got struct {
			Reason string
			Ago    float64 `json:"seconds_ago"`
		}
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
			t.Fatal(err)
		}
		if w.Code != 503 || got.Reason != "worker: no tick for 1m32s: one is due every 30s" || got.Ago != 92 {
			t.Errorf("%d %+v while the worker's loop is stuck", w.Code, got)
		}
		time.Sleep(2 * time.Minute)
		want := "web: no tick for 2m1s: one is due every 30s; worker: no tick for 3m32s: one is due every 30s"
		if code, reason := ask(t, healthy); code != 503 || reason != want {
			t.Errorf("%d %q while both are", code, reason)
		}
	})
}
