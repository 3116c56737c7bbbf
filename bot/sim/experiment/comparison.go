package experiment

import (
	"bytes"
	"fmt"
	"html"
	"io"
	"strings"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/chart"
	"github.com/autoscalebot/autoscalebot/bot/sim"
)

// The result that the backtest is about: that of the settings to try, or else of the recorded ones.
func (b Backtest) tried() sim.Result { return b.Results[min(2, len(b.Results)-1)] }

// Comparison draws what was recorded against what the tried settings would have done: the load, the response times, the
// dynos within their limits, and the cost that adds up. The Backtest has at least two results.
func (b Backtest) Comparison() chart.Chart {
	was, is := b.Results[0], b.tried()
	c := chart.Chart{
		Title:    "Recorded, and " + is.Policy,
		Subtitle: fmt.Sprintf("recorded: %s; %s: %s", b.brief(was), is.Policy, b.brief(is)),
		From:     b.Start, To: b.Start.Add(time.Duration(is.Hours * float64(time.Hour))), Zone: b.Zone,
	}
	boundMS := b.Bound.Seconds() * 1000
	p95 := func(m sim.Minute) float64 { return m.P95 }
	c.Panels = []chart.Panel{
		{Title: "Load", Unit: "requests/s", Height: 80, Lines: []chart.Line{
			b.line("inferred", was, chart.Auto, func(m sim.Minute) float64 { return float64(m.Requests) / 60 }),
		}},
		{Title: "Response time", Unit: "ms", Log: true, Height: 200, Lines: []chart.Line{
			b.line("95th percentile, recorded", was, chart.Blue, p95),
			dashed(b.line(is.Policy, is, chart.Orange, p95)),
		}, Levels: []chart.Level{{Name: fmt.Sprintf("slow above %g ms", boundMS), Y: boundMS}}},
		{
			Title: "Dynos", Height: 160, Bands: []chart.Band{b.limitsBand(c.To)},
			Lines: []chart.Line{
				b.steps("recorded", was, chart.Blue, c.To),
				dashed(b.steps(is.Policy, is, chart.Orange, c.To)),
			},
		},
		b.cost(was, is),
	}
	return c
}

func (b Backtest) brief(s sim.Result) string {
	text := fmt.Sprintf("%.1f %% slow minutes, %.1f dyno-hours", s.SlowMinutesPercent, s.DynoHours)
	if b.Price > 0 {
		text += fmt.Sprintf(", $%.2f", s.Dollars)
	}
	return text
}

func (b Backtest) line(name string, s sim.Result, color chart.Color, value func(sim.Minute) float64) chart.Line {
	l := chart.Line{Name: name, Color: color, Points: make([]chart.Point, 0, len(s.Minutes)+1)}
	for i, m := range s.Minutes {
		l.Points = append(l.Points, chart.Point{Time: b.Start.Add(time.Duration(i) * time.Minute), Y: value(m)})
	}
	return l
}

func (b Backtest) steps(name string, s sim.Result, color chart.Color, to time.Time) chart.Line {
	l := b.line(name, s, color, func(m sim.Minute) float64 { return float64(m.Dynos) })
	l.Step = true
	if n := len(l.Points); n > 0 {
		l.Points = append(l.Points, chart.Point{Time: to, Y: l.Points[n-1].Y})
	}
	return l
}

// What was not measured is dashed.
func dashed(l chart.Line) chart.Line {
	l.Dashed = true
	return l
}

func (b Backtest) limitsBand(to time.Time) chart.Band {
	band := chart.Band{Name: "limits"}
	for at := b.Start; !at.After(to); at = at.Add(time.Minute) {
		l := b.Model.Record.At(at)
		low, high := chart.Point{Time: at, Y: float64(l.Min)}, chart.Point{Time: at, Y: float64(l.Max)}
		if n := len(band.Low); n > 0 && band.Low[n-1].Y == low.Y && band.High[n-1].Y == high.Y && at.Before(to) {
			continue
		}
		band.Low, band.High = append(band.Low, low), append(band.High, high)
	}
	return band
}

// The cost so far: in dollars, or in dyno-hours without a price.
func (b Backtest) cost(was, is sim.Result) chart.Panel {
	p, each := chart.Panel{Title: "Cost so far", Unit: "$", Height: 100}, b.Price/hoursAMonth/60
	if b.Price == 0 {
		p.Title, p.Unit, each = "Dyno-hours so far", "", 1.0/60
	}
	sum := func(name string, s sim.Result, color chart.Color) chart.Line {
		total := 0.0
		return b.line(name, s, color, func(m sim.Minute) float64 {
			total += float64(m.Dynos) * each
			return total
		})
	}
	p.Lines = []chart.Line{sum("recorded", was, chart.Blue), dashed(sum(is.Policy, is, chart.Orange))}
	return p
}

// HTML writes the backtest as a self-contained page: what it rests on, the comparison with the recorded dynos, the
// figures of all settings, and the times in which the tried ones differ.
func (b Backtest) HTML(w io.Writer) error {
	return chart.Page(w, "Backtest: recorded, and "+b.tried().Policy, style, func(page *bytes.Buffer) error {
		c := b.Comparison()
		c.Title = ""
		if err := chart.Twice(page, func(dark bool) error {
			c.Dark = dark
			return c.SVG(page)
		}); err != nil {
			return err
		}
		b.table(page)
		page.WriteString("<h2>What this rests on</h2>\n")
		var about strings.Builder
		b.about(&about)
		text := strings.ReplaceAll(strings.TrimSpace(about.String()), ";\n", "; ") // lines of a terminal
		for part := range strings.SplitSeq(text, "\n") {
			fmt.Fprintf(page, "<p>%s</p>\n", html.EscapeString(part))
		}
		if len(b.Results) > 1 {
			all := b.Scatter()
			if err := chart.Twice(page, func(dark bool) error {
				all.Dark = dark
				return all.SVG(page)
			}); err != nil {
				return err
			}
		}
		b.meanings(page)
		return nil
	})
}

// Draw writes the backtest in the format of a file name's ending: .html, .svg or .png.
func (b Backtest) Draw(w io.Writer, ending string) error {
	switch ending {
	case ".html":
		return b.HTML(w)
	case ".svg":
		return b.Comparison().SVG(w)
	}
	return b.Comparison().PNG(w, 2)
}
