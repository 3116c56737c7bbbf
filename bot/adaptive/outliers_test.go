package adaptive_test

import (
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/adaptive"
	"github.com/autoscalebot/autoscalebot/bot/racetest"
	"github.com/autoscalebot/autoscalebot/probe"
)

// One dyno answers after seconds at any load, the others do not.
func TestAdaptiveTellsASlowDynoFromLoad(t *testing.T) {
	racetest.Long(t)
	a := newApp(adaptively(t, adaptive.Balanced, 1000), 12, 8)
	a.beat = func(ms float64) probe.Reading {
		if a.draws.IntN(a.dynos) == 0 {
			ms += 2000 + 4000*a.draws.Float64()
		}
		return took(ms)
	}
	d := a.run(6 * time.Hour)
	if a.dynos < 9 || a.dynos > 14 {
		t.Errorf("a load of 8 dynos has %d", a.dynos)
	}
	if is := d.Load.Outliers; is < 0.06 || is > 0.2 {
		t.Errorf("a share of %g is slow at any load, want about %.2f", is, 1/float64(a.dynos))
	}
	if want := "% of the heartbeats are slow at any load"; !strings.Contains(d.Load.String(), want) {
		t.Errorf("%q does not say %q", d.Load, want)
	}
}
