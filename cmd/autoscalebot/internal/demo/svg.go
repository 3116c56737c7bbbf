package demo

import (
	"fmt"
	"html"
	"math"
	"strings"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/record"
	"github.com/autoscalebot/autoscalebot/bot/words"
	"github.com/autoscalebot/autoscalebot/probe"
)

// In pixels: one panel above the other, on one time axis. A picture of two stories has them side by side.
const (
	svgWidth, svgHeight = 860, 502
	left, right         = 66, 16
	upperTop, upperLow  = 96, 256
	lowerTop, lowerLow  = 298, 400
)

// SVG returns a picture of the run up to end: for each story the response times and the two thresholds above, dynos and
// the load below, and the verdict.
func (r *Run) SVG(end time.Time) string {
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="system-ui, sans-serif" `+
		`font-size="12" role="img" aria-labelledby="title">
<title id="title">autoscalebot demo: response times above, %s and load below</title>
<style>
.card{fill:#fff;stroke:#d0d7de}text{fill:#57606a}.h{fill:#1f2328;font-weight:600}.grid{stroke:#eaeef2}
.slow{stroke:#cf222e;stroke-dasharray:5 4}.fast{stroke:#0969da;stroke-dasharray:5 4}
.ms{fill:none;stroke:#1f2328;stroke-width:1.5}.dynos{fill:#2da44e;fill-opacity:.25;stroke:#2da44e;stroke-width:1.5}
.load{fill:none;stroke:#8c959f;stroke-width:1.5;stroke-dasharray:2 3}
.up{fill:#2da44e}.down{fill:#0969da}.fail{fill:#cf222e}
</style>
<rect class="card" x=".5" y=".5" width="%d" height="%d" rx="8"/>
`, svgWidth, svgHeight, r.unit().Many(), svgWidth-1, svgHeight-1)
	width := float64(svgWidth) / float64(max(1, len(r.Stories)))
	for i, s := range r.Stories {
		if len(s.Records) > 1 {
			from := float64(i) * width
			p := plot{Story: s, left: from + left, right: from + width - right}
			p.draw(&b, end)
		}
	}
	if len(r.Stories) > 0 {
		for i, clause := range strings.SplitAfter(r.Verdict(end), "; ") {
			text(&b, left, svgHeight-48+20*float64(i), "h", "start", strings.TrimSpace(clause))
		}
	}
	b.WriteString("</svg>\n")
	return b.String()
}

func (r *Run) unit() words.Unit {
	if len(r.Stories) == 0 {
		return ""
	}
	return r.Stories[0].unit()
}

// A plot draws one story between two positions.
type plot struct {
	*Story
	left, right float64
}

func (p *plot) x(t time.Time) float64 {
	total := p.Records[len(p.Records)-1].Time.Sub(p.Start).Seconds()
	return p.left + t.Sub(p.Start).Seconds()/total*(p.right-p.left)
}

func (p *plot) line(b *strings.Builder, class string, y float64) {
	fmt.Fprintf(b, `<line class="%s" x1="%.1f" x2="%.1f" y1="%.1f" y2="%.1f"/>`+"\n", class, p.left, p.right, y, y)
}

func (p *plot) draw(b *strings.Builder, end time.Time) {
	last := p.Records[len(p.Records)-1]
	d, sum := last.Decision, p.Sum(end)
	top := 2 * d.MaxResponseMS
	y := func(ms float64) float64 { return upperLow - min(ms, top)/top*(upperLow-upperTop) }

	name := p.name()
	text(b, p.left, 28, "h", "start", strings.ToUpper(name[:1])+name[1:])
	text(b, p.left, 46, "", "start", fmt.Sprintf("%s slow %s of %s, %s %s-seconds", thousands(float64(sum.Slow)),
		plural(sum.Slow, "request", "requests"), thousands(float64(sum.Requests)), thousands(sum.DynoSeconds),
		sum.unit.One()))
	text(b, p.left, 78, "h", "start", "Response time")
	text(b, p.right, 78, "", "end",
		fmt.Sprintf("slow above %g ms, fast below %g ms", d.MaxResponseMS, d.MinResponseMS))
	for i := range 5 {
		ms := top / 4 * float64(i)
		p.line(b, "grid", y(ms))
		text(b, p.left-8, y(ms)+4, "", "end", fmt.Sprintf("%.0f ms", ms))
	}
	p.line(b, "slow", y(d.MaxResponseMS))
	p.line(b, "fast", y(d.MinResponseMS))
	p.responses(b, y)

	most := float64(last.Limits.Max)
	n := func(dynos float64) float64 { return lowerLow - dynos/most*(lowerLow-lowerTop) }
	title := strings.ToUpper(p.unit().Many()[:1]) + p.unit().Many()[1:]
	text(b, p.left, lowerTop-14, "h", "start", title)
	text(b, p.right, lowerTop-14, "", "end",
		fmt.Sprintf("limits %d to %d, and the load (dotted)", last.Limits.Min, last.Limits.Max))
	for i := 0; i <= last.Limits.Max; i++ {
		p.line(b, "grid", n(float64(i)))
		text(b, p.left-8, n(float64(i))+4, "", "end", fmt.Sprint(i))
	}
	p.dynos(b, n)
	total := last.Time.Sub(p.Start).Seconds()
	for sec := 0.0; sec <= total; sec += niceStep(total, (p.right-p.left)/80) {
		at := p.Start.Add(time.Duration(sec * float64(time.Second)))
		text(b, p.x(at), lowerLow+22, "", "middle", p.clock(at))
	}
}

// An unanswered heartbeat is a dot at the top.
func (p *plot) responses(b *strings.Builder, y func(float64) float64) {
	var path strings.Builder
	for _, r := range p.Records {
		hb, ok := r.Heartbeat()
		if !ok {
			continue
		}
		value := hb.Value
		if hb.Outcome != probe.Answered {
			value = math.Inf(1)
			fmt.Fprintf(b, `<circle class="fail" cx="%.1f" cy="%.1f" r="3"><title>%s</title></circle>`,
				p.x(r.Time), y(value), html.EscapeString(hb.Error))
		}
		fmt.Fprintf(&path, "%.1f,%.1f ", p.x(r.Time), y(value))
	}
	fmt.Fprintf(b, `<polyline class="ms" points="%s"/>`+"\n", path.String())
}

func (p *plot) dynos(b *strings.Builder, y func(float64) float64) {
	var steps, load strings.Builder
	highest := 1.0
	for _, rate := range p.Rates {
		highest = max(highest, rate)
	}
	most := float64(p.Records[0].Limits.Max)
	fmt.Fprintf(&steps, "%.1f,%.1f ", p.x(p.Records[0].Time), y(0))
	for i, r := range p.Records {
		fmt.Fprintf(&steps, "%.1f,%.1f ", p.x(r.Time), y(float64(max(0, r.Dynos))))
		fmt.Fprintf(&steps, "%.1f,%.1f ", p.x(r.Time), y(float64(max(0, r.After()))))
		fmt.Fprintf(&load, "%.1f,%.1f ", p.x(r.Time), y(p.Rates[i]/highest*most*0.9))
	}
	fmt.Fprintf(&steps, "%.1f,%.1f", p.x(p.Records[len(p.Records)-1].Time), y(0))
	fmt.Fprintf(b, `<polygon class="dynos" points="%s"/>`+"\n"+`<polyline class="load" points="%s"/>`+"\n",
		steps.String(), load.String())
	for _, r := range p.Records {
		if r.Action != record.Scaled {
			continue
		}
		class := "up"
		if r.Decision.To < r.Decision.From {
			class = "down"
		}
		fmt.Fprintf(b, `<circle class="%s" cx="%.1f" cy="%.1f" r="3.5"><title>%s</title></circle>`+"\n",
			class, p.x(r.Time), y(float64(r.Decision.To)),
			html.EscapeString(r.Headline()+": "+r.Why()))
	}
}

func text(b *strings.Builder, x, y float64, class, anchor, text string) {
	fmt.Fprintf(b, `<text x="%.1f" y="%.1f" class="%s" text-anchor="%s">%s</text>`+"\n", x, y, class, anchor,
		html.EscapeString(text))
}

func niceStep(total, most float64) float64 {
	for _, step := range []float64{5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600} {
		if total/step <= most {
			return step
		}
	}
	return total / most
}
