// Package report draws a period of the history as a picture or as a self-contained page.
package report

import (
	"fmt"
	"math"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/chart"
	"github.com/autoscalebot/autoscalebot/bot/cost"
	"github.com/autoscalebot/autoscalebot/bot/history"
	"github.com/autoscalebot/autoscalebot/bot/record"
	"github.com/autoscalebot/autoscalebot/bot/words"
)

// A Report is what happened to an app in a period.
type Report struct {
	App, ProcessType string
	From, To         time.Time
	// Zone is the time zone of the times shown; nil is UTC.
	Zone *time.Location
	// Series is the history of the period. Changes are the records that changed something, the oldest first.
	Series  history.Series
	Changes []record.Record
	// Unit is the platform's word for a dyno.
	Unit words.Unit
	// Price is the price of a dyno in dollars a month; 0 leaves costs out.
	Price float64
	// Months are the costs of the calendar months that the period touches, at the prices that were in force.
	Months []cost.Month
}

// Chart returns the report's chart: response times and their thresholds above, dynos and their limits below.
func (r Report) Chart() chart.Chart {
	c := chart.Chart{
		Title: r.App + " · " + r.ProcessType, Subtitle: r.Sum().String(), From: r.From, To: r.To, Zone: r.Zone,
		Panels: []chart.Panel{r.times(), r.dynos()},
	}
	for _, change := range r.Changes {
		switch change.Action {
		case record.Scaled, record.WouldScale, record.Resized, record.WouldResize:
			c.Marks = append(c.Marks, mark(change))
		}
	}
	return c
}

func mark(r record.Record) chart.Mark {
	kind := chart.Up
	if d := r.Decision; d.To < d.From || d.SizeTo != d.SizeFrom && !d.SizeLarger {
		kind = chart.Down
	}
	return chart.Mark{Time: r.Time, Text: r.Headline() + ": " + r.Why(), Kind: kind}
}

const missing = 3

func (r Report) times() chart.Panel {
	line := func(name string, value func(history.Point) float64) chart.Line {
		l := chart.Line{Name: name, MaxGap: missing * r.Series.Step}
		for _, p := range r.Series.Points {
			l.Points = append(l.Points, chart.Point{Time: p.Time, Y: known(value(p))})
		}
		return l
	}
	p := chart.Panel{Title: "Response time", Unit: "ms", Lines: []chart.Line{
		line("median", func(p history.Point) float64 { return p.MedianMS }),
		line("95th percentile", func(p history.Point) float64 { return p.P95MS }),
	}}
	if n := len(r.Series.Points); n > 0 {
		last := r.Series.Points[n-1]
		p.Levels = []chart.Level{
			{Name: fmt.Sprintf("slow above %g ms", last.HighMS), Y: last.HighMS},
			{Name: fmt.Sprintf("fast below %g ms", last.LowMS), Y: last.LowMS},
		}
	}
	return p
}

func (r Report) dynos() chart.Panel {
	dynos := chart.Line{Name: r.Unit.Many(), Step: true, MaxGap: missing * r.Series.Step}
	limits := chart.Band{Name: "limits"}
	add := func(at time.Time, p history.Point) {
		dynos.Points = append(dynos.Points, chart.Point{Time: at, Y: known(float64(p.Dynos))})
		limits.Low = append(limits.Low, chart.Point{Time: at, Y: float64(p.Min)})
		limits.High = append(limits.High, chart.Point{Time: at, Y: float64(p.Max)})
	}
	for _, p := range r.Series.Points {
		add(p.Time, p)
	}
	if n := len(r.Series.Points); n > 0 {
		last := r.Series.Points[n-1]
		add(last.Time.Add(r.Series.Step), last)
	}
	return chart.Panel{
		Title: capital(r.Unit.Many()), Height: 110, Lines: []chart.Line{dynos},
		Bands: []chart.Band{limits},
	}
}

// A value of -1 is unknown.
func known(v float64) float64 {
	if v < 0 {
		return math.NaN()
	}
	return v
}

// A Sum is the totals of a report.
type Sum struct {
	Heartbeats, Slow, Ups, Downs int
	// DynoHours are the hours that dynos ran. MaxHours are those of a fleet that is always at its maximum.
	DynoHours, MaxHours float64
	// Dollars and MaxDollars are their costs; 0 if the price is unknown.
	Dollars, MaxDollars float64
	unit                words.Unit
}

// Sum returns the totals of the report.
func (r Report) Sum() Sum {
	s := Sum{unit: r.Unit}
	for _, p := range r.Series.Points {
		s.Heartbeats += p.Heartbeats
		s.Slow += p.Slow
		s.Ups += p.Ups
		s.Downs += p.Downs
		hours, most := p.DynoSeconds/3600, p.MaxDynoSeconds/3600
		hourly := r.Price / monthHours(p.Time)
		s.DynoHours, s.MaxHours = s.DynoHours+hours, s.MaxHours+most
		s.Dollars, s.MaxDollars = s.Dollars+hours*hourly, s.MaxDollars+most*hourly
	}
	return s
}

// Months are in UTC, as on the page and in the budget.
func monthHours(t time.Time) float64 {
	t = t.UTC()
	month := time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC)
	return month.AddDate(0, 1, 0).Sub(month).Hours()
}

// String returns the totals as one line.
func (s Sum) String() string {
	if s.Heartbeats == 0 {
		return "no heartbeats in this period"
	}
	text := fmt.Sprintf("%d heartbeats, %.1f %% slow; %d scale-ups, %d scale-downs; %.1f %s-hours", s.Heartbeats,
		100*float64(s.Slow)/float64(s.Heartbeats), s.Ups, s.Downs, s.DynoHours, s.unit.One())
	if s.Dollars > 0 {
		text += fmt.Sprintf(", $%.2f instead of $%.2f at the maximum", s.Dollars, s.MaxDollars)
	}
	return text
}
