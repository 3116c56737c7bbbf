package probe_test

import (
	"io"
	"net/http"
	"testing"

	"github.com/autoscalebot/autoscalebot/probe"
)

// BenchmarkProbe counts probes of a server on loopback in the same process, whose work is part of the figures.
func BenchmarkProbe(b *testing.B) {
	for name, keep := range map[string]bool{"fresh": false, "kept alive": true} {
		b.Run(name, func(b *testing.B) {
			s := serve(b, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "Beat") })
			h := heartbeat(b, probe.HeartbeatOptions{URL: s.URL, KeepAlive: keep})
			b.ReportAllocs()
			for b.Loop() {
				if r := h.Probe(b.Context()); r.Outcome != probe.Answered {
					b.Fatalf("got %+v", r)
				}
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "probes/s")
		})
	}
}
