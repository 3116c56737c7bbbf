package experiment

import (
	"fmt"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/chart"
	"github.com/autoscalebot/autoscalebot/bot/sim"
)

// Chart draws one of the results over time: the load, the response times with their threshold, and the dynos next to
// the oracle's.
func (r Report) Chart(s sim.Result) chart.Chart {
	end := r.Start.Add(time.Duration(s.Hours * float64(time.Hour)))
	line := func(name string, value func(sim.Minute) float64) chart.Line {
		l := chart.Line{Name: name, Points: make([]chart.Point, 0, len(s.Minutes)+1)}
		for i, m := range s.Minutes {
			l.Points = append(l.Points, chart.Point{Time: r.Start.Add(time.Duration(i) * time.Minute), Y: value(m)})
		}
		return l
	}
	step := func(name string, value func(sim.Minute) float64) chart.Line {
		l := line(name, value)
		l.Step = true
		if n := len(l.Points); n > 0 {
			l.Points = append(l.Points, chart.Point{Time: end, Y: l.Points[n-1].Y})
		}
		return l
	}
	dynos := step("dynos", func(m sim.Minute) float64 { return float64(m.Dynos) })
	oracle := step("with perfect knowledge", func(m sim.Minute) float64 { return float64(m.Oracle) })
	dynos.Color, oracle.Color, oracle.Dashed = chart.Blue, chart.Orange, true
	boundMS := r.Bound.Seconds() * 1000
	return chart.Chart{
		Title: s.Policy + " on " + r.Demand, Subtitle: r.sum(s), From: r.Start, To: end, Zone: r.Zone,
		Panels: []chart.Panel{
			{Title: "Load", Unit: "requests/s", Height: 100, Lines: []chart.Line{
				line("load", func(m sim.Minute) float64 { return float64(m.Requests) / 60 }),
			}},
			{Title: "Response time", Unit: "ms", Log: true, Lines: []chart.Line{
				line("median", func(m sim.Minute) float64 { return m.P50 }),
				line("95th percentile", func(m sim.Minute) float64 { return m.P95 }),
			}, Levels: []chart.Level{{Name: fmt.Sprintf("slow above %g ms", boundMS), Y: boundMS}}},
			{Title: "Dynos", Lines: []chart.Line{dynos, oracle}},
		},
	}
}

func (r Report) sum(s sim.Result) string {
	text := fmt.Sprintf("%.2f %% slow minutes, %.1f dyno-hours (%.2f × the oracle's)", s.SlowMinutesPercent,
		s.DynoHours, s.OracleRatio)
	if r.Price > 0 {
		text += fmt.Sprintf(", $%.2f", s.Dollars)
	}
	return text + fmt.Sprintf(", %d scale-ups, %d scale-downs, %d flips", s.Ups, s.Downs, s.Flips)
}

// Scatter draws all results: slow minutes against dyno-hours, a dot for each policy. The axis is logarithmic, so a
// result without slow minutes is drawn as half a minute.
func (r Report) Scatter() chart.Scatter {
	c := chart.Scatter{
		Title:    "Slow minutes against dyno-hours: " + r.Demand,
		Subtitle: "lower left is better; a dot at the bottom has hardly any",
		X:        chart.Axis{Title: "Dyno-hours ÷ oracle"}, Y: chart.Axis{Title: "Slow minutes", Unit: "%", Log: true},
	}
	c.X.Min, c.X.Max = r.ratios()
	for _, s := range r.Results {
		least := 100.0 / 2 / max(1, float64(len(s.Minutes)))
		c.Series = append(c.Series, chart.Series{
			Name: s.Policy,
			Dots: []chart.Dot{{X: s.OracleRatio, Y: max(least, s.SlowMinutesPercent), Label: s.Policy}},
		})
	}
	return c
}

func (r Report) ratios() (low, high float64) {
	low, high = 1, 1
	for _, s := range r.Results {
		low, high = min(low, s.OracleRatio), max(high, s.OracleRatio)
	}
	pad := max(0.05, (high-low)/20)
	return max(0, low-pad), high + pad
}
