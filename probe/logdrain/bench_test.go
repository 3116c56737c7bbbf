package logdrain_test

import (
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/probe/logdrain"
)

// BenchmarkLines counts lines of traffic that are posted, by a drain on one core, without a network.
func BenchmarkLines(b *testing.B) {
	g := newTraffic(1, time.Now().Add(-30*time.Second), 5000, 20)
	var all []batch
	for range 20 {
		all = append(all, g.next()...)
	}
	d := drain(b)
	lines, bytes, i := 0, 0, 0
	b.ReportAllocs()
	for b.Loop() {
		if i == len(all) { // start again, before all lines repeat
			b.StopTimer()
			d, i = drain(b), 0
			b.StartTimer()
		}
		if w := (posting{frameID: all[i].id}).post(d, strings.NewReader(all[i].body)); w.Code != 204 {
			b.Fatalf("got status %d", w.Code)
		}
		lines += all[i].lines
		bytes += len(all[i].body)
		i++
	}
	b.ReportMetric(float64(lines)/b.Elapsed().Seconds(), "lines/s")
	b.ReportMetric(float64(bytes)/b.Elapsed().Seconds()/1e6, "MB/s")
}

func BenchmarkReading(b *testing.B) {
	g := newTraffic(1, time.Now().Add(-70*time.Second), 500, 20)
	d := drain(b)
	for range 70 {
		for _, p := range g.next() {
			posting{frameID: p.id}.post(d, strings.NewReader(p.body))
		}
	}
	p, err := d.Prober(logdrain.ServiceP95)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if r := p.Probe(b.Context()); r.Error != "" {
			b.Fatalf("got %+v", r)
		}
	}
}
