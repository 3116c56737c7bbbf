package adaptive_test

import (
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/adaptive"
	"github.com/autoscalebot/autoscalebot/bot/racetest"
)

// A heartbeat that is slow and uneven without any load must not look like load.
func TestAdaptiveLearnsASlowUnevenHeartbeat(t *testing.T) {
	racetest.Long(t)
	a := newApp(adaptively(t, adaptive.Balanced, 1000), 3, 1)
	a.baselineMS = 250
	a.run(4 * time.Hour)
	if a.dynos > 3 {
		t.Errorf("a heartbeat of 250 ms, and often 500, ran up %d dynos for a load of 1", a.dynos)
	}
}
