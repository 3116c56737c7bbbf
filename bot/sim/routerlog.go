package sim

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/bot/adaptive"
	"github.com/autoscalebot/autoscalebot/probe"
)

const (
	// A line of the router's log arrives a second after its request has ended.
	logDelay = time.Second
	// Readings look back a minute, or a quarter of one for recent rates. They begin after logWarmUp.
	logWindow, logRecently, logWarmUp = time.Minute, 15 * time.Second, 10 * time.Second
)

// RouterLog returns probers for [adaptive.RouterSignals] that read the lines of the router's log, as the log drain of a
// real app does. They cover the answers of the last minute, except its last second, and the requests that the router
// gave up, which count with the timeout. Heartbeats are included. Times are those in the dyno, including waits,
// accurate to 2 %.
func (w *World) RouterLog() []probe.Prober {
	view := &logView{w: w}
	var out []probe.Prober
	for _, signal := range adaptive.RouterSignals() {
		out = append(out, routerLog{view, signal})
	}
	return out
}

// A logView sums up the log once for all probers of a tick.
type logView struct {
	w              *World // its lock guards the rest
	at             time.Time
	minute, recent Observation
}

func (v *logView) look() (now time.Time, minute, recent Observation) {
	v.w.mu.Lock()
	defer v.w.mu.Unlock()
	if now = v.w.Now(); !now.Equal(v.at) {
		end := int(v.w.now - logDelay.Seconds())
		v.at = now
		v.minute = v.w.meter.observe(end, int(logWindow.Seconds()))
		v.recent = v.w.meter.observe(end, int(logRecently.Seconds()))
	}
	return now, v.minute, v.recent
}

type routerLog struct {
	view   *logView
	signal string
}

func (l routerLog) Probe(context.Context) probe.Reading {
	now, minute, recent := l.view.look()
	unit, _ := probe.SignalUnit(l.signal)
	r := probe.Reading{Signal: l.signal, Time: now, Unit: unit, Outcome: probe.Unreachable}
	if minute.Seconds < logWarmUp.Seconds() {
		r.Error = fmt.Sprintf("the log covers only %.0fs so far: needs %v", minute.Seconds, logWarmUp)
		return r
	}
	r.Outcome = probe.BadAnswer
	if err := l.read(&r, &minute, &recent); err != nil {
		r.Error = err.Error()
		return r
	}
	r.Outcome = probe.Answered
	return r
}

func (l routerLog) read(r *probe.Reading, minute, recent *Observation) error {
	timeout := l.view.w.meter.timeout
	switch l.signal {
	case probe.RequestsPerSecond:
		r.Value = minute.logged() / minute.Seconds
	case probe.RecentRequestsPerSecond:
		r.Value = recent.logged() / recent.Seconds
	case probe.Busy:
		r.Value = (minute.MeanResponse.Seconds()*float64(minute.Answered) +
			timeout*float64(minute.Lost)) / minute.Seconds
	case probe.ServiceP50, probe.ServiceP95:
		if minute.logged() == 0 {
			return errors.New("no request in the window has a time")
		}
		p := 0.5
		if l.signal == probe.ServiceP95 {
			p = 0.95
		}
		r.Value = math.Floor(1000 * min(timeout, minute.response.quantile(p, uint64(minute.Lost))))
	}
	return nil
}

func (o *Observation) logged() float64 { return float64(o.Answered + o.Lost) }

// WithRouterLog drives by a bot as [Bot] does. The bot also reads the router's log.
func WithRouterLog(name string, o bot.Options) Driver {
	return BotIn(name, o.Interval, func(w *World) *bot.Bot {
		o := o
		o.Probers = append(slices.Clip(o.Probers), w.Heartbeat())
		o.Probers = append(o.Probers, w.RouterLog()...)
		return w.bot(o)
	})
}
