package report

import (
	"bytes"
	"fmt"
	"html"
	"io"
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
