package dashboard

import (
	"bytes"
	"compress/gzip"
	"context"
	"net/http"
	"strings"

	"github.com/a-h/templ"
)

const shortest = 1 << 10 // bytes worth compressing

func (d *Dashboard) render(w http.ResponseWriter, r *http.Request, status int, c templ.Component) {
	var b bytes.Buffer
	if err := c.Render(r.Context(), &b); err != nil {
		d.fail(w, r, err)
		return
	}
	d.send(w, r, status, "text/html; charset=utf-8", b.Bytes())
}

func (d *Dashboard) send(w http.ResponseWriter, r *http.Request, status int, kind string, body []byte) {
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Vary", "Accept-Encoding")
	if len(body) < shortest || !takesGzip(r) {
		w.WriteHeader(status)
		_, _ = w.Write(body) // fails if the client has disconnected
		return
	}
	h.Set("Content-Encoding", "gzip")
	w.WriteHeader(status)
	z, ok := d.zips.Get().(*gzip.Writer)
	if !ok {
		z = gzip.NewWriter(w)
	}
	z.Reset(w)
	_, _ = z.Write(body)
	_ = z.Close()
	d.zips.Put(z)
}

// Rendering to memory cannot fail.
func (d *Dashboard) html(c templ.Component) string {
	var b strings.Builder
	_ = c.Render(context.Background(), &b)
	return b.String()
}

// Most likely the history is unavailable. Only the log gets the error, since it may contain a host name.
func (d *Dashboard) fail(w http.ResponseWriter, r *http.Request, err error) {
	if r.Context().Err() != nil {
		return // the client has disconnected
	}
	d.o.Log.Warn("a request for the page failed", "path", r.URL.Path, "error", err)
	d.refuse(w, r, http.StatusServiceUnavailable, "the history is unavailable; the bot continues to scale")
}
