package dashboard_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func BenchmarkPage(b *testing.B) {
	w := unserved(b, 48*time.Hour)
	for _, path := range []string{"/", "/series?last=21600", "/decisions"} {
		b.Run(path, func(b *testing.B) {
			r := httptest.NewRequest(http.MethodGet, path, nil)
			r.Header.Set("Authorization", "Bearer "+token)
			r.Header.Set("Accept-Encoding", "gzip")
			b.ReportAllocs()
			for b.Loop() {
				rec := httptest.NewRecorder()
				w.page.ServeHTTP(rec, r)
				if rec.Code != http.StatusOK {
					b.Fatalf("%s is answered with %d", path, rec.Code)
				}
				b.ReportMetric(float64(rec.Body.Len()), "gzip-bytes")
			}
		})
	}
}

// reader is a viewer without a network.
type reader struct {
	header http.Header
	frames atomic.Int64
}

func (r *reader) Header() http.Header { return r.header }
func (r *reader) WriteHeader(int)     {}
func (r *reader) Flush()              {}
func (r *reader) Write(b []byte) (int, error) {
	r.frames.Add(1)
	return len(b), nil
}

// BenchmarkThousandViewers is what a heartbeat costs until a thousand viewers have it, and, as ns/record, how much of that the
// heartbeat itself waits.
func BenchmarkThousandViewers(b *testing.B) {
	const viewers = 1000
	w := unserved(b, time.Hour)
	ctx, cancel := context.WithCancel(b.Context())
	var wg sync.WaitGroup
	readers := make([]*reader, viewers)
	for i := range readers {
		readers[i] = &reader{header: http.Header{}}
		r := httptest.NewRequestWithContext(ctx, http.MethodGet, "/stream", nil)
		r.Header.Set("Authorization", "Bearer "+token)
		wg.Go(func() { w.page.ServeHTTP(readers[i], r) })
	}
	record := w.past.records[len(w.past.records)-1]
	all := func(n int64) {
		for _, r := range readers {
			for r.frames.Load() < n {
				time.Sleep(10 * time.Microsecond)
			}
		}
	}
	all(1)
	b.ReportAllocs()
	n, spent := int64(1), time.Duration(0)
	for b.Loop() {
		n++
		start := time.Now()
		if err := w.page.Record(ctx, record); err != nil {
			b.Fatal(err)
		}
		spent += time.Since(start)
		all(n)
	}
	b.ReportMetric(float64(spent.Nanoseconds())/float64(n-1), "ns/record")
	cancel()
	wg.Wait()
}
