package dashboard_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
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

// The cost of a heartbeat for a thousand viewers. ns/record is the part that delays the heartbeat.
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

// The same over local sockets, including the time that viewers need to read.
func BenchmarkThousandViewersOverTCP(b *testing.B) {
	const viewers = 1000
	w := newWorld(b, time.Hour)
	var seen atomic.Int64
	var wg sync.WaitGroup
	var conns []net.Conn
	for range viewers {
		conn, err := net.Dial("tcp", strings.TrimPrefix(w.url, "http://"))
		if err != nil {
			b.Fatal(err)
		}
		conns = append(conns, conn)
		fmt.Fprintf(conn, "GET /stream HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\n\r\n", token)
		wg.Go(func() {
			for lines := bufio.NewReader(conn); ; {
				line, err := lines.ReadSlice('\n')
				if bytes.HasPrefix(line, []byte("event: beat")) {
					seen.Add(1)
				}
				if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
					return
				}
			}
		})
	}
	record := w.past.records[len(w.past.records)-1]
	all := func(n int64) {
		for seen.Load() < n*viewers {
			time.Sleep(50 * time.Microsecond)
		}
	}
	all(1)
	n := int64(1)
	for b.Loop() {
		n++
		if err := w.page.Record(b.Context(), record); err != nil {
			b.Fatal(err)
		}
		all(n)
	}
	for _, conn := range conns {
		conn.Close()
	}
	wg.Wait()
}
