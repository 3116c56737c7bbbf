package report

import (
	"bytes"
	"fmt"
	"html"
	"io"
	"time"
)

// style is that of the page, which asks for nothing beyond itself.
const style = `:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:75rem;margin:2rem auto;padding:0 1rem}
svg{max-width:100%;height:auto}table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{text-align:left;padding:.3rem .8rem .3rem 0;border-bottom:1px solid #8884;vertical-align:top}td:first-child{white-space:nowrap}
.dark{display:none}@media(prefers-color-scheme:dark){.light{display:none}.dark{display:block}}`

// HTML writes the report as a page that stands alone: the picture, light and dark, and every change with its reason.
func (r Report) HTML(w io.Writer) error {
	var b bytes.Buffer
	title := html.EscapeString(r.App + " · " + r.ProcessType)
	fmt.Fprintf(&b, `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">`+
		`<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"><title>%s</title><style>%s</style></head><body><main>`,
		title, style)
	fmt.Fprintf(&b, "<h1>%s</h1><p>%s to %s: %s.</p>\n", title, r.clock(r.From), r.clock(r.To), html.EscapeString(r.Sum().String()))
	for _, dark := range []bool{false, true} {
		c := r.Chart()
		c.Title, c.Subtitle, c.Dark = "", "", dark
		fmt.Fprintf(&b, `<div class="%s">`, map[bool]string{false: "light", true: "dark"}[dark])
		if err := c.SVG(&b); err != nil {
			return err
		}
		b.WriteString("</div>\n")
	}
	b.WriteString("<h2>Changes</h2>\n")
	if len(r.Changes) == 0 {
		b.WriteString("<p>None is known of this time.</p>")
	} else {
		b.WriteString(`<table><thead><tr><th scope="col">Time</th><th scope="col">Change</th><th scope="col">Why</th></tr></thead><tbody>` + "\n")
		for _, c := range r.Changes {
			fmt.Fprintf(&b, "<tr><td>%s</td><td>%s</td><td>%s</td></tr>\n", r.clock(c.Time), html.EscapeString(c.Headline()), html.EscapeString(c.Why()))
		}
		b.WriteString("</tbody></table>")
	}
	b.WriteString("</main></body></html>\n")
	_, err := w.Write(b.Bytes())
	return err
}

// clock writes a moment in the report's zone.
func (r Report) clock(t time.Time) string {
	zone := r.Zone
	if zone == nil {
		zone = time.UTC
	}
	return html.EscapeString(t.In(zone).Format("Mon 2 Jan 2006 15:04 MST"))
}
