package metrics

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
)

const (
	beatsMissed = 3 // intervals without a tick after which the loop is stuck
	// A tick may wait for the heartbeat, and 25 s for the platform.
	longestTick = time.Minute
	// A platform's own processes start before the first tick.
	longestStart = 2 * time.Minute
)

type health struct {
	Status string `json:"status"`
	// of several loops, the oldest; omitted before the first tick of any
	LastTick   *time.Time `json:"last_tick,omitempty"`
	SecondsAgo *float64   `json:"seconds_ago,omitempty"`
	// Decisions are the times of each loop's last decision on fresh data; only [Readyz] returns them.
	Decisions []decisionAge `json:"decisions,omitempty"`
	// of several loops, with the process type of each that fails
	Reason string `json:"reason,omitempty"`
}

// Both times are omitted before the first.
type decisionAge struct {
	App         string     `json:"app"`
	ProcessType string     `json:"process_type"`
	Last        *time.Time `json:"last_decision,omitempty"`
	SecondsAgo  *float64   `json:"seconds_ago,omitempty"`
}

func decisions(all []*Metrics, now time.Time) []decisionAge {
	var ages []decisionAge
	for _, m := range all {
		m.mu.Lock()
		decided := m.decided
		m.mu.Unlock()
		age := decisionAge{App: m.o.App, ProcessType: m.o.ProcessType}
		if !decided.IsZero() {
			ago := now.Sub(decided).Seconds()
			age.Last, age.SecondsAgo = &decided, &ago
		}
		ages = append(ages, age)
	}
	return ages
}

// Healthz reports whether all loops are alive: 200 if each had a tick within its last 3 intervals, at least within the
// last minute, and 503 with a reason otherwise. The first tick may take at least 2 minutes. The answer is a JSON
// object.
func Healthz(all ...*Metrics) http.Handler {
	return answer(all, false, func(m *Metrics, now time.Time) (reason string) {
		limit := max(beatsMissed*m.o.Interval, longestTick)
		since := m.seen
		if since.IsZero() {
			since, limit = m.o.Started, max(limit, longestStart)
		}
		if ago := now.Sub(since); ago > limit {
			return fmt.Sprintf("no tick for %v: one is due every %v", ago.Round(time.Second), m.o.Interval)
		}
		return ""
	})
}

// Readyz reports whether all loops have had their first tick: 200 if so, 503 with a reason otherwise. The answer is a
// JSON object, with the time since each loop's last decision on fresh data.
func Readyz(all ...*Metrics) http.Handler {
	return answer(all, true, func(m *Metrics, _ time.Time) (reason string) {
		if !m.ready {
			return "waiting for the first tick"
		}
		return ""
	})
}

// The reason is "" if nothing is wrong. m.mu is held.
type judge func(m *Metrics, now time.Time) (reason string)

// With ages the answer includes the age of decisions.
func answer(all []*Metrics, ages bool, wrong judge) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "only GET and HEAD are allowed", http.StatusMethodNotAllowed)
			return
		}
		now := time.Now()
		h, code := judged(all, wrong, now), http.StatusOK
		if ages {
			h.Decisions = decisions(all, now)
		}
		if h.Reason != "" {
			h.Status, code = "failing", http.StatusServiceUnavailable
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		w.WriteHeader(code)
		_ = json.NewEncoder(w).Encode(h) // the client may have gone
	})
}

func judged(all []*Metrics, wrong judge, now time.Time) health {
	h, oldest := health{Status: "ok"}, now
	var reasons []string
	for _, m := range all {
		m.mu.Lock()
		reason, seen := wrong(m, now), m.seen
		m.mu.Unlock()
		if seen.Before(oldest) {
			oldest = seen
		}
		if reason != "" && len(all) > 1 {
			reason = m.o.ProcessType + ": " + reason
		}
		if reason != "" {
			reasons = append(reasons, reason)
		}
	}
	h.Reason = strings.Join(reasons, "; ")
	if !oldest.IsZero() {
		ago := now.Sub(oldest).Seconds()
		h.LastTick, h.SecondsAgo = &oldest, &ago
	}
	return h
}
