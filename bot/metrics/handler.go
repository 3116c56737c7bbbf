package metrics

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Further scrapes are answered with 503.
const maxScrapes = 8

// Handler answers with the metrics of all, and those of Go and of this process once, in the format that the scraper
// asks for.
func Handler(all ...*Metrics) http.Handler {
	return promhttp.HandlerFor(gatherers(all), promhttp.HandlerOpts{MaxRequestsInFlight: maxScrapes})
}

// all, and one of Go and of this process
func gatherers(all []*Metrics) prometheus.Gatherers {
	process := prometheus.NewRegistry()
	process.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	out := prometheus.Gatherers{process}
	for _, m := range all {
		out = append(out, m.registry)
	}
	return out
}
