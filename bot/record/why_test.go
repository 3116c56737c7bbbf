package record_test

import (
	"strings"
	"testing"

	"github.com/autoscalebot/autoscalebot/bot/adaptive"
	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/bot/record"
)

func TestWhyTellsWhatTheLoadModelMakesOfTheLoad(t *testing.T) {
	r := record.Record{Dynos: 4, Decision: decide.Decision{
		From: 4, To: 5, Rule: decide.RuleMoreLoad, HeartbeatVerdict: decide.HeartbeatVerdict{Verdict: decide.OK},
		Load: &adaptive.Estimate{Low: 2.9, Likely: 3.4, High: 4.1, Busy: 0.7, Need: 5, Most: 5, HoldSeconds: 300},
	}}
	if got, want := r.Why(), "the load keeps about 3.4 dynos busy (2.9–4.1); at 70 % busy it needs 5"; got != want {
		t.Errorf("why is %q\nwant   %q", got, want)
	}
	r.Decision.Load.Need, r.Decision.Load.Most = 3, 4
	if got, want := r.Why(), "it needs 3; it needed 4 within the last 5 min"; !strings.HasSuffix(got, want) {
		t.Errorf("why is %q\nwant at its end %q", got, want)
	}
}
