package demo

import (
	"fmt"
	"strings"
	"time"

	"github.com/guptarohit/asciigraph"

	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/bot/record"
	"github.com/autoscalebot/autoscalebot/bot/words"
	"github.com/autoscalebot/autoscalebot/probe"
)

// Line returns a record as one line.
func (s *Story) Line(r record.Record, rate float64) string {
	line := fmt.Sprintf("%5s  %3.0f req/s  web %d  %8s  %-5s", s.clock(r.Time), rate, r.Dynos, response(r),
		r.Decision.Verdict)
	if s.Pool != nil {
		line += fmt.Sprintf("  cpu %5s", cpuReading(r))
	}
	if r.Action != record.Held {
		line += "  " + r.Headline()
	}
	return line + "  " + r.Why()
}

func response(r record.Record) string {
	hb, ok := r.Heartbeat()
	switch {
	case !ok:
		return "–"
	case hb.Outcome != probe.Answered:
		return string(hb.Outcome)
	}
	return words.Millis(hb.Value)
}

const (
	bold   = "\x1b[1m"
	faint  = "\x1b[2m"
	red    = "\x1b[31m"
	green  = "\x1b[32m"
	yellow = "\x1b[33m"
	blue   = "\x1b[34m"
	reset  = "\x1b[0m"
)

// The upper threshold is a quarter of the scale: with a multiple of 4 rows it has its own row.
func chartRows(rows int) int { return max(4, min(12, (rows-15)/4*4)) }

// Frame returns the story so far as a frame for a terminal with this number of columns and rows, in color. url is the
// web page's.
func (s *Story) Frame(url string, now time.Time, columns, rows int) string {
	var b strings.Builder
	until := ""
	if !s.End.IsZero() {
		until = " of " + s.clock(s.End)
	}
	fmt.Fprintf(&b, "%sautoscalebot demo%s   %s   %s%s\n\n", bold, reset, url, s.clock(now), until)
	if len(s.Records) == 0 {
		b.WriteString("the sample app is starting …\n")
		if s.Pool != nil {
			fmt.Fprintf(&b, "its servers are processes on this machine, behind %s\n\n%s",
				cut(s.Pool.Front, columns-50), s.Pool.table(columns))
		}
		return b.String()
	}
	r := s.Records[len(s.Records)-1]
	d := r.Decision
	fmt.Fprintf(&b, "load       %.0f requests a second\n", s.Rates[len(s.Rates)-1])
	bounds := cut(fmt.Sprintf("(slow above %g ms, fast below %g ms)", d.MaxResponseMS, d.MinResponseMS), columns-30)
	fmt.Fprintf(&b, "response   %s%s%s, %s   %s%s%s\n", color(d.Verdict), response(r), reset, d.Verdict,
		faint, bounds, reset)
	n := max(0, r.After())
	taken, behind := 12, ""
	if s.Pool != nil {
		b.WriteString(cpuLine(r, columns))
		behind = cut(", behind "+s.Pool.Front, columns-33-r.Limits.Max)
		taken += s.Pool.Max + 2
	}
	fmt.Fprintf(&b, "%-10s %s%s%s%s   %d, limits %d to %d%s%s%s\n\n", s.unit().Many(), green,
		strings.Repeat("■", n), reset,
		strings.Repeat("□", max(0, r.Limits.Max-n)), n, r.Limits.Min, r.Limits.Max, faint, behind, reset)
	if s.Pool != nil {
		b.WriteString(s.Pool.table(columns) + "\n")
	}
	height := chartRows(rows - taken + 12)
	b.WriteString(s.chart(columns, height))
	b.WriteString("\n")
	b.WriteString(s.changes(columns, rows-height-taken))
	fmt.Fprintf(&b, "\n%sPress Ctrl-C to end with a summary%s\n", faint, reset)
	lines := strings.SplitAfter(b.String(), "\n")
	return strings.Join(lines[:max(0, min(len(lines), rows-1))], "")
}

func color(v decide.Verdict) string {
	switch v {
	case decide.Slow, decide.Above, decide.NoData:
		return red
	case decide.Fast, decide.Below:
		return blue
	}
	return green
}

const axis = 8

func (s *Story) chart(columns, height int) string {
	width := max(10, min(columns-axis-2, len(s.Records)))
	records := s.Records[len(s.Records)-min(width, len(s.Records)):]
	d := records[0].Decision
	top := 4 * d.MaxResponseMS
	var ms, upper, lower []float64
	var dynos strings.Builder
	for _, r := range records {
		hb, _ := r.Heartbeat()
		value := min(hb.Value, top)
		if hb.Outcome != probe.Answered {
			value = top
		}
		ms, upper, lower = append(ms, value), append(upper, d.MaxResponseMS), append(lower, d.MinResponseMS)
		fmt.Fprintf(&dynos, "%x", max(0, min(15, r.Dynos)))
	}
	if len(ms) == 1 { // asciigraph needs two points
		ms, upper, lower = append(ms, ms[0]), append(upper, upper[0]), append(lower, lower[0])
	}
	plot := asciigraph.PlotMany([][]float64{upper, lower, ms},
		asciigraph.Height(height), asciigraph.LowerBound(0), asciigraph.UpperBound(top), asciigraph.Precision(0),
		asciigraph.SeriesColors(asciigraph.Red, asciigraph.Blue, asciigraph.Default))
	label := strings.Index(strings.SplitN(plot, "\n", 2)[0], "┤")
	const row = "count" // the axis has no space for "processes"
	return fmt.Sprintf("%s\n%s%s%s\n", plot, row, strings.Repeat(" ", max(1, label-4)), dynos.String())
}

func (s *Story) changes(columns, rows int) string {
	var lines []string
	for i := len(s.Records) - 1; i >= 0 && len(lines) < max(3, min(rows, 8)); i-- {
		if r := s.Records[i]; r.Action != record.Held {
			lines = append(lines, cut(fmt.Sprintf("%5s  %s: %s", s.clock(r.Time), r.Headline(), r.Why()), columns)+"\n")
		}
	}
	return strings.Join(lines, "")
}

func cut(text string, columns int) string {
	if runes := []rune(text); len(runes) > columns {
		return string(runes[:max(0, columns-1)]) + "…"
	}
	return text
}
