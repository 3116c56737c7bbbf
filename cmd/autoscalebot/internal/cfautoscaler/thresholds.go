package cfautoscaler

import (
	"math"

	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/document"
)

type metricRange struct {
	least, most float64 // of the thresholds; most is 0 for no bound
	own         bool    // the bounds also apply in settings files, where another metric may have the name
	top         float64 // the maximum value, 0 for no maximum
	positive    bool    // the value is never 0
}

// These are the ranges of App Autoscaler's validator, except that a threshold of cpuutil may be above 100: an instance
// may exceed its entitlement for some time.
var metricRanges = map[string]metricRange{
	"memoryused":   {own: true, positive: true},
	"memoryutil":   {least: 1, most: 100, own: true, top: 100, positive: true},
	"responsetime": {own: true}, // 0 without requests
	"throughput":   {own: true},
	"cpu":          {least: 1, most: 100, own: true},
	"cpuutil":      {least: 1},
	"disk":         {least: 1, most: 2048},
	"diskutil":     {least: 1, most: 100, top: 100},
}

func (r *reader) bounds(n *document.Node, metric string, threshold float64) {
	m, known := metricRanges[metric]
	least := m.least
	if !r.platform && least > 0 {
		least = math.SmallestNonzeroFloat64
	}
	switch {
	case r.platform && threshold != math.Trunc(threshold):
		r.wrong(n, "threshold is %s: must be a whole number", number(threshold))
	case !known || !r.platform && !m.own:
	case threshold < least && m.least > 0:
		r.wrong(n, "threshold is %s: must be above 0 for %s", number(threshold), metric)
	case threshold < least:
		r.wrong(n, "threshold is %s: must be at least 0 for %s", number(threshold), metric)
	case m.most == 100 && threshold > m.most:
		r.wrong(n, "threshold is %s: must be at most %s for %s, a percentage", number(threshold),
			number(m.most), metric)
	case m.most > 0 && threshold > m.most:
		r.wrong(n, "threshold is %s: must be at most %s for %s", number(threshold), number(m.most), metric)
	}
}

func futile(metric, operator string, threshold float64) string {
	m, known := metricRanges[metric]
	above := operator == ">" || operator == ">="
	strict := operator == ">" || operator == "<"
	// lowest and highest: the threshold is at the end of the possible values, or beyond it.
	lowest := threshold < 0 || threshold == 0 && (m.positive || strict != above)
	highest := m.top > 0 && (threshold > m.top || threshold == m.top && strict == above)
	switch {
	case !known || operator == "":
		return ""
	case metric == "cpuutil" && (threshold > 100 || threshold == 100 && operator == ">") && above:
		return "never fires while instances stay within their CPU entitlement: they exceed 100 % only in bursts"
	case lowest && above, highest && !above:
		return "always fires: all values are beyond the threshold"
	case lowest, highest:
		return "never fires: no value can be beyond the threshold"
	}
	return ""
}
