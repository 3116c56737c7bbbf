package chart

import (
	"fmt"
	"strings"
	"time"
)

// Description describes the chart in words for people who cannot see it. It is the desc of an SVG, and the alternative
// text of a PNG.
func (c Chart) Description() string {
	const layout = "Mon 2 Jan 2006 15:04"
	to := c.To.In(c.zone())
	parts := []string{fmt.Sprintf("From %s to %s %s.", c.From.In(c.zone()).Format(layout),
		to.Format(layout), zoneName(to))}
	for _, p := range c.Panels {
		var said []string
		for _, l := range p.Lines {
			said = append(said, describe(l.Name, l.Points, c.From, c.To, p.Log))
		}
		for _, l := range p.Levels {
			if present(l.Y, p.Log) {
				said = append(said, fmt.Sprintf("%s at %s", clean(l.Name), figure(l.Y)))
			}
		}
		parts = append(parts, fmt.Sprintf("%s: %s.", titled(p.Title, p.Unit), strings.Join(said, "; ")))
	}
	marks := c.visibleMarks()
	for i, m := range marks {
		if i == 3 && len(marks) > 4 {
			parts = append(parts, fmt.Sprintf("%d more events.", len(marks)-i))
			break
		}
		parts = append(parts, m.Time.In(c.zone()).Format("Mon 2 Jan 15:04")+" "+
			strings.TrimSuffix(clean(m.Text), ".")+".")
	}
	return strings.Join(parts, " ")
}

// The range of a line, and its last value.
func describe(name string, points []Point, from, to time.Time, log bool) string {
	var e extent
	last := 0.0
	for _, p := range visible(points, from, to) {
		if present(p.Y, log) && !p.Time.Before(from) && !p.Time.After(to) {
			e.add(p.Y, log)
			last = p.Y
		}
	}
	if !e.some {
		return clean(name + " has no data")
	}
	return clean(fmt.Sprintf("%s from %s to %s, last %s", name, figure(e.low), figure(e.high), figure(last)))
}

// Only in the time that is shown.
func (p Panel) extent(from, to time.Time) extent {
	var e extent
	add := func(points []Point, step bool) {
		for _, point := range visible(points, from, to) {
			if !point.Time.After(to) && (step || !point.Time.Before(from)) {
				e.add(point.Y, p.Log)
			}
		}
	}
	for _, l := range p.Lines {
		add(l.Points, l.Step)
	}
	for _, b := range p.Bands {
		add(b.Low, true)
		add(b.High, true)
	}
	for _, l := range p.Levels {
		e.add(l.Y, p.Log)
	}
	return e
}
