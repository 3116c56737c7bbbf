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

// What is not known is left out, so that no stale number is taken for a new one.
type newest struct{ *Metrics }

// It sends nothing, which says that the metrics are not known in advance: some are left out.
func (newest) Describe(chan<- *prometheus.Desc) {}

func (n newest) Collect(ch chan<- prometheus.Metric) {
	n.mu.Lock()
	last, missed, decided := n.last, n.missed, n.decided
	n.mu.Unlock()
	c := collection(ch)
	c.send(prometheus.GaugeValue, "build_info", "1, with the versions of the bot and of Go.", 1, "version",
		n.o.Version, "goversion", runtime.Version())
	c.gauge("start_time_seconds", "When the bot was started, in seconds since 1970.", unix(n.o.Started))
	c.gauge("interval_seconds", "From one tick to the next.", n.o.Interval.Seconds())
	c.gauge("dry_run", "1 if the bot only says what it would do.", truth(n.o.DryRun))
	c.send(prometheus.CounterValue, "missed_ticks_total",
		"Ticks that were left out because another took too long.", float64(missed))
	if n.o.History != nil {
		waiting, dropped := n.o.History()
		c.gauge("history_waiting_records", "Records that wait to be kept.", float64(waiting))
		c.send(prometheus.CounterValue, "history_dropped_records_total",
			"Records that were not kept because too many waited.", float64(dropped))
	}
	if !decided.IsZero() {
		c.gauge("last_decision_timestamp_seconds",
			"When the newest tick began that decided on fresh facts and was carried out, in seconds since 1970.",
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
	c.gauge("last_tick_timestamp_seconds", "When the newest tick began, in seconds since 1970.", unix(r.Time))
	c.gauge("min_dynos", "The minimum of this hour.", float64(r.Limits.Min))
	c.gauge("max_dynos", "The maximum of this hour.", float64(r.Limits.Max))
	if r.Dynos >= 0 {
		c.gauge("dynos", "Dynos after the newest tick.", float64(r.After()))
		c.gauge("desired_dynos", "Dynos that the newest decision wished for, before anything kept it from them.",
			float64(r.Decision.Desired))
		c.gauge("settled", "0 while an earlier change of the dynos is still under way.", truth(r.Settled))
	}
	if r.Quota != nil {
		c.gauge("api_quota_remaining", "API calls that the platform still allows.", float64(*r.Quota))
	}
	for direction, p := range map[string]decide.Pause{"up": r.Control.Up, "down": r.Control.Down} {
		c.gauge("paused", "1 while somebody has paused such changes in the running bot.", truth(p.Active(r.Time)),
			"direction", direction)
	}
	if r.Action != record.Interrupted {
		c.decision(r)
	}
}

func (c collection) decision(r record.Record) {
	d := r.Decision
	if hb, ok := r.Heartbeat(); ok && hb.Outcome == probe.Answered && hb.Unit == "ms" {
		c.gauge("last_response_time_seconds", "What the newest heartbeat measured.", hb.Value/1000)
	}
	for _, v := range []decide.Verdict{decide.Slow, decide.Fast, decide.NoData} {
		run := 0
		if v == d.Verdict {
			run = d.Run
		}
		c.gauge("run_heartbeats", "How many of the newest heartbeats had this verdict; 0 if the newest one had not.",
			float64(run), "verdict", label(v))
	}
	if d.MaxResponseMS > 0 {
		c.gauge("min_response_time_seconds", "The shortest right response time.", d.MinResponseMS/1000)
		c.gauge("max_response_time_seconds", "The longest right response time.", d.MaxResponseMS/1000)
	}
	if b := d.Bill; b != nil {
		c.gauge("month_cost_dollars", "What this month's dynos have cost so far.", b.Dollars)
		c.gauge("month_forecast_dollars", "What this month will have cost with the present dynos.", b.Forecast)
		c.gauge("month_budget_dollars", "What a month may cost.", b.Budget)
	}
}

func unix(t time.Time) float64 { return float64(t.UnixMicro()) / 1e6 }

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
