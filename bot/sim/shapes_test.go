package sim_test

import (
	"math"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/sim"
)

func TestShapesArePossibleDemands(t *testing.T) {
	for _, s := range sim.Shapes() {
		for at := 0.5; at < s.Length().Seconds(); at++ {
			if rate := s.Rate(at); !(rate >= 0 && rate <= 1.001) {
				t.Fatalf("%s has a rate of %g after %g s", s.Name, rate, at)
			}
		}
		if peak := sim.Peak(s, sim.PeakWindow(s.Length())); math.Abs(peak-1) > 0.1 {
			t.Errorf("%s has a peak of %g, want about 1", s.Name, peak)
		}
		if again, err := sim.ShapeOf(s.Name); err != nil || again.About != s.About || s.About == "" {
			t.Errorf("%s is not found by its name: %v", s.Name, err)
		}
	}
	if _, err := sim.ShapeOf("stedy"); err == nil || err.Error() !=
		`unknown shape "stedy": must be one of steady, sine, ramp, square, spike, flash, outage, slow-database` {
		t.Errorf("an unknown shape: %v", err)
	}
}

func TestThePeakIsTheLargestMeanOfAWindow(t *testing.T) {
	spike := shape(t, "spike")
	for _, c := range []struct {
		window time.Duration
		want   float64
	}{{time.Second, 1}, {5 * time.Minute, 1}, {10 * time.Minute, 0.625}, {6 * time.Hour, 0.3125}, {99 * time.Hour, 0.3125}} {
		if got := sim.Peak(spike, c.window); math.Abs(got-c.want) > 1e-9 {
			t.Errorf("the peak over %v is %g, want %g", c.window, got, c.want)
		}
	}
	if got := sim.Peak(sim.Scale(spike, 3), time.Minute); math.Abs(got-3) > 1e-9 {
		t.Errorf("the peak of three times as much is %g, want 3", got)
	}
}
