package dashboard

import (
	"strings"

	"github.com/autoscalebot/autoscalebot/bot/decide"
)

type signal struct {
	Name, Value, Note string // Note compares the value with its thresholds
	Verdict           mark
	Gauge             *gauge // nil without a value or thresholds
}

// In percent of the gauge's length. Low and High may be empty.
type gauge struct{ Value, Low, High string }

func signals(all []decide.Judged) []signal {
	var out []signal
	for _, j := range all {
		// The words are those of the log and the notices.
		text := strings.TrimPrefix(strings.TrimPrefix(j.String(), j.Rule+" "), "is ")
		s := signal{Name: j.Rule, Verdict: mark{string(j.Verdict), good}, Gauge: gaugeOf(j)}
		s.Value, s.Note, _ = strings.Cut(text, ", ")
		switch j.Verdict {
		case decide.Above:
			s.Verdict.Tone = busy
		case decide.Below:
			s.Verdict.Tone = calm
		case decide.NoData:
			s.Verdict.Tone, s.Value = quiet, "–"
			_, s.Note, _ = strings.Cut(text, ": ")
		}
		out = append(out, s)
	}
	return out
}

// The gauge ends 25 % above the largest of the value and the thresholds.
func gaugeOf(j decide.Judged) *gauge {
	top := j.Value
	for _, bound := range []*float64{j.Max, j.Min} {
		if bound != nil {
			top = max(top, *bound)
		}
	}
	if j.Verdict == decide.NoData || j.Max == nil && (j.Min == nil || *j.Min == j.Value) || top <= 0 {
		return nil
	}
	at := func(x float64) string { return percent(max(0, x) / (1.25 * top)) }
	g := &gauge{Value: at(j.Value)}
	if j.Min != nil {
		g.Low = at(*j.Min)
	}
	if j.Max != nil {
		g.High = at(*j.Max)
	}
	return g
}
