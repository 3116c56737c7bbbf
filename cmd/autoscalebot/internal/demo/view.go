package demo

import (
	"fmt"
	"strings"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/bot/record"
	"github.com/autoscalebot/autoscalebot/bot/words"
	"github.com/autoscalebot/autoscalebot/probe"
)

// Line returns a record as one line. Without a pool it has the policy.
func (s *Story) Line(r record.Record, rate float64) string {
	line := fmt.Sprintf("%5s  %3.0f req/s  ", s.clock(r.Time), rate)
	if s.Pool == nil {
		line += fmt.Sprintf("%-8s  ", s.Policy)
	}
	line += fmt.Sprintf("web %d  %8s  %-5s", r.Dynos, response(r), r.Decision.Verdict)
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

func color(v decide.Verdict) string {
	switch v {
	case decide.Slow, decide.Above, decide.NoData:
		return red
	case decide.Fast, decide.Below:
		return blue
	}
	return green
}

const (
	gap       = 3  // columns between two panes
	leastPane = 34 // columns; narrower panes stand one below the other
	nameWidth = 11 // columns for the name of a line
)

// Frame returns the run at a time as a frame that fits the screen, with a line break after each line. A frame of a run
// that has ended has no hint how to end it.
func (r *Run) Frame(sc Screen, now time.Time, ended bool) string {
	if len(r.Stories) == 0 {
		return ""
	}
	lines := r.header(sc, now)
	rows := sc.Rows - 1 - len(lines) // the cursor stands below
	if !ended {
		rows -= 2
	}
	beside := len(r.Stories) > 1 && (sc.Columns-gap)/2 >= leastPane
	width := sc.Columns
	switch {
	case beside:
		width = (sc.Columns - gap) / 2
	case len(r.Stories) > 1:
		rows /= len(r.Stories)
	}
	var panes [][]string
	for _, s := range r.Stories {
		p := pane{Story: s, sc: sc, now: now, width: width, titled: len(r.Stories) > 1}
		panes = append(panes, p.lines(max(rows, 4)))
	}
	if beside {
		lines = append(lines, sideBySide(panes, width)...)
	} else {
		for _, p := range panes {
			lines = append(lines, p...)
		}
	}
	if !ended {
		for len(lines) < sc.Rows-3 { // the hint stays in its place
			lines = append(lines, "")
		}
		lines = append(lines, "", faint+sc.shorten("Press Ctrl-C to end with a summary.", sc.Columns)+reset)
	}
	lines = lines[:max(0, min(len(lines), sc.Rows-1))]
	for i, line := range lines {
		lines[i] = trailing.ReplaceAllString(line, "$1")
	}
	return sc.finish(strings.Join(lines, "\n") + "\n")
}

// Last returns the last frame, the verdict and what to do next, which fit the screen together.
func (r *Run) Last(sc Screen, now time.Time) string {
	ending := append([]string{""}, wrap(sc.words(r.Verdict(now)), sc.Columns, 0)...)
	ending = append(ending, "", Next)
	above := sc
	above.Rows = max(1, sc.Rows-len(ending))
	return r.Frame(above, now, true) + sc.finish(strings.Join(ending, "\n")+"\n")
}

func (r *Run) header(sc Screen, now time.Time) []string {
	s := r.Stories[0]
	clock := s.clock(s.until(now))
	if !r.End.IsZero() {
		clock += " of " + s.clock(r.End)
	}
	load := ""
	if len(s.Rates) > 0 {
		load = fmt.Sprintf("load %.0f requests/s", s.Rates[len(s.Rates)-1])
		if len(r.Stories) > 1 {
			load += " on each app"
		}
	}
	lines := []string{bold + "autoscalebot demo" + reset + "   " + sc.first(sc.Columns-20, clock+"   "+load, clock)}
	for _, s := range r.Stories {
		if s.Page == "" {
			continue
		}
		lines = append(lines, wrap("dashboard"+r.of(s)+": "+s.Page, sc.Columns, 2)...)
	}
	if sc.Rows >= 30 {
		for _, s := range r.Stories {
			if s.URL != "" {
				lines = append(lines, wrap("sample app"+r.of(s)+": "+s.URL, sc.Columns, 2)...)
			}
		}
		lines = append(lines, "")
	}
	return lines
}

func (r *Run) of(s *Story) string {
	if len(r.Stories) == 1 {
		return ""
	}
	return ", " + s.name()
}

func sideBySide(panes [][]string, width int) []string {
	var lines []string
	for i := range max(len(panes[0]), len(panes[1])) {
		line := ""
		for j, p := range panes {
			text := ""
			if i < len(p) {
				text = p[i]
			}
			if j > 0 {
				line += faint + " │ " + reset
			}
			line += text
			if j+1 < len(panes) {
				line += strings.Repeat(" ", max(0, width-visible(text)))
			}
		}
		lines = append(lines, line)
	}
	return lines
}

// A pane shows one story.
type pane struct {
	*Story
	sc     Screen
	now    time.Time
	width  int
	titled bool
}

func (p *pane) named(name, rest string) string { return fmt.Sprintf("%-*s%s", nameWidth, name, rest) }

// The lines, at most rows. What does not fit is left out, the reasons of changes first.
func (p *pane) lines(rows int) []string {
	var lines []string
	if p.titled {
		title := p.name()
		lines = append(lines, bold+strings.ToUpper(title[:1])+title[1:]+reset)
	}
	if len(p.Records) == 0 {
		lines = append(lines, p.starting()...)
		return lines[:min(len(lines), rows)]
	}
	lines = append(lines, p.present()...)
	after := p.account()
	free := rows - len(lines) - len(after)
	in := p.span(p.now, p.width-axis)
	bars, plot := heights(free, p.Records[0].Limits.Max)
	if plot == 0 && free > 5 && p.Pool != nil { // its list of servers already shows their number
		bars, plot = 0, 4
	}
	titles := free >= 25
	if plot > 0 {
		if titles {
			lines, free = append(lines, "", faint+"response time, in ms"+reset), free-2
		}
		lines = append(lines, p.responseChart(in, p.width, plot)...)
		free -= plot + 1
	}
	if bars > 0 {
		if titles {
			lines, free = append(lines, faint+p.unit().Many()+reset), free-1
		}
		lines = append(append(lines, p.dynosChart(in, p.width, bars)...), p.timeAxis(in, p.width))
		free -= bars + 1
	}
	lines = append(lines, after...)
	if free > 8 {
		lines, free = append(lines, ""), free-1
	}
	lines = append(lines, p.changes(free)...)
	return lines[:min(len(lines), rows)]
}

// The rows of the two charts: bars for the dynos, and steps of the response time, which has a row more.
func heights(free, most int) (bars, plot int) {
	switch {
	case free < 3:
		return 0, 0
	case free < 9:
		return min(2, free-1), 0
	case free < 15:
		return 2, 4
	}
	bars = min(max(2, free/6), most)
	plot = 4
	for _, n := range []int{8, 10, 20} { // with labels that are easy to read
		if n <= free/2 {
			plot = n
		}
	}
	return bars, plot
}

func (p *pane) starting() []string {
	if p.Pool == nil {
		return []string{p.sc.words("the sample app is starting …")}
	}
	lines := []string{p.sc.words("the sample app is starting …")}
	lines = append(lines, wrap("its servers are processes on this machine, behind "+p.Pool.Front, p.width, 0)...)
	return append(append(lines, ""), p.Pool.table(p.sc, p.width)...)
}

func (p *pane) present() []string {
	r := p.Records[len(p.Records)-1]
	d := r.Decision
	bounds := fmt.Sprintf("   (slow above %g ms, fast below %g ms)", d.MaxResponseMS, d.MinResponseMS)
	now := fmt.Sprintf("%s%s%s, %s", color(d.Verdict), response(r), reset, d.Verdict)
	lines := []string{p.sc.first(p.width, p.named("response", now+faint+bounds+reset), p.named("response", now))}
	if p.Pool != nil {
		lines = append(lines, cpuLine(p.sc, r, p.width))
	}
	n := max(0, r.After())
	boxes := fmt.Sprintf("%s%s%s%s   %d", green, strings.Repeat("■", n), reset,
		strings.Repeat("□", max(0, r.Limits.Max-n)), n)
	limits := fmt.Sprintf(", limits %d to %d", r.Limits.Min, r.Limits.Max)
	all := []string{p.named(p.unit().Many(), boxes+limits), p.named(p.unit().Many(), boxes)}
	if p.Pool != nil {
		all = append([]string{all[0] + faint + ", behind " + p.Pool.Front + reset}, all...)
	}
	lines = append(lines, p.sc.first(p.width, all...))
	if p.Pool != nil {
		lines = append(append(append(lines, ""), p.Pool.table(p.sc, p.width)...), "")
	}
	return lines
}

// The bill, and what the visitors got.
func (p *pane) account() []string {
	sum := p.Sum(p.until(p.now))
	bill := fmt.Sprintf("%s %s-seconds", thousands(sum.DynoSeconds), sum.unit.One())
	slow := fmt.Sprintf("%s%s%s of %s", colorOf(sum.Slow), thousands(float64(sum.Slow)), reset,
		thousands(float64(sum.Requests)))
	unanswered := thousands(float64(sum.Unanswered)) + " unanswered"
	return []string{
		p.sc.first(p.width, p.named("bill", fmt.Sprintf("%s; %s all the time: %s", bill, sum.unit.Of(sum.Max),
			thousands(sum.FixedDynoSeconds))), p.named("bill", bill)),
		p.sc.first(p.width, p.named("slow", slow+" requests, "+unanswered), p.named("slow", slow+", "+unanswered),
			"slow "+slow+", "+unanswered),
	}
}

func colorOf(slow int64) string {
	if slow > 0 {
		return red
	}
	return green
}

// The newest changes with their reasons. The last one that has room is shortened if it must be.
func (p *pane) changes(rows int) []string {
	var lines []string
	for i := len(p.Records) - 1; i >= 0 && len(lines) < rows; i-- {
		r := p.Records[i]
		if r.Action == record.Held {
			continue
		}
		text := p.sc.words(fmt.Sprintf("%s  %s: %s", p.clock(r.Time), r.Headline(), r.Why()))
		entry := wrap(text, p.width, 2)
		if left := rows - len(lines); len(entry) > left {
			if left > 1 || len(lines) == 0 {
				entry = append(entry[:left-1:left-1], p.sc.unfinished(entry[left-1], p.width))
			} else {
				break
			}
		}
		lines = append(lines, entry...)
	}
	return lines
}
