package report

import (
	"bytes"
	"fmt"
	"html"
	"io"
	"strings"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/chart"
)

const style = `table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{text-align:left;padding:.3rem .8rem .3rem 0;border-bottom:1px solid #8884;vertical-align:top}td:first-child{white-space:nowrap}
.narrow{display:none}
@media(max-width:40rem){td:first-child{white-space:normal}th,td{padding-right:.5rem}.wide{display:none}.narrow{display:block}}`

// The widths of the picture, in pixels. On a phone the wide one would be too small to read.
var widths = []struct {
	class string
	width int
}{{"wide", 0}, {"narrow", 400}}

// HTML writes the report as a self-contained page: the chart, light and dark, and every change with its reason.
func (r Report) HTML(w io.Writer) error {
	return chart.Page(w, r.App+" · "+r.ProcessType, style, func(b *bytes.Buffer) error {
		fmt.Fprintf(b, "<p>%s to %s: %s.</p>\n", r.clock(r.From), r.clock(r.To), html.EscapeString(r.Sum().String()))
		c := r.Chart()
		c.Title, c.Subtitle = "", ""
		for _, w := range widths {
			fmt.Fprintf(b, `<div class="%s">`, w.class)
			c.Width = w.width
			if err := chart.Twice(b, func(dark bool) error {
				c.Dark = dark
				return c.SVG(b)
			}); err != nil {
				return err
			}
			b.WriteString("</div>\n")
		}
		r.costs(b)
		b.WriteString("<h2>Changes</h2>\n")
		if len(r.Changes) == 0 {
			b.WriteString("<p>No changes in this period.</p>")
			return nil
		}
		b.WriteString(`<table><thead><tr><th scope="col">Time</th><th scope="col">Change</th><th scope="col">Why</th></tr></thead><tbody>` + "\n")
		for _, c := range r.Changes {
			fmt.Fprintf(b, "<tr><td>%s</td><td>%s</td><td>%s</td></tr>\n", r.clock(c.Time),
				html.EscapeString(c.Headline()), html.EscapeString(c.Why()))
		}
		b.WriteString("</tbody></table>")
		return nil
	})
}

func (r Report) costs(b *bytes.Buffer) {
	if len(r.Months) == 0 {
		return
	}
	fmt.Fprintf(b, "<h2>Cost by month</h2>\n<table><thead><tr><th scope=\"col\">Month</th><th "+
		"scope=\"col\">%s-hours</th>"+
		"<th scope=\"col\">Cost</th><th scope=\"col\">At the maximum</th></tr></thead><tbody>\n",
		html.EscapeString(capital(r.Unit.One())))
	for _, m := range r.Months {
		money := func(dollars float64) string {
			if m.Total.Dollars == 0 && m.UnpricedHours > 0 {
				return "unknown price"
			}
			return fmt.Sprintf("$%.2f", dollars)
		}
		spent := money(m.Total.Dollars)
		if m.Forecast != nil {
			spent += " so far, forecast " + money(m.Forecast.Dollars)
		}
		fmt.Fprintf(b, "<tr><td>%s</td><td>%.1f</td><td>%s</td><td>%s</td></tr>\n", m.Begin.Format("Jan 2006"),
			m.Total.DynoHours, spent, money(m.Maximum.Dollars))
	}
	b.WriteString("</tbody></table>\n")
}

func capital(word string) string { return strings.ToUpper(word[:1]) + word[1:] }

// Draw writes the report in the format that a file's ending names: .html, .svg or .png.
func (r Report) Draw(w io.Writer, ending string) error {
	switch ending {
	case ".html":
		return r.HTML(w)
	case ".svg":
		return r.Chart().SVG(w)
	}
	return r.Chart().PNG(w, 2)
}

func (r Report) clock(t time.Time) string {
	zone := r.Zone
	if zone == nil {
		zone = time.UTC
	}
	return html.EscapeString(t.In(zone).Format("Mon 2 Jan 2006 15:04 MST"))
}
