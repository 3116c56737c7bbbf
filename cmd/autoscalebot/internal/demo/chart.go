package demo

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/guptarohit/asciigraph"

	"github.com/autoscalebot/autoscalebot/bot/record"
	"github.com/autoscalebot/autoscalebot/probe"
)

const (
	axis = 6 // columns for the labels of a chart, and its line
	// A column shows the newest record before its time, as long as the record is not older than this.
	stale = 2500 * time.Millisecond
)

// A span is the part of a run that a chart shows.
type span struct {
	from   time.Time
	length time.Duration
}

// The whole run, or the last second for each column if the run has no planned end.
func (s *Story) span(now time.Time, width int) span {
	if !s.End.IsZero() {
		return span{s.Start, s.End.Sub(s.Start)}
	}
	length := time.Duration(width) * time.Second
	if now.Sub(s.Start) < length {
		return span{s.Start, length}
	}
	return span{now.Add(-length), length}
}

// A column without a record is nil.
func (s *Story) columns(in span, width int) []*record.Record {
	out := make([]*record.Record, width)
	next := 0
	for i := range out {
		at := in.from.Add(time.Duration((float64(i) + 0.5) / float64(width) * float64(in.length)))
		for next < len(s.Records) && !s.Records[next].Time.After(at) {
			next++
		}
		if next > 0 && at.Sub(s.Records[next-1].Time) < stale {
			out[i] = &s.Records[next-1]
		}
	}
	return out
}

// The response time with both thresholds. The upper one is in the middle, so height should be even.
func (s *Story) responseChart(in span, width, height int) []string {
	d := s.Records[len(s.Records)-1].Decision
	top := 2 * d.MaxResponseMS
	width -= axis
	ms, upper, lower := make([]float64, width), make([]float64, width), make([]float64, width)
	for i, r := range s.columns(in, width) {
		ms[i], upper[i], lower[i] = math.NaN(), d.MaxResponseMS, d.MinResponseMS
		if r == nil {
			continue
		}
		if hb, _ := r.Heartbeat(); hb.Outcome == probe.Answered {
			ms[i] = min(hb.Value, top)
		} else {
			ms[i] = top
		}
	}
	for _, line := range []*[]float64{&ms, &upper, &lower} { // the axis replaces the first point
		*line = slices.Insert(*line, 0, (*line)[0])
	}
	plot := asciigraph.PlotMany([][]float64{upper, lower, ms},
		asciigraph.Height(height), asciigraph.LowerBound(0), asciigraph.UpperBound(top), asciigraph.Precision(0),
		asciigraph.SeriesColors(asciigraph.Red, asciigraph.Blue, asciigraph.Default))
	lines := strings.Split(plot, "\n")
	for i, line := range lines {
		label, rest := cutAxis(line)
		lines[i] = fmt.Sprintf("%*s %s", axis-2, strings.TrimSpace(label), rest)
	}
	return lines
}

func cutAxis(line string) (label, rest string) {
	if i := strings.IndexAny(line, "┤┼"); i >= 0 {
		return line[:i], line[i:]
	}
	return "", line
}

const eighths = " ▁▂▃▄▅▆▇█"

// The number of dynos as bars.
func (s *Story) dynosChart(in span, width, height int) []string {
	most := float64(s.Records[len(s.Records)-1].Limits.Max)
	columns := s.columns(in, width-axis)
	lines := make([]string, height)
	for row := range lines {
		var b strings.Builder
		low := float64(height-1-row) / float64(height) * most
		for _, r := range columns {
			part := 0.0
			if r != nil {
				part = min(max(0, (float64(r.After())-low)*float64(height)/most), 1)
			}
			bar := []rune(eighths)[int(math.Round(8*part))]
			b.WriteRune(bar)
		}
		label := ""
		if row == 0 {
			label = fmt.Sprintf("%.0f", most)
		}
		lines[row] = fmt.Sprintf("%*s ┤%s%s%s", axis-2, label, green, b.String(), reset)
	}
	return lines
}

func (s *Story) timeAxis(in span, width int) string {
	from, to := s.clock(in.from), s.clock(in.from.Add(in.length))
	space := width - axis - utf8.RuneCountInString(from) - utf8.RuneCountInString(to)
	return strings.Repeat(" ", axis) + from + strings.Repeat(" ", max(1, space)) + to
}
