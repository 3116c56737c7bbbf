package local

import (
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
)

func TestNoRequestIsLostWhileScalingUnderLoad(t *testing.T) {
	p := open(t, options(t, "", 3))
	start(t, p)
	var stop atomic.Bool
	var answered, lost atomic.Int64
	var users sync.WaitGroup
	for range 8 {
		users.Go(func() {
			for !stop.Load() {
				res, err := client.Get(p.url)
				if err != nil {
					t.Error(err)
					return
				}
				body, err := io.ReadAll(res.Body)
				_ = res.Body.Close()
				answered.Add(1)
				if err != nil || res.StatusCode != 200 {
					lost.Add(1)
					t.Errorf("%d %q, %v", res.StatusCode, body, err)
				}
			}
		})
	}
	for i, n := range []int{1, 4, 2, 3, 1, 5, 2, 4, 1, 3} {
		before := answered.Load()
		resize(t, p, n)
		if i%2 == 0 {
			settle(t, p) // half of them follow without a pause
		}
		eventually(t, "load", func() bool { return answered.Load() > before+20 || t.Failed() })
	}
	settle(t, p)
	stop.Store(true)
	users.Wait()
	t.Logf("%d answered, %d lost", answered.Load(), lost.Load())
}

func BenchmarkRequest(b *testing.B) {
	hello := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "Beat") })
	backend := httptest.NewServer(hello)
	defer backend.Close()
	_, front, _ := serve(b, hello)
	kept := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 16}}
	defer kept.CloseIdleConnections()
	for _, c := range []struct {
		name   string
		url    string
		client *http.Client
	}{
		{"direct/new", backend.URL, client},
		{"routed/new", front, client},
		{"direct/kept", backend.URL, kept},
		{"routed/kept", front, kept},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				res, err := c.client.Get(c.url)
				must(b, err)
				_, _ = io.Copy(io.Discard, res.Body)
				_ = res.Body.Close()
			}
		})
	}
}
