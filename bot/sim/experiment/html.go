package experiment

import (
	"bytes"
	"fmt"
	"html"
	"io"
	"strings"

	"github.com/autoscalebot/autoscalebot/bot/chart"
	"github.com/autoscalebot/autoscalebot/bot/sim"
)

const style = `table{border-collapse:collapse;font-variant-numeric:tabular-nums}.wide{overflow-x:auto}
th,td{text-align:right;padding:.3rem .8rem .3rem 0;border-bottom:1px solid #8884}th:first-child,td:first-child,dd{text-align:left}`

const most = 4

// HTML writes the report as a self-contained page: the figures with their meaning, and the pictures, light and dark.
func (r Report) HTML(w io.Writer) error {
	return chart.Page(w, r.title(), style, func(b *bytes.Buffer) error {
		fmt.Fprintf(b, "<p>Simulated with %s.</p>\n", html.EscapeString(r.setup()))
		r.table(b)
		if len(r.Results) > 1 {
			c := r.Scatter()
			if err := chart.Twice(b, func(dark bool) error {
				c.Dark = dark
				return c.SVG(b)
			}); err != nil {
				return err
			}
		}
		for _, s := range r.Results[:min(most, len(r.Results))] {
			c := r.Chart(s)
			if err := chart.Twice(b, func(dark bool) error {
				c.Dark = dark
				return c.SVG(b)
			}); err != nil {
				return err
			}
		}
		r.meanings(b)
		return nil
	})
}

func (r Report) table(b *bytes.Buffer) {
	b.WriteString(`<div class="wide"><table><thead><tr><th scope="col">Policy</th>`)
	for _, f := range r.figures() {
		fmt.Fprintf(b, `<th scope="col">%s %s</th>`, f.name, f.unit)
	}
	b.WriteString("</tr></thead><tbody>\n")
	for _, s := range r.Results {
		r.row(b, s)
	}
	b.WriteString("</tbody></table></div>\n")
}

func (r Report) meanings(b *bytes.Buffer) {
	b.WriteString("<h2>The figures</h2>\n<dl>")
	for _, f := range r.figures() {
		fmt.Fprintf(b, "<dt>%s</dt><dd>%s</dd>", f.name, html.EscapeString(f.meaning))
	}
	b.WriteString("</dl>\n")
	if len(r.Results) > 1 {
		fmt.Fprintf(b, "<p>%s</p>\n", html.EscapeString(strings.Join(r.aboutOracle(), " ")))
	}
}

func (r Report) row(b *bytes.Buffer, s sim.Result) {
	fmt.Fprintf(b, "<tr><td>%s</td>", html.EscapeString(s.Policy))
	for _, f := range r.figures() {
		fmt.Fprintf(b, "<td>%s</td>", f.text(s))
	}
	b.WriteString("</tr>\n")
}

// Draw writes the report in the format of a file name's ending: .html, .svg or .png. A picture of one result shows it
// over time; a picture of several compares them.
func (r Report) Draw(w io.Writer, ending string) error {
	switch {
	case ending == ".html":
		return r.HTML(w)
	case len(r.Results) > 1 && ending == ".svg":
		return r.Scatter().SVG(w)
	case len(r.Results) > 1:
		return r.Scatter().PNG(w, 2)
	case ending == ".svg":
		return r.Chart(r.Results[0]).SVG(w)
	}
	return r.Chart(r.Results[0]).PNG(w, 2)
}
