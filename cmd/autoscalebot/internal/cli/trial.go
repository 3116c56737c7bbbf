package cli

import (
	"io"
	"strconv"
	"time"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/bot/record"
	"github.com/autoscalebot/autoscalebot/bot/sim"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/service"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
	"github.com/autoscalebot/autoscalebot/probe"
	"github.com/autoscalebot/autoscalebot/schedule"
)

// A trial is a set of settings to simulate.
type trial struct {
	s *settings.Settings
	// routerLogs adds the simulated router's log to what the adaptive policies read.
	routerLogs bool
}

// The result spans all limits that the schedule has in this time.
func (t trial) limits(start time.Time, length time.Duration) schedule.Limits {
	all := t.s.Table.At(start)
	for at, end := start, start.Add(length); ; {
		next, l, ok := t.s.Table.Next(at)
		if !ok || next.After(end) {
			return all
		}
		all.Min, all.Max, at = min(all.Min, l.Min), max(all.Max, l.Max), next
	}
}

// A nil policy or schedule is that of the settings.
func (t trial) bot(name string, as *ownPolicy, sched bot.Schedule, recorders ...record.Recorder) sim.Driver {
	o := service.Options(t.s, service.Parts{}, nil, service.NewHost(t.s, io.Discard, io.Discard))
	o.Control, o.Log, o.Recorders = nil, nil, recorders
	if sched != nil {
		o.Schedule = sched
	}
	if as != nil {
		o.Policy.Adaptive = as.adaptive
	}
	return sim.BotIn(name, o.Interval, func(w *sim.World) *bot.Bot {
		inWorld := o
		inWorld.Scaler, inWorld.Probers = w, heartbeats(w, t.s)
		if t.routerLogs && o.Policy.Adaptive != nil {
			inWorld.Probers = append(inWorld.Probers, w.RouterLog()...)
		}
		inWorld.Prompt = true
		return bot.New(inWorld)
	})
}

// The default MAX_DYNOS of 3 would hide the differences between policies.
const mostDynos = "60"

func (t trial) policy() string {
	if t.s == nil {
		return "count"
	}
	return string(t.s.Policy)
}

func (m *mistakes) trial(args []string) trial {
	s, err := settings.LoadTrial([]string{"MAX_DYNOS=" + mostDynos}, args)
	m.settings(err)
	return trial{s: s}
}

func heartbeats(w *sim.World, s *settings.Settings) []probe.Prober {
	return []probe.Prober{probe.Samples(w.Heartbeat(), probe.SampleOptions{
		N: int(s.HeartbeatSamples), Percentile: float64(s.HeartbeatPercent), Fails: s.HeartbeatFailOn.Outcomes,
	})}
}

// -1 if the minimum is a schedule: tune must not replace what its owner wrote.
func (t trial) least() int {
	if n, err := strconv.Atoi(t.s.MinDynos.String()); err == nil {
		return n
	}
	return -1
}
