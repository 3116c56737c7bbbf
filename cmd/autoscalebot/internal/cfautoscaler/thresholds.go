package cfautoscaler

import (
	"math"

	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/document"
)

type metricRange struct {
	least, most float64 // of the thresholds; most is 0 for no bound
	own         bool    // the bounds hold in our settings files too, where a metric of that name may be another
	top         float64 // the greatest value there can be, 0 for none
	positive    bool    // 0 never comes
}

// metricRanges are those of App Autoscaler's validator, but for a threshold of cpuutil above 100: an instance may use
// more than its entitlement for a while.
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
		r.wrong(n, "threshold is %s; a policy's is a whole number", number(threshold))
	case !known || !r.platform && !m.own:
	case threshold < least && m.least > 0:
		r.wrong(n, "threshold is %s; for %s it must be above 0", number(threshold), metric)
	case threshold < least:
		r.wrong(n, "threshold is %s; for %s it must be 0 or more", number(threshold), metric)
	case m.most == 100 && threshold > m.most:
		r.wrong(n, "threshold is %s; %s is a percentage, so %s is the most", number(threshold), metric, number(m.most))
	case m.most > 0 && threshold > m.most:
		r.wrong(n, "threshold is %s; for %s %s is the most", number(threshold), metric, number(m.most))
	}
}

func futile(metric, operator string, threshold float64) string {
	m, known := metricRanges[metric]
	above := operator == ">" || operator == ">="
	strict := operator == ">" || operator == "<"
	// lowest and highest say that the threshold is as low, or as high, as values can be, or beyond.
	lowest := threshold < 0 || threshold == 0 && (m.positive || strict != above)
	highest := m.top > 0 && (threshold > m.top || threshold == m.top && strict == above)
	switch {
	case !known || operator == "":
		return ""
	case metric == "cpuutil" && (threshold > 100 || threshold == 100 && operator == ">") && above:
		return "never fires while instances stay within their CPU entitlement, of which they can use more than 100 % " +
			"only in bursts"
	case lowest && above, highest && !above:
		return "always fires: no value is on the other side"
	case lowest, highest:
		return "can never fire: no value is on that side"
	}
	return ""
}
