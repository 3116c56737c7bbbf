package plan

import (
	"math"
	"regexp"
	"strings"
	"time"

	"github.com/autoscalebot/autoscalebot/bot"
)

// Signals of ours that App Autoscaler knows by other names.
const (
	throughput = "requests_per_second"
	latency    = "service_p50"
	memory     = "memory_mean"
)

// Signal returns which signal of ours a metric of a policy's rule is, and whether its value is divided by the number of instances: the log
// drain's where it has one, else the metric that the app itself pushes under its name.
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

// metric names what a rule judges as a policy would.
func metric(r *bot.SignalRule) string {
	switch {
	case r.Signal == throughput && r.PerDyno:
		return "throughput"
	case r.Signal == latency:
		return "responsetime"
	case r.Signal == memory:
		return "memoryutil"
	}
	return r.Signal
}

// notInName matches what a signal's name cannot hold.
var notInName = regexp.MustCompile(`[^A-Za-z0-9_]+`)

// signalName makes a signal's name of a queue's or a metric's.
func signalName(text string) string {
	return strings.Trim(notInName.ReplaceAllString(text, "_"), "_")
}

// lost notes what a rule says that no document of App Autoscaler can.
func (p *Plan) lost(r *bot.SignalRule, again bool) {
	if again && !math.IsNaN(r.Max) {
		return // which is noted already
	}
	switch {
	case r.Window == 0:
		p.note("the rule %s counts readings (fails, passes); that became %d seconds", r, int(meanWindow.Seconds()))
	case r.Window != meanWindow || r.Percentile > 0:
		p.note("the rule %s judges %s; that became the mean of %d seconds", r, windowText(r), int(meanWindow.Seconds()))
	}
	if r.PerDyno && r.Signal != throughput {
		p.note("the rule %s is for each instance, which App Autoscaler cannot say: its thresholds are now for all together", r)
	}
	if !r.PerDyno && r.Signal == throughput {
		p.note("the rule %s is for all instances together: its thresholds are now those of one instance's requests per second", r)
	}
}

func windowText(r *bot.SignalRule) string {
	if r.Percentile > 0 {
		return "percentile " + number(r.Percentile) + " of " + r.Window.Round(time.Second).String()
	}
	return "the mean of " + r.Window.Round(time.Second).String()
}
