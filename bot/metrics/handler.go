package metrics

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Further scrapes get status 503.
const maxScrapes = 8

// Handler serves the metrics of all, and once those of Go and of the process, in the format that the scraper asks for.
func Handler(all ...*Metrics) http.Handler {
	return promhttp.HandlerFor(gatherers(all), promhttp.HandlerOpts{MaxRequestsInFlight: maxScrapes})
}

// all, and one for Go and the process
func gatherers(all []*Metrics) prometheus.Gatherers {
	process := prometheus.NewRegistry()
	process.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	out := prometheus.Gatherers{process}
	for _, m := range all {
		out = append(out, m.registry)
	}
	return out
}
