package adaptive_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/autoscalebot/autoscalebot/bot/adaptive"
	"github.com/autoscalebot/autoscalebot/bot/racetest"
)

func priced(t *testing.T, dynoHours float64) *adaptive.Model {
	t.Helper()
	a, err := adaptive.NewPriced(dynoHours, 1000)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestAPriceOfASlowMinuteIsAnAim(t *testing.T) {
	for dynoHours, aim := range map[float64]adaptive.Aim{0.001: adaptive.Lean, 0.3: adaptive.Lean, 3: adaptive.Balanced, 30: adaptive.Safe, 1e9: adaptive.Safe} {
		want, err := adaptive.New(aim, 1000)
		if err != nil {
			t.Fatal(err)
		}
		if got := priced(t, dynoHours); !adaptive.SameNumbers(got, want) {
			t.Errorf("%g dyno-hours are %+v, want %s: %+v", dynoHours, got, aim, want)
		}
	}
	if reflect.DeepEqual(priced(t, 1), priced(t, 3)) || reflect.DeepEqual(priced(t, 1), priced(t, 0.3)) {
		t.Error("what is between two aims is one of them")
	}
	for _, wrong := range []float64{0, -1} {
		if _, err := adaptive.NewPriced(wrong, 1000); err == nil || !strings.Contains(err.Error(), "must be more than 0") {
			t.Errorf("%g dyno-hours: %v", wrong, err)
		}
	}
	if _, err := adaptive.NewPriced(3, 0); err == nil || !strings.Contains(err.Error(), "invalid threshold of 0 ms") {
		t.Errorf("a threshold of 0: %v", err)
	}
}

func TestADearerSlowMinuteTakesMoreDynos(t *testing.T) {
	racetest.Long(t)
	last := 0.0
	for _, dynoHours := range []float64{1, 10} {
		now := hours(policy(priced(t, dynoHours), 1000), 12)
		t.Logf("%g dyno-hours a slow minute: %.0f dyno-hours", dynoHours, now)
		if now <= last {
			t.Errorf("at %g dyno-hours a slow minute it takes %.0f dyno-hours, and %.0f at less", dynoHours, now, last)
		}
		last = now
	}
}
