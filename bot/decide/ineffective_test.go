package decide_test

import (
	"encoding/json"
	"math"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/probe"
)

// Response times that cannot be do not make of the state what JSON cannot hold.
func TestLevelsStayNumbers(t *testing.T) {
	p := defaults
	for _, ms := range []float64{math.MaxFloat64, -math.MaxFloat64, math.Inf(1), math.NaN()} {
		var st decide.State
		for i := range 3 {
			st, _ = p.Decide(st, facts(noon.Add(time.Duration(i)*30*time.Second), []probe.Reading{took(ms)}, bounds(1, 9), 2))
		}
		if _, err := json.Marshal(st); err != nil {
			t.Errorf("after heartbeats of %g ms: %v", ms, err)
		}
	}
}
