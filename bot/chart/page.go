package chart

import (
	"bytes"
	"fmt"
	"html"
	"io"
)

// Page writes a self-contained HTML page: its title, and what body writes. style is the CSS of the page's own parts.
func Page(w io.Writer, title, style string, body func(*bytes.Buffer) error) error {
	title = html.EscapeString(title)
	var b bytes.Buffer
	fmt.Fprintf(&b, `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">`+
		`<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"><title>%s</title>`+
		`<style>:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:75rem;margin:2rem auto;padding:0 1rem}
svg{max-width:100%%;height:auto}%s
.dark{display:none}@media(prefers-color-scheme:dark){.light{display:none}.dark{display:block}}</style></head><body><main><h1>%s</h1>`,
		title, style, title)
	if err := body(&b); err != nil {
		return err
	}
	b.WriteString("</main></body></html>\n")
	_, err := w.Write(b.Bytes())
	return err
}

// Twice draws a picture for light and for dark backgrounds. A [Page] shows the one that fits.
func Twice(b *bytes.Buffer, draw func(dark bool) error) error {
	for _, dark := range []bool{false, true} {
		fmt.Fprintf(b, `<div class="%s">`, map[bool]string{false: "light", true: "dark"}[dark])
		if err := draw(dark); err != nil {
			return err
		}
		b.WriteString("</div>\n")
	}
	return nil
}
