package decide_test

import (
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/decide"
)

// The platform's answer changes the state only as the policy says.
func TestAnAnswerIsTakenIn(t *testing.T) {
	f := facts(noon, nil, bounds(1, 9), 2)
	up := decide.Decision{From: 2, To: 3, Desired: 3, Rule: decide.RuleLimits}
	for o, want := range map[decide.Outcome]struct {
		dynos, to  int
		unanswered bool
		up         time.Time
	}{
		decide.Accepted:  {3, 3, false, noon},
		decide.Refused:   {2, 3, true, time.Time{}},
		decide.Late:      {2, 2, true, time.Time{}},
		decide.Deploying: {2, 2, true, time.Time{}},
		decide.DryRun:    {2, 3, false, noon},
	} {
		st, d := defaults.Answered(decide.State{Known: true, Dynos: 2}, f, up, o)
		if st.Dynos != want.dynos || d.To != want.to || st.Unanswered != want.unanswered || !st.LastUp.Equal(want.up) {
			t.Errorf("%s: %d dynos, decided on %d, unanswered %v, last scale-up %v", o, st.Dynos, d.To, st.Unanswered, st.LastUp)
		}
	}
}
