package service

import (
	"io"
	"slices"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/bot/history"
	"github.com/autoscalebot/autoscalebot/bot/record"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
	"github.com/autoscalebot/autoscalebot/schedule"
)

// An adaptive policy without a memory of former weeks learns from the history's dynos above the minimum. A counting policy does not.
func TestTheAdaptivePolicyLearnsFromTheHistory(t *testing.T) {
	db, err := history.Open(t.Context(), history.Options{URL: history.Memory, App: "shop", ProcessType: "web"})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close(t.Context())
	s := settings.Defaults()
	h := NewHost(s, io.Discard, io.Discard)
	for i := range 12 {
		r := record.Record{
			Time: h.Now.Add(time.Duration(i-13) * 10 * time.Minute), App: "shop", ProcessType: "web", Dynos: 4, Settled: true, Action: record.Held,
			Limits: schedule.Limits{Min: 1, Max: 9}, Decision: decide.Decision{
				From: 4, To: 4, Rule: decide.RuleHold,
				HeartbeatVerdict: decide.HeartbeatVerdict{Verdict: decide.OK, Reading: -1},
			},
		}
		if i >= 8 {
			r.Dynos, r.Limits.Min = 6, 6
		}
		if err := db.Record(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, policy := range []string{"count", "adaptive"} {
		s.Policy = settings.Word(policy)
		k := keeping{db: db}
		k.learn(t.Context(), s, h)
		w := k.memory.State.Weeks
		if policy == "count" {
			if w != nil {
				t.Errorf("counting learned %+v", w)
			}
			continue
		}
		if w == nil || !slices.Contains(w.Past, 4) || slices.Contains(w.Past, 6) {
			t.Errorf("the history of 4 dynos, and of 6 at a minimum of 6, taught %+v", w)
		}
	}
}
