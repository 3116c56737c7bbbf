package schedule_test

import (
	"testing"

	"github.com/autoscalebot/autoscalebot/schedule"
)

func TestClampGivesTheNearestNumberWithinTheLimits(t *testing.T) {
	l := schedule.Limits{Min: 2, Max: 5}
	for n, want := range []int{2, 2, 2, 3, 4, 5, 5, 5} {
		if got := l.Clamp(n); got != want {
			t.Errorf("Clamp(%d) = %d, want %d", n, got, want)
		}
	}
}
