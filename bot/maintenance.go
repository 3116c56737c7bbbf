package bot

import (
	"context"
	"slices"

	"github.com/autoscalebot/autoscalebot/probe"
)

// MarkMaintenance returns the readings, after asking whether the app is in maintenance mode if a heartbeat among them
// failed. If it is, the Outcome of failed heartbeats is Maintenance. If that is unknown, those with a status are
// BadAnswer. ask is the method of a [MaintenanceReporter].
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
