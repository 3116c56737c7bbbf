package service

import (
	"time"

	"github.com/autoscalebot/autoscalebot/schedule"
)

// Greatest returns the largest maximum of the year from now.
func Greatest(t schedule.Table, now time.Time) int { return greatest(t, now) }
