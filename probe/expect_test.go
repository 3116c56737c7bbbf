package probe_test

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/autoscalebot/autoscalebot/probe"
)

func packed(t *testing.T, pack func(io.Writer) io.WriteCloser, text string) string {
	t.Helper()
	var b bytes.Buffer
	w := pack(&b)
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func gzipped(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) }
func zlibbed(w io.Writer) io.WriteCloser { return zlib.NewWriter(w) }
func deflated(w io.Writer) io.WriteCloser {
	f, _ := flate.NewWriter(w, flate.DefaultCompression)
	return f
}

func TestKeyword(t *testing.T) {
	const kib = 1 << 10
	text := "<p>all systems: Grün</p>"
	long := strings.Repeat("x", 200*kib)
	five := text
	for range 5 {
		five = packed(t, gzipped, five)
	}
	tests := []struct {
		name, keyword, coding, body string
		status                      int
		want                        probe.Outcome
	}{
		{"there", "Grün", "", text, 200, probe.Answered},
		{"the whole answer", text, "", text, 200, probe.Answered},
		{"in another case", "grün", "", text, 200, probe.BadAnswer},
		{"not there", "red", "", text, 200, probe.BadAnswer},
		{"empty answer", "Grün", "", "", 200, probe.BadAnswer},
		{"no content", "Grün", "", "", 204, probe.BadAnswer},
		{"an error that has it", "Grün", "", text, 500, probe.ServerError},
		{"the end of what is read", "Grün", "", long[:64*kib-5] + "Grün" + long, 200, probe.Answered},
		{"behind it", "Grün", "", long[:64*kib-4] + "Grün" + long, 200, probe.BadAnswer},
		{"gzip", "Grün", "gzip", packed(t, gzipped, text), 200, probe.Answered},
		{"gzip without it", "red", "GZip", packed(t, gzipped, text), 200, probe.BadAnswer},
		{"zlib", "Grün", "deflate", packed(t, zlibbed, text), 200, probe.Answered},
		{"raw deflate", "Grün", "deflate", packed(t, deflated, text), 200, probe.Answered},
		{"twice", "Grün", "deflate, gzip", packed(t, gzipped, packed(t, zlibbed, text)), 200, probe.Answered},
		{"five times", "Grün", strings.Repeat("gzip,", 5), five, 200, probe.BadAnswer},
		{"identity", "Grün", "identity", text, 200, probe.Answered},
		{"a bomb", "Grün", "gzip", packed(t, gzipped, strings.Repeat("x", 5<<20)), 200, probe.BadAnswer},
		{"no gzip after all", "Grün", "gzip", text, 200, probe.BadAnswer},
		{"brotli", "Grün", "br", text, 200, probe.BadAnswer},
		{"cut gzip", "Grün", "gzip", packed(t, gzipped, text)[:len(packed(t, gzipped, text))-6], 200, probe.Answered},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				if tt.coding != "" {
					w.Header().Set("Content-Encoding", tt.coding)
				}
				w.WriteHeader(tt.status)
				_, _ = io.WriteString(w, tt.body)
			})
			r := take(t, heartbeat(t, probe.HeartbeatOptions{URL: s.URL, Keyword: tt.keyword}))
			if r.Outcome != tt.want || r.Status != tt.status {
				t.Errorf("got %+v, want %s", r, tt.want)
			}
			if strings.Contains(r.Error+r.Hint, "systems") {
				t.Errorf("the error %q shows the answer", r.Error)
			}
		})
	}
}

func TestKeywordIsNotMeasured(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := servePipe(t, func(w http.ResponseWriter, _ *http.Request) {
			time.Sleep(100 * time.Millisecond)
			for _, part := range []string{"Be", "at"} {
				_, _ = io.WriteString(w, part)
				w.(http.Flusher).Flush()
				time.Sleep(time.Second)
			}
		})
		h := heartbeat(t, probe.HeartbeatOptions{URL: "http://a.test/", Keyword: "Beat"})
		h.DialWith(dialSlowly(func(string) pipeListener { return l }))
		if r := take(t, h); r.Outcome != probe.Answered || r.Phases.Processing != 100*time.Millisecond || r.Phases.Transfer < time.Second {
			t.Errorf("got %+v", r)
		}
	})
}
