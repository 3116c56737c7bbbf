package decide_test

import (
	"math/bits"
	"testing"

	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/probe"
	"github.com/autoscalebot/autoscalebot/schedule"
)

type runs struct{ Slow, Fast, NoData int }

func (r runs) state() decide.State {
	return decide.State{RunState: decide.RunState{Slow: 1<<r.Slow - 1, Fast: 1<<r.Fast - 1, NoData: r.NoData}}
}

func runsOf(st decide.State) runs {
	return runs{bits.TrailingZeros64(^uint64(st.Slow)), bits.TrailingZeros64(^uint64(st.Fast)), st.NoData}
}

func TestDecide(t *testing.T) {
	any := defaults
	any.FailOn = append([]probe.Outcome{probe.Unreachable}, defaults.FailOn...)
	by2 := defaults
	by2.Up, by2.Down = decide.Step{Dynos: 2}, decide.Step{Dynos: 2}
	zero := defaults
	zero.ZeroIsOurs = true
	timeout := failed(probe.Timeout, "no answer within 10s")
	for _, c := range []struct {
		name     string
		policy   decide.Policy
		state    runs
		readings []probe.Reading
		limits   schedule.Limits
		n, want  int
		rule     decide.Rule
		after    runs
	}{
		{"right ends both runs", defaults, runs{Slow: 2, Fast: 0, NoData: 1}, []probe.Reading{right}, schedule.Limits{Min: 1, Max: 3}, 2, 2, decide.RuleHold, runs{}},
		{"the bounds themselves are right", defaults, runs{Slow: 2}, []probe.Reading{took(1000)}, schedule.Limits{Min: 1, Max: 3}, 2, 2, decide.RuleHold, runs{}},
		{"and so is the lower one", defaults, runs{Fast: 4}, []probe.Reading{took(200)}, schedule.Limits{Min: 1, Max: 3}, 2, 2, decide.RuleHold, runs{}},
		{"third slow", defaults, runs{Slow: 2}, []probe.Reading{took(1000.5)}, schedule.Limits{Min: 1, Max: 3}, 2, 3, decide.RuleSlow, runs{Slow: 3}},
		{"slow ends the fast run", defaults, runs{Fast: 4}, []probe.Reading{slow}, schedule.Limits{Min: 1, Max: 3}, 2, 2, decide.RuleHold, runs{Slow: 1}},
		{"fifth fast", defaults, runs{Fast: 4}, []probe.Reading{fast}, schedule.Limits{Min: 1, Max: 3}, 2, 1, decide.RuleFast, runs{Fast: 5}},
		{"a timeout is slow", defaults, runs{Slow: 2}, []probe.Reading{timeout}, schedule.Limits{Min: 1, Max: 3}, 2, 3, decide.RuleSlow, runs{Slow: 3}},
		{"unreachable is blind and breaks no run", defaults, runs{Slow: 2}, []probe.Reading{noData}, schedule.Limits{Min: 1, Max: 3}, 2, 2, decide.RuleNoData, runs{Slow: 2, NoData: 1}},
		{"unless it is to count", any, runs{Slow: 2}, []probe.Reading{noData}, schedule.Limits{Min: 1, Max: 3}, 2, 3, decide.RuleSlow, runs{Slow: 3}},
		{"blind moves nothing even after a long run", defaults, runs{Slow: 9}, []probe.Reading{noData}, schedule.Limits{Min: 1, Max: 3}, 2, 2, decide.RuleNoData, runs{Slow: 9, NoData: 1}},
		{"no reading is blind", defaults, runs{Fast: 4}, nil, schedule.Limits{Min: 1, Max: 3}, 2, 2, decide.RuleNoData, runs{Fast: 4, NoData: 1}},
		{"above the limits moves at once", defaults, runs{}, []probe.Reading{right}, schedule.Limits{Min: 1, Max: 2}, 5, 2, decide.RuleLimits, runs{}},
		{"below the limits moves at once, blind or not", defaults, runs{}, []probe.Reading{noData}, schedule.Limits{Min: 3, Max: 5}, 1, 3, decide.RuleLimits, runs{NoData: 1}},
		{"limits come before a run", defaults, runs{Slow: 2}, []probe.Reading{slow}, schedule.Limits{Min: 1, Max: 2}, 3, 2, decide.RuleLimits, runs{Slow: 3}},
		{"a step is clamped to the maximum", by2, runs{Slow: 2}, []probe.Reading{slow}, schedule.Limits{Min: 1, Max: 3}, 2, 3, decide.RuleSlow, runs{Slow: 3}},
		{"a step is clamped to the minimum", by2, runs{Fast: 4}, []probe.Reading{fast}, schedule.Limits{Min: 1, Max: 3}, 2, 1, decide.RuleFast, runs{Fast: 5}},
		{"at the maximum", defaults, runs{Slow: 2}, []probe.Reading{slow}, schedule.Limits{Min: 1, Max: 3}, 3, 3, decide.RuleSlow, runs{Slow: 3}},
		{"0 dynos are left alone, whatever the minimum", defaults, runs{Slow: 2}, []probe.Reading{slow}, schedule.Limits{Min: 1, Max: 3}, 0, 0, decide.RuleLeftAlone, runs{Slow: 3}},
		{"unless 0 is in the schedule", zero, runs{}, []probe.Reading{right}, schedule.Limits{Min: 1, Max: 3}, 0, 1, decide.RuleLimits, runs{}},
		{"down to 0 where the minimum says so", zero, runs{Fast: 4}, []probe.Reading{fast}, schedule.Limits{Min: 0, Max: 3}, 1, 0, decide.RuleFast, runs{Fast: 5}},
		{"up if any signal says up", defaults, runs{Slow: 2}, []probe.Reading{fast, slow}, schedule.Limits{Min: 1, Max: 3}, 2, 3, decide.RuleSlow, runs{Slow: 3}},
		{"down only if all say down", defaults, runs{Fast: 4}, []probe.Reading{fast, right}, schedule.Limits{Min: 1, Max: 3}, 2, 2, decide.RuleHold, runs{}},
		{"never down beside a blind one", defaults, runs{Fast: 4}, []probe.Reading{fast, noData}, schedule.Limits{Min: 1, Max: 3}, 2, 2, decide.RuleNoData, runs{Fast: 4, NoData: 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			after, d := c.policy.Decide(c.state.state(), facts(noon, c.readings, c.limits, c.n))
			if d.To != c.want || d.Rule != c.rule || d.From != c.n {
				t.Errorf("decided %d → %d by %q, want %d → %d by %q", d.From, d.To, d.Rule, c.n, c.want, c.rule)
			}
			if got := runsOf(after); got != c.after {
				t.Errorf("runs after = %+v, want %+v", got, c.after)
			}
		})
	}
}
