package metrics

import (
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/bot/record"
	"github.com/autoscalebot/autoscalebot/probe"
)

type counters struct {
	ticks, decisions, clamps, heartbeats, scalings *prometheus.CounterVec
	notices, failures                              *prometheus.CounterVec
	manual                                         prometheus.Counter
	response, duration, lateness                   prometheus.Histogram
	phases                                         *prometheus.HistogramVec
}

// An alert sees the first increase of these counters only if they start at 0.
func newCounters(r prometheus.Registerer, targets []string) counters {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		c := prometheus.NewCounterVec(prometheus.CounterOpts{Name: prefix + name, Help: help}, labels)
		r.MustRegister(c)
		return c
	}
	histogram := func(name, help string, labels ...string) *prometheus.HistogramVec {
		h := prometheus.NewHistogramVec(buckets(name, help), labels)
		r.MustRegister(h)
		return h
	}
	one := func(h *prometheus.HistogramVec) prometheus.Histogram {
		return h.WithLabelValues().(prometheus.Histogram)
	}
	c := counters{
		ticks: counter("ticks_total", "Ticks by result.", "action"),
		decisions: counter("decisions_total", "Decisions by rule and verdict.",
			"rule", "verdict"),
		clamps:     counter("clamps_total", "Safeguards that changed the desired number of dynos.", "reason"),
		heartbeats: counter("heartbeats_total", "Heartbeats by outcome.", "outcome"),
		scalings: counter("scalings_total",
			"Changes of the number of dynos that the platform accepted.", "direction"),
		notices:  counter("notices_total", "Delivered notices.", "target"),
		failures: counter("notice_failures_total", "Notices that could not be delivered.", "target"),
		manual: counter("manual_changes_total",
			"Changes of the number of dynos by somebody else.").WithLabelValues(),
		response: one(histogram("response_time_seconds", "Response times of answered heartbeats.")),
		phases: histogram("heartbeat_phase_seconds",
			"Time of answered heartbeats by phase.", "phase"),
		duration: one(histogram("tick_duration_seconds",
			"Time from the first request of a tick to the last answer of the platform.")),
		lateness: one(histogram("tick_lateness_seconds", "Delay of the start of a tick, including jitter.")),
	}
	for _, a := range []record.Action{
		record.Held, record.Scaled, record.WouldScale, record.Resized,
		record.WouldResize, record.Failed, record.Interrupted,
	} {
		c.ticks.WithLabelValues(label(a))
	}
	for _, by := range []string{
		decide.ClampSchedule, decide.ClampStabilization, decide.ClampCooldown, decide.ClampHold, decide.ClampPause,
		decide.ClampBudget, decide.ClampDeploy,
		decide.ClampUnsettled,
	} {
		c.clamps.WithLabelValues(label(by))
	}
	for _, o := range []probe.Outcome{
		probe.Answered, probe.Timeout, probe.ConnectTimeout, probe.ServerError, probe.ClientError,
		probe.Unreachable, probe.BadAnswer,
		probe.Overloaded, probe.Maintenance,
	} {
		c.heartbeats.WithLabelValues(label(o))
	}
	c.scalings.WithLabelValues("up")
	c.scalings.WithLabelValues("down")
	for _, t := range targets {
		c.notices.WithLabelValues(t)
		c.failures.WithLabelValues(t)
	}
	return c
}

// From 5 ms to the 30 s after which Heroku's router gives up. Only classic histograms: if native ones are offered too,
// Prometheus may drop the classic ones, and every query that names them.
func buckets(name, help string) prometheus.HistogramOpts {
	return prometheus.HistogramOpts{
		Name: prefix + name, Help: help, Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30},
	}
}

func (c *counters) count(r record.Record) {
	c.ticks.WithLabelValues(label(r.Action)).Inc()
	c.duration.Observe(r.DurationMS / 1000)
	for _, hb := range r.Readings {
		c.heartbeat(hb)
	}
	if r.Action == record.Interrupted { // before a decision
		return
	}
	d := r.Decision
	c.decisions.WithLabelValues(label(d.Rule), label(d.Verdict)).Inc()
	for _, clamp := range d.Clamps {
		c.clamps.WithLabelValues(label(clamp.By)).Inc()
	}
	if d.ManualChange != nil {
		c.manual.Inc()
	}
	if r.Action == record.Scaled {
		c.scalings.WithLabelValues(direction(d.From, d.To)).Inc()
	}
	if made := d.Completed; made != nil {
		c.scalings.WithLabelValues(direction(made.From, made.To)).Inc()
	}
}

func direction(from, to int) string {
	if to > from {
		return "up"
	}
	return "down"
}

// Only readings of a time count.
func (c *counters) heartbeat(hb probe.Reading) {
	if hb.Unit != "ms" {
		return
	}
	c.heartbeats.WithLabelValues(label(hb.Outcome)).Inc()
	if hb.Outcome != probe.Answered {
		return
	}
	c.response.Observe(hb.Value / 1000)
	for _, p := range phases(hb.Phases) {
		c.phases.WithLabelValues(p.name).Observe(p.took.Seconds())
	}
}

type phase struct {
	name string
	took time.Duration
}

func phases(p probe.Phases) []phase {
	return []phase{
		{"dns", p.DNS}, {"connect", p.Connect}, {"tls", p.TLS}, {"processing", p.Processing}, {"transfer", p.Transfer},
	}
}

// "slow run" becomes "slow_run". All values are constants, so there are few.
func label[S ~string](s S) string { return strings.ReplaceAll(string(s), " ", "_") }
