package peers

import (
	"math"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/sim"
)

// Target tracking of AWS on ALBRequestCountPerTarget: two CloudWatch alarms with a data point each minute.
//
// Sources: https://docs.aws.amazon.com/autoscaling/application/userguide/target-tracking-scaling-policy-overview.html
// (algorithm); https://docs.aws.amazon.com/cdk/api/v1/docs/@aws-cdk_aws-ecs.RequestCountScalingProps.html (a cooldown
// of 300 s for ECS). The numbers of data points are those of the alarms that AWS creates: 3 above the target to scale
// out, 15 below 90 % of it to scale in. The guide only says that scaling in is more gradual.
const (
	awsPeriod     = time.Minute
	awsHigh       = 3
	awsLow        = 15
	awsLowShare   = 0.9
	awsCooldownIn = 5 * time.Minute
)

// AWS tracks the requests per target and minute. The user sets the target.
func AWS(perMinute float64) sim.Driver {
	return driver("aws-target-tracking", awsPeriod, func(w *sim.World) func(time.Time, int, int) int {
		var above, below int
		var changed time.Time
		return func(now time.Time, n, up int) int {
			seen := w.Observe(awsPeriod)
			if seen.Seconds == 0 {
				return n
			}
			per := float64(seen.Arrived) / max(1, float64(up))
			above, below = inARow(above, per > perMinute), inARow(below, per < awsLowShare*perMinute)
			need := int(math.Ceil(float64(seen.Arrived) / perMinute))
			switch {
			case above >= awsHigh && need > n:
				changed = now
				return need
			case below >= awsLow && need < n && now.Sub(changed) >= awsCooldownIn:
				changed = now
				return need
			}
			return n
		}
	})
}

func inARow(n int, is bool) int {
	if is {
		return n + 1
	}
	return 0
}
