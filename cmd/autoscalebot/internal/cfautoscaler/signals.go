package cfautoscaler

import (
	"math"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/decide"
)

// Signals that App Autoscaler has under other names. They are read from Log Cache. Other platforms have similar ones.
const (
	cpu                = "cpu"
	memory             = "memory"
	throughput         = "requests_per_second"
	instanceThroughput = "throughput"
	latency            = "latency"
	latency95          = "latency_95"
	// The log drain's.
	drainMemory  = "memory_mean"
	drainLatency = "service_p50"
)

const avg99, avg95 = "avg_99th", "avg_95th" // the mean of the middle 99 and 95 % of the requests

// Such a metric is read from the platform if it keeps it, or pushed to the bot.
const ownMetric = "metric:"

// Signal returns the signal for a metric of a policy. perInstance is true if its value is divided by the number of
// instances. Without a built-in signal it is the app's metric of that name.
func Signal(metric string) (signal string, perInstance bool) {
	switch metric {
	case "throughput":
		return throughput, true
	case "responsetime":
		return latency, false
	case "memoryutil":
		return memory, false
	}
	return metric, false
}

func metric(r *decide.SignalRule) string {
	switch {
	case r.Signal == throughput && r.PerDyno:
		return "throughput"
	case slices.Contains([]string{latency, latency95, drainLatency}, r.Signal):
		return "responsetime"
	case r.Signal == memory || r.Signal == drainMemory:
		return "memoryutil"
	}
	return r.Signal
}

var notInName = regexp.MustCompile(`[^a-z0-9_.-]+`)

const longestName = 64

// SignalName converts the name of a queue or a metric to a signal's name: lower case, with _ for invalid characters. It
// returns "" if there is no letter or digit.
func SignalName(text string) string {
	name := strings.Trim(notInName.ReplaceAllString(strings.ToLower(text), "_"), "_.-")
	if name != "" && (name[0] < 'a' || name[0] > 'z') {
		name = "m_" + name
	}
	return name[:min(len(name), longestName)]
}

// In a settings file $$ is a dollar.
func escaped(text string) string { return strings.ReplaceAll(text, "$", "$$") }

func (p *Plan) pushed(signal string) string {
	for _, kind := range []string{"push:", ownMetric, "logcache:"} {
		if name, ok := strings.CutPrefix(p.Sources[signal], kind); ok {
			return strings.ReplaceAll(name, "$$", "$")
		}
	}
	return signal
}

func (p *Plan) lost(r *decide.SignalRule, again bool) {
	if again && !math.IsNaN(r.Max) {
		return // noted before
	}
	switch {
	case r.Window == 0:
		p.note("the rule %s counts readings (fails, passes): it becomes a rule for the mean of %d seconds", r,
			int(meanWindow.Seconds()))
	case r.Window != meanWindow || r.Percentile > 0:
		p.note("the rule %s judges %s: it becomes a rule for the mean of %d seconds", r, windowText(r),
			int(meanWindow.Seconds()))
	}
	if r.PerDyno && r.Signal != throughput {
		p.note("the rule %s is per instance, which App Autoscaler does not support: its thresholds now apply to "+
			"all instances together", r)
	}
	if !r.PerDyno && r.Signal == throughput {
		p.note("the rule %s is for all instances together: its thresholds now apply to the requests per second of "+
			"one instance", r)
	}
}

func windowText(r *decide.SignalRule) string {
	if r.Percentile > 0 {
		return "percentile " + number(r.Percentile) + " of " + r.Window.Round(time.Second).String()
	}
	return "the mean of " + r.Window.Round(time.Second).String()
}
