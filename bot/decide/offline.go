package decide

import (
	"slices"

	"github.com/autoscalebot/autoscalebot/probe"
)

// What was seen before still counts afterwards.
func freeze(f *Facts) Decision {
	first := slices.IndexFunc(f.Readings, probe.Reading.IsHeartbeat)
	return Decision{
		Rule: RuleOffline, HeartbeatVerdict: HeartbeatVerdict{Verdict: NoData, Reading: first}, From: -1,
		To: -1, Desired: -1,
	}
}
