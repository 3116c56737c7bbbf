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
	// A line of the router's log is there a second after its request has ended.
	logDelay = time.Second
	// Readings look back on a minute, or on a quarter of one where they are of what is recent; there is none before the
	// log was seen for logWarmUp.
	logWindow, logRecently, logWarmUp = time.Minute, 15 * time.Second, 10 * time.Second
)

// RouterLog returns probers that read from the lines of the router's log what [adaptive.RouterSignals] names, as the
// log drain of a real app does: of the answers, heartbeats among them, that were logged in the last minute but a
// second, and of the requests that the router gave up, which took the timeout. Times are those in the dyno, what waited
// in it included, right to 2 %.
func (w *World) RouterLog() []probe.Prober {
	view := &logView{w: w}
	var out []probe.Prober
	for _, signal := range adaptive.RouterSignals() {
		out = append(out, routerLog{view, signal})
	}
	return out
}

// A logView sums up the log once for all that read it at a tick.
type logView struct {
	w              *World // whose lock guards the rest
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
		r.Error = fmt.Sprintf("the log has been seen for %.0fs only: %v are needed", minute.Seconds, logWarmUp)
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
			return errors.New("no request of the window tells how long it took")
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

// WithRouterLog drives by a bot as [Bot] does, that reads the router's log beside its heartbeats.
func WithRouterLog(name string, o bot.Options) Driver {
	return BotIn(name, o.Interval, func(w *World) *bot.Bot {
		o := o
		o.Probers = append(slices.Clip(o.Probers), w.Heartbeat())
		o.Probers = append(o.Probers, w.RouterLog()...)
		return w.bot(o)
	})
}
