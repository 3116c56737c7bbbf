package experiment

import (
	"bytes"
	"fmt"
	"html"
	"io"

	"github.com/autoscalebot/autoscalebot/bot/sim"
)

// style is that of the page, which asks for nothing beyond itself.
const style = `:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:75rem;margin:2rem auto;padding:0 1rem}
svg{max-width:100%;height:auto}table{border-collapse:collapse;font-variant-numeric:tabular-nums}.wide{overflow-x:auto}
th,td{text-align:right;padding:.3rem .8rem .3rem 0;border-bottom:1px solid #8884}th:first-child,td:first-child,dd{text-align:left}
.dark{display:none}@media(prefers-color-scheme:dark){.light{display:none}.dark{display:block}}`

// most is how many results a page draws one by one.
const most = 4

// HTML writes the report as a page that stands alone: the figures with their meaning, and the pictures, light and dark.
func (r Report) HTML(w io.Writer) error {
	var b bytes.Buffer
	title := html.EscapeString(r.title())
	fmt.Fprintf(&b, `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">`+
		`<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"><title>%s</title><style>%s</style></head><body><main>`,
		title, style)
	fmt.Fprintf(&b, "<h1>%s</h1><p>Simulated, on %s.</p>\n", title, html.EscapeString(r.setup()))
	r.table(&b)
	err := error(nil)
	if len(r.Results) > 1 {
		err = twice(&b, func(dark bool) error {
			c := r.Scatter()
			c.Dark = dark
			return c.SVG(&b)
		})
	}
	for _, s := range r.Results[:min(most, len(r.Results))] {
		if err == nil {
			err = twice(&b, func(dark bool) error {
				c := r.Chart(s)
				c.Dark = dark
				return c.SVG(&b)
			})
		}
	}
	if err != nil {
		return err
	}
	r.meanings(&b)
	b.WriteString("</main></body></html>\n")
	_, err = w.Write(b.Bytes())
	return err
}

// twice draws a picture for light and for dark backgrounds.
func twice(b *bytes.Buffer, draw func(dark bool) error) error {
	for _, dark := range []bool{false, true} {
		fmt.Fprintf(b, `<div class="%s">`, map[bool]string{false: "light", true: "dark"}[dark])
		if err := draw(dark); err != nil {
			return err
		}
		b.WriteString("</div>\n")
	}
	return nil
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

// meanings says what the figures are.
func (r Report) meanings(b *bytes.Buffer) {
	b.WriteString("<h2>The figures</h2>\n<dl>")
	for _, f := range r.figures() {
		fmt.Fprintf(b, "<dt>%s</dt><dd>%s</dd>", f.name, html.EscapeString(f.meaning))
	}
	b.WriteString("</dl>\n")
}

func (r Report) row(b *bytes.Buffer, s sim.Result) {
	fmt.Fprintf(b, "<tr><td>%s</td>", html.EscapeString(s.Policy))
	for _, f := range r.figures() {
		fmt.Fprintf(b, "<td>%s</td>", f.text(s))
	}
	b.WriteString("</tr>\n")
}

// Draw writes the report in the form of a file's ending: .html, .svg or .png. A picture of one result shows it over time, one of
// several compares them.
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
