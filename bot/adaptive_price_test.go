package bot_test

import (
	"math"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/adaptive"
	"github.com/autoscalebot/autoscalebot/bot/racetest"
)

// The dearer a slow minute is, the more dynos there are for the same load.
func TestADearerSlowMinuteTakesMoreDynos(t *testing.T) {
	racetest.Long(t)
	last := 0.0
	for _, dynoHours := range []float64{1, 10} {
		a, err := adaptive.NewPriced(dynoHours, 1000)
		if err != nil {
			t.Fatal(err)
		}
		p := defaults
		p.MaxResponseMS, p.Adaptive = 1000, a
		busy, now := newApp(p, 10, 8), 0.0
		for i := range 12 { // a load that comes and goes
			busy.load = 10 + 6*math.Sin(float64(i)/3)
			busy.run(30 * time.Minute)
			now += float64(busy.dynos) / 2
		}
		t.Logf("%g dyno-hours a slow minute: %.0f dyno-hours", dynoHours, now)
		if now <= last {
			t.Errorf("at %g dyno-hours a slow minute it takes %.0f dyno-hours, and %.0f at less", dynoHours, now, last)
		}
		last = now
	}
}
