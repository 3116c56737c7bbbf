package service

import (
	"context"
	"net"
	"net/http"

	"github.com/autoscalebot/autoscalebot/bot/dashboard"
	"github.com/autoscalebot/autoscalebot/bot/metrics"
)

// Serve serves the pages, the metrics, the health endpoints and the receivers at the settings' address, and returns its
// URL. The page of the first bot is at /, the others at /processes/NAME/. Without an address, at is empty. A failure is
// logged and stops nothing. end takes at most a second.
func Serve(ctx context.Context, services []*Service, h Host, in *Receivers) (at string, end func()) {
	s := services[0].current() // all process types share the address
	addr := s.ServeAddr()
	if s.PageAddr() == "" && s.Port != "" {
		h.Log.Info("no web page. Set DASHBOARD_PASSWORD to have one on PORT", "port", string(s.Port))
	}
	if addr == "" {
		return "", func() {}
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		h.Log.Warn("cannot listen, so there is no web page, and the bot receives no logs and metrics", "at",
			addr, "error", err)
		return "", func() {}
	}
	mux := http.NewServeMux()
	in.mount(mux, h.throttle)
	mountAll(ctx, mux, services, h)
	at = "http://" + l.Addr().String()
	h.Log.Info("serving", "at", at, "page", s.PageAddr() != "", "log_drain", in.drains != nil, "pushed_metrics",
		in.pushed != nil, "opentelemetry", in.otlp != nil)
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := dashboard.Serve(ctx, l, mux, h.Log); err != nil {
			h.Log.Error("the web page is no longer served", "at", addr, "error", err)
		}
	}()
	return at, func() {
		cancel()
		<-ended
	}
}

func mountAll(ctx context.Context, mux *http.ServeMux, services []*Service, h Host) {
	var all []*metrics.Metrics
	var pages []dashboard.Link
	for i, v := range services {
		all = append(all, v.metrics)
		pages = append(pages, dashboard.Link{Name: v.processType(), URL: v.base(i) + "/"})
	}
	s := services[0].current()
	mux.Handle("/healthz", sameHost(s, metrics.Healthz(all...)))
	mux.Handle("/readyz", sameHost(s, metrics.Readyz(all...)))
	if s.PageAddr() == "" {
		return
	}
	mux.Handle("/metrics", sameHost(s, guarded(s, h.throttle, metrics.Handler(all...))))
	if len(services) == 1 {
		pages = nil
	}
	sessions := dashboard.NewSessions()
	for i, v := range services {
		page, err := v.openPage(v.base(i), pages, sessions)
		switch {
		case err != nil:
			h.Log.Warn("no web page", "process_type", v.processType(), "error", err)
		case page != nil:
			showOpen(ctx, page, v.kept.db, h)
			v.page.Store(page)
			v.Bot.RecordTo(&v.page)
			v.notifiers.add(&v.page)
			mux.Handle(v.base(i)+"/", &v.page)
		}
	}
}

func (v *Service) base(i int) string {
	if i == 0 {
		return ""
	}
	return "/processes/" + v.processType()
}
