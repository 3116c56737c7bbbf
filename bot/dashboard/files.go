package dashboard

import (
	"context"
	"io"
	"mime"
	"net/http"
	"net/url"
	"time"

	"github.com/a-h/templ"
)

// Files writes periods of the history. format is csv or jsonl.
type Files interface {
	Export(ctx context.Context, w io.Writer, format string, from, to time.Time) error
	// Report writes a self-contained page without scripts.
	Report(ctx context.Context, w io.Writer, from, to time.Time) error
}

const (
	mostFiles  = 2                // written at once
	reportTime = 20 * time.Second // deadline of a report
)

// The report is one file with its own style, and runs no scripts.
const reportPolicy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; " +
	"frame-ancestors 'none'; sandbox"

// The period of the query as the charts show it.
func (d *Dashboard) asked(q url.Values, now time.Time) (from, to time.Time) {
	p := readPeriod(q).charted(first(spans(d.o.Interval)), now)
	if !p.From.IsZero() {
		return p.From, p.To
	}
	last := p.Last
	if last == 0 {
		last = first(spans(d.o.Interval))
	}
	return now.Add(-last), now
}

func (d *Dashboard) file(w http.ResponseWriter, r *http.Request, write func(io.Writer, time.Time, time.Time) error) {
	select {
	case d.writing <- struct{}{}:
		defer func() { <-d.writing }()
	default:
		w.Header().Set("Retry-After", "10")
		d.refuse(w, r, http.StatusServiceUnavailable, "other files are being written; try again in 10 seconds")
		return
	}
	if r.Method == http.MethodHead {
		return
	}
	from, to := d.asked(r.URL.Query(), time.Now())
	if err := write(&patient{w, http.NewResponseController(w)}, from, to); err != nil {
		if r.Context().Err() == nil {
			d.o.Log.Warn("writing a file of the history failed", "path", r.URL.Path, "error", err)
		}
		panic(http.ErrAbortHandler) // the client must not take it for the whole
	}
}

// A patient writer may take longer than the server allows for a response, as long as the client reads.
type patient struct {
	w  io.Writer
	rc *http.ResponseController
}

func (p *patient) Write(b []byte) (int, error) {
	_ = p.rc.SetWriteDeadline(time.Now().Add(answerTime))
	return p.w.Write(b)
}

func (d *Dashboard) export(w http.ResponseWriter, r *http.Request, _ visitor) {
	format, kind := "jsonl", "application/jsonl"
	if r.URL.Query().Get("format") == "csv" {
		format, kind = "csv", "text/csv; charset=utf-8"
	}
	from, _ := d.asked(r.URL.Query(), time.Now())
	name := d.o.App + "-" + d.o.ProcessType + "-" + from.In(d.o.Zone).Format("2006-01-02") + "." + format
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	d.file(w, r, func(w io.Writer, from, to time.Time) error {
		return d.o.Files.Export(r.Context(), w, format, from, to)
	})
}

func (d *Dashboard) report(w http.ResponseWriter, r *http.Request, _ visitor) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", reportPolicy)
	d.file(w, r, func(w io.Writer, from, to time.Time) error {
		ctx, cancel := context.WithTimeout(r.Context(), reportTime)
		defer cancel()
		return d.o.Files.Report(ctx, w, from, to)
	})
}

// The address of a file of the shown period. Scripts change it as the period changes.
func (p whole) file(what string) templ.SafeURL {
	q := url.Values{}
	for _, f := range p.Charted.fields() {
		if f.Text != "" {
			q.Set(f.Value, f.Text)
		}
	}
	at := p.Frame.Home + what
	if len(q) > 0 {
		sep := "?"
		if what != "report" {
			sep = "&"
		}
		at += sep + q.Encode()
	}
	return templ.SafeURL(at)
}
