package decide

import (
	"slices"

	"github.com/autoscalebot/autoscalebot/probe"
)

// freeze decides nothing while the bot is offline: what was seen before still counts afterwards.
func freeze(f *Facts) Decision {
	return Decision{
		Rule: RuleOffline, HeartbeatVerdict: HeartbeatVerdict{Verdict: NoData, Reading: firstHeartbeat(f.Readings)}, From: -1, To: -1, Desired: -1,
	}
}

func firstHeartbeat(readings []probe.Reading) int {
	return slices.IndexFunc(readings, probe.Reading.IsHeartbeat)
}
