package bot

import (
	"context"
	"slices"

	"github.com/autoscalebot/autoscalebot/probe"
)

// MarkMaintenance asks whether the app is in maintenance mode where a heartbeat among the readings failed, as a
// [MaintenanceReporter] answers, and returns the readings with the Outcome of those heartbeats set to Maintenance if it
// is. While that is not known, one that was answered by a status is a BadAnswer.
func MarkMaintenance(
	ctx context.Context, ask func(context.Context) (on bool, err error), in []probe.Reading,
) []probe.Reading {
	if !slices.ContainsFunc(in, failedBeat) {
		return in
	}
	on, err := ask(ctx)
	if !on && err == nil {
		return in
	}
	out := slices.Clone(in)
	for i := range out {
		switch r := &out[i]; {
		case !failedBeat(*r):
		case on:
			r.Outcome, r.Error, r.Hint = probe.Maintenance, "the app is in maintenance mode: "+r.Error, ""
		case r.Status != 0:
			r.Outcome, r.Hint = probe.BadAnswer, ""
			r.Error += "; cannot tell whether the app is in maintenance mode: " + err.Error()
		}
	}
	return out
}

func failedBeat(r probe.Reading) bool {
	return r.IsHeartbeat() && r.Outcome != probe.Answered
}
