package metrics

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

const (
	// beatsMissed is how many intervals without a tick mean that the loop is stuck.
	beatsMissed = 3
	// longestTick bounds from below how long that is: a tick may wait for the platform for 25 s, and for the heartbeat before that,
	// without anything being wrong with the loop.
	longestTick = time.Minute
	// longestStart is how long the first tick may take to be done: a platform's own processes start before it.
	longestStart = 2 * time.Minute
)

// health is what the health handlers answer.
type health struct {
	Status string `json:"status"`
	// LastTick is when the newest tick was done, SecondsAgo how long ago that is.
	LastTick   *time.Time `json:"last_tick,omitempty"`
	SecondsAgo *float64   `json:"seconds_ago,omitempty"`
	Reason     string     `json:"reason,omitempty"`
}

// Healthz says whether the loop is alive: 200 if a tick was done within the last 3 intervals, or within the last minute where these
// are shorter, and 503 with a reason otherwise. The first tick has 2 minutes at the least. The answer is a JSON object.
func (m *Metrics) Healthz() http.Handler {
	return answer(func(now time.Time, h *health) {
		limit := max(beatsMissed*m.o.Interval, longestTick)
		since := m.seen
		if since.IsZero() {
			since, limit = m.o.Started, max(limit, longestStart)
		}
		if ago := now.Sub(since); ago > limit {
			h.Reason = fmt.Sprintf("no tick for %v, where one is due every %v", ago.Round(time.Second), m.o.Interval)
		}
	}, m)
}

// Readyz says whether the first tick is done: 200 if so, otherwise 503 with a reason. The answer is a JSON object.
func (m *Metrics) Readyz() http.Handler {
	return answer(func(_ time.Time, h *health) {
		if !m.ready {
			h.Reason = "the first tick is not done yet"
		}
	}, m)
}

// answer makes a handler of judge, which gives the reason why something is wrong, if it is. m.mu is held while it does.
func answer(judge func(now time.Time, h *health), m *Metrics) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "this can only be read", http.StatusMethodNotAllowed)
			return
		}
		now := time.Now()
		h, code := health{Status: "ok"}, http.StatusOK
		m.mu.Lock()
		judge(now, &h)
		if seen := m.seen; !seen.IsZero() {
			ago := now.Sub(seen).Seconds()
			h.LastTick, h.SecondsAgo = &seen, &ago
		}
		m.mu.Unlock()
		if h.Reason != "" {
			h.Status, code = "failing", http.StatusServiceUnavailable
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		w.WriteHeader(code)
		_ = json.NewEncoder(w).Encode(h) // whoever asked has gone
	})
}
