package experiment

import (
	"fmt"
	"io"
	"strings"

	"github.com/autoscalebot/autoscalebot/bot/sim"
)

const lineWidth = 72

// The load, the dynos and the slow minutes over time, a line of text each.
func (r Report) lines(w io.Writer, s sim.Result) {
	load := squeeze(s.Minutes, func(m sim.Minute) float64 { return float64(m.Requests) / 60 })
	dynos := squeeze(s.Minutes, func(m sim.Minute) float64 { return float64(m.Dynos) })
	slow := squeeze(s.Minutes, func(m sim.Minute) float64 {
		if m.IsSlow() {
			return 1
		}
		return 0
	})
	marks := make([]byte, len(slow))
	for i, v := range slow {
		marks[i] = ' '
		if v > 0 {
			marks[i] = 'x'
		}
	}
	fmt.Fprintf(w, "load   %s  up to %.3g requests/s\n", bars(load), highest(load))
	fmt.Fprintf(w, "dynos  %s  up to %.0f\n", bars(dynos), highest(dynos))
	fmt.Fprintf(w, "slow   %s\n\n", strings.TrimRight(string(marks), " "))
}

// At most lineWidth values: the highest of each part.
func squeeze(minutes []sim.Minute, value func(sim.Minute) float64) []float64 {
	n := min(lineWidth, len(minutes))
	out := make([]float64, n)
	for i, m := range minutes {
		at := i * n / len(minutes)
		out[at] = max(out[at], value(m))
	}
	return out
}

func highest(values []float64) float64 {
	top := 0.0
	for _, v := range values {
		top = max(top, v)
	}
	return top
}

func bars(values []float64) string {
	steps := []rune("▁▂▃▄▅▆▇█")
	top := highest(values)
	var b strings.Builder
	for _, v := range values {
		i := 0
		if top > 0 {
			i = min(len(steps)-1, int(v/top*float64(len(steps))))
		}
		b.WriteRune(steps[i])
	}
	return b.String()
}
