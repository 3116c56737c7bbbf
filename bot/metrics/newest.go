package metrics

import (
	"runtime"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/bot/record"
	"github.com/autoscalebot/autoscalebot/probe"
)

const prefix = "autoscalebot_"

// Unknown values are omitted, so that nobody takes an old value for a new one.
type newest struct{ *Metrics }

// It sends nothing, which tells Prometheus that the set of metrics varies.
func (newest) Describe(chan<- *prometheus.Desc) {}

func (n newest) Collect(ch chan<- prometheus.Metric) {
	n.mu.Lock()
	last, missed, decided, interval, dryRun := n.last, n.missed, n.decided, n.o.Interval, n.o.DryRun
	n.mu.Unlock()
	c := collection(ch)
	c.send(prometheus.GaugeValue, "build_info", "1, with the versions of the bot and of Go.", 1, "version",
		n.o.Version, "goversion", runtime.Version())
	c.gauge("start_time_seconds", "Start of the bot, in seconds since 1970.", unix(n.o.Started))
	c.gauge("interval_seconds", "Time between ticks.", interval.Seconds())
	c.gauge("dry_run", "1 in a dry run.", truth(dryRun))
	c.send(prometheus.CounterValue, "missed_ticks_total",
		"Ticks that were missed because another took too long.", float64(missed))
	if n.o.History != nil {
		waiting, dropped := n.o.History()
		c.gauge("history_waiting_records", "Records waiting to be stored.", float64(waiting))
		c.send(prometheus.CounterValue, "history_dropped_records_total",
			"Records dropped because too many were waiting.", float64(dropped))
	}
	if !decided.IsZero() {
		c.gauge("last_decision_timestamp_seconds",
			"Start of the newest tick whose decision on fresh data was carried out, in seconds since 1970.",
			unix(decided))
	}
	if last != nil {
		c.record(*last)
	}
}

type collection chan<- prometheus.Metric

// pairs are labels and their values.
func (c collection) send(kind prometheus.ValueType, name, help string, value float64, pairs ...string) {
	var labels, values []string
	for pair := range slices.Chunk(pairs, 2) {
		labels, values = append(labels, pair[0]), append(values, pair[1])
	}
	c <- prometheus.MustNewConstMetric(prometheus.NewDesc(prefix+name, help, labels, nil), kind, value, values...)
}

func (c collection) gauge(name, help string, value float64, pairs ...string) {
	c.send(prometheus.GaugeValue, name, help, value, pairs...)
}

func (c collection) record(r record.Record) {
	c.gauge("last_tick_timestamp_seconds", "Start of the newest tick, in seconds since 1970.", unix(r.Time))
	c.gauge("min_dynos", "Minimum now in force.", float64(r.Limits.Min))
	c.gauge("max_dynos", "Maximum now in force.", float64(r.Limits.Max))
	if r.Dynos >= 0 {
		c.gauge("dynos", "Number of dynos after the newest tick.", float64(r.After()))
		c.gauge("desired_dynos", "Number of dynos desired by the newest decision, before safeguards.",
			float64(r.Decision.Desired))
		c.gauge("settled", "0 while an earlier change is in progress.", truth(r.Settled))
	}
	if r.Quota != nil {
		c.gauge("api_quota_remaining", "API calls left on the platform.", float64(*r.Quota))
	}
	for direction, p := range map[string]decide.Pause{"up": r.Control.Up, "down": r.Control.Down} {
		c.gauge("paused", "1 while scaling in this direction is paused.", truth(p.Active(r.Time)),
			"direction", direction)
	}
	if r.Action != record.Interrupted {
		c.decision(r)
	}
}

func (c collection) decision(r record.Record) {
	d := r.Decision
	if hb, ok := r.Heartbeat(); ok && hb.Outcome == probe.Answered && hb.Unit == "ms" {
		c.gauge("last_response_time_seconds", "Response time of the newest heartbeat.", hb.Value/1000)
	}
	for _, v := range []decide.Verdict{decide.Slow, decide.Fast, decide.NoData} {
		run := 0
		if v == d.Verdict {
			run = d.Run
		}
		c.gauge("run_heartbeats", "Newest heartbeats with this verdict; 0 if the newest one has another.",
			float64(run), "verdict", label(v))
	}
	if d.MaxResponseMS > 0 {
		c.gauge("min_response_time_seconds", "Lower threshold of the response time.", d.MinResponseMS/1000)
		c.gauge("max_response_time_seconds", "Upper threshold of the response time.", d.MaxResponseMS/1000)
	}
	if b := d.Bill; b != nil {
		c.gauge("month_cost_dollars", "Cost of the dynos this month so far.", b.Dollars)
		c.gauge("month_forecast_dollars", "Cost of the whole month with the present dynos.", b.Forecast)
		c.gauge("month_budget_dollars", "Budget of a month.", b.Budget)
	}
}

func unix(t time.Time) float64 { return float64(t.UnixMicro()) / 1e6 }

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
