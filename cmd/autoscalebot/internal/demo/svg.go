package demo

import (
	"fmt"
	"html"
	"math"
	"strings"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/record"
	"github.com/autoscalebot/autoscalebot/probe"
)

// In pixels: one panel above the other, on one time axis.
const (
	svgWidth, svgHeight = 860, 430
	left, right         = 64, 24
	upperTop, upperLow  = 62, 244
	lowerTop, lowerLow  = 286, 388
)

// SVG returns a picture of the story: response times and the two thresholds above, dynos and the load below.
func (s *Story) SVG() string {
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="system-ui, sans-serif" font-size="12" role="img" aria-labelledby="title">
<title id="title">autoscalebot demo: response times above, %s and load below</title>
<style>
.card{fill:#fff;stroke:#d0d7de}text{fill:#57606a}.h{fill:#1f2328;font-weight:600}.grid{stroke:#eaeef2}
.slow{stroke:#cf222e;stroke-dasharray:5 4}.fast{stroke:#0969da;stroke-dasharray:5 4}.ms{fill:none;stroke:#1f2328;stroke-width:1.5}
.dynos{fill:#2da44e;fill-opacity:.25;stroke:#2da44e;stroke-width:1.5}.load{fill:none;stroke:#8c959f;stroke-width:1.5;stroke-dasharray:2 3}
.up{fill:#2da44e}.down{fill:#0969da}.fail{fill:#cf222e}
</style>
<rect class="card" x=".5" y=".5" width="%d" height="%d" rx="8"/>
`, svgWidth, svgHeight, s.unit().Many(), svgWidth-1, svgHeight-1)
	if len(s.Records) > 1 {
		s.panels(&b)
	}
	b.WriteString("</svg>\n")
	return b.String()
}

func (s *Story) panels(b *strings.Builder) {
	last := s.Records[len(s.Records)-1]
	total := last.Time.Sub(s.Start).Seconds()
	x := func(t time.Time) float64 { return left + t.Sub(s.Start).Seconds()/total*(svgWidth-left-right) }
	d := last.Decision
	top := niceTop(4 * d.MaxResponseMS)
	y := func(ms float64) float64 { return upperLow - min(ms, top)/top*(upperLow-upperTop) }

	text(b, left, 30, "h", "start", "Response time of the heartbeat")
	text(b, svgWidth-right, 30, "", "end",
		fmt.Sprintf("slow above %g ms, fast below %g ms", d.MaxResponseMS, d.MinResponseMS))
	for i := range 5 {
		ms := top / 4 * float64(i)
		fmt.Fprintf(b, `<line class="grid" x1="%d" x2="%d" y1="%.1f" y2="%.1f"/>`, left, svgWidth-right, y(ms), y(ms))
		text(b, left-8, y(ms)+4, "", "end", fmt.Sprintf("%.0f ms", ms))
	}
	bound(b, "slow", y(d.MaxResponseMS))
	bound(b, "fast", y(d.MinResponseMS))
	s.responses(b, x, y)

	most := float64(last.Limits.Max)
	n := func(dynos float64) float64 { return lowerLow - dynos/most*(lowerLow-lowerTop) }
	title := strings.ToUpper(s.unit().Many()[:1]) + s.unit().Many()[1:]
	text(b, left, lowerTop-14, "h", "start", title)
	text(b, left+8+8*float64(len(title)), lowerTop-14, "", "start",
		fmt.Sprintf("limits %d to %d, and the load (dotted)", last.Limits.Min, last.Limits.Max))
	for i := 0; i <= last.Limits.Max; i++ {
		fmt.Fprintf(b, `<line class="grid" x1="%d" x2="%d" y1="%.1f" y2="%.1f"/>`, left, svgWidth-right, n(float64(i)), n(float64(i)))
		text(b, left-8, n(float64(i))+4, "", "end", fmt.Sprint(i))
	}
	s.dynos(b, x, n)
	for sec := 0.0; sec <= total; sec += niceStep(total) {
		at := s.Start.Add(time.Duration(sec * float64(time.Second)))
		text(b, x(at), lowerLow+22, "", "middle", s.clock(at))
	}
}

func bound(b *strings.Builder, class string, y float64) {
	fmt.Fprintf(b, `<line class="%s" x1="%d" x2="%d" y1="%.1f" y2="%.1f"/>`+"\n", class, left, svgWidth-right, y, y)
}

// An unanswered heartbeat is a dot at the top.
func (s *Story) responses(b *strings.Builder, x func(time.Time) float64, y func(float64) float64) {
	var path strings.Builder
	for _, r := range s.Records {
		hb, ok := r.Heartbeat()
		if !ok {
			continue
		}
		value := hb.Value
		if hb.Outcome != probe.Answered {
			value = math.Inf(1)
			fmt.Fprintf(b, `<circle class="fail" cx="%.1f" cy="%.1f" r="3"><title>%s</title></circle>`, x(r.Time), y(value), html.EscapeString(hb.Error))
		}
		fmt.Fprintf(&path, "%.1f,%.1f ", x(r.Time), y(value))
	}
	fmt.Fprintf(b, `<polyline class="ms" points="%s"/>`+"\n", path.String())
}

func (s *Story) dynos(b *strings.Builder, x func(time.Time) float64, y func(float64) float64) {
	var steps, load strings.Builder
	highest := 1.0
	for _, rate := range s.Rates {
		highest = max(highest, rate)
	}
	most := float64(s.Records[0].Limits.Max)
	fmt.Fprintf(&steps, "%.1f,%.1f ", x(s.Records[0].Time), y(0))
	for i, r := range s.Records {
		fmt.Fprintf(&steps, "%.1f,%.1f ", x(r.Time), y(float64(max(0, r.Dynos))))
		fmt.Fprintf(&steps, "%.1f,%.1f ", x(r.Time), y(float64(max(0, r.After()))))
		fmt.Fprintf(&load, "%.1f,%.1f ", x(r.Time), y(s.Rates[i]/highest*most*0.9))
	}
	fmt.Fprintf(&steps, "%.1f,%.1f", x(s.Records[len(s.Records)-1].Time), y(0))
	fmt.Fprintf(b, `<polygon class="dynos" points="%s"/>`+"\n"+`<polyline class="load" points="%s"/>`+"\n", steps.String(), load.String())
	for _, r := range s.Records {
		if r.Action != record.Scaled {
			continue
		}
		class := "up"
		if r.Decision.To < r.Decision.From {
			class = "down"
		}
		fmt.Fprintf(b, `<circle class="%s" cx="%.1f" cy="%.1f" r="3.5"><title>%s</title></circle>`+"\n", class, x(r.Time), y(float64(r.Decision.To)),
			html.EscapeString(r.Headline()+": "+r.Why()))
	}
}

func text(b *strings.Builder, x, y float64, class, anchor, text string) {
	fmt.Fprintf(b, `<text x="%.1f" y="%.1f" class="%s" text-anchor="%s">%s</text>`+"\n", x, y, class, anchor, html.EscapeString(text))
}

func niceTop(v float64) float64 {
	unit := math.Pow(10, math.Floor(math.Log10(v)))
	for _, m := range []float64{1, 2, 4, 6, 8} {
		if m*unit >= v {
			return m * unit
		}
	}
	return 10 * unit
}

func niceStep(total float64) float64 {
	for _, step := range []float64{5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600} {
		if total/step <= 10 {
			return step
		}
	}
	return total / 10
}
