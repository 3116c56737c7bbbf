package cli

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/dashboard"
	"github.com/autoscalebot/autoscalebot/bot/history"
	"github.com/autoscalebot/autoscalebot/bot/metrics"
	"github.com/autoscalebot/autoscalebot/bot/throttle"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
	"github.com/autoscalebot/autoscalebot/notify"
)

// serve serves the pages, the metrics and the health of the bots where the settings say, the first one's page at the root and the others'
// below /processes/, and takes there what is sent to the bots, at the URL that it returns. That it cannot be served is logged and stops nothing.
// end takes a second at the most.
func serve(ctx context.Context, works []*work, h host, in *receivers) (at string, end func()) {
	s := works[0].s // where it is served is the same for all
	addr := s.ServeAddr()
	if s.PageAddr() == "" && s.Port != "" {
		h.log.Info("there is no web page: to have one on PORT, set DASHBOARD_PASSWORD", "port", string(s.Port))
	}
	if addr == "" {
		return "", func() {}
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		h.log.Warn("there is no web page, and nothing that is sent to the bot is taken", "at", addr, "error", err)
		return "", func() {}
	}
	mux := http.NewServeMux()
	in.mount(mux, h.throttle)
	mountAll(ctx, mux, works, h)
	at = "http://" + l.Addr().String()
	h.log.Info("serving", "at", at, "page", s.PageAddr() != "", "log_drain", in.drains != nil, "pushed_metrics", in.pushed != nil, "opentelemetry", in.otlp != nil)
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := dashboard.Serve(ctx, l, mux, h.log); err != nil {
			h.log.Error("the web page is not served any more", "at", addr, "error", err)
		}
	}()
	return at, func() {
		cancel()
		<-ended
	}
}

// mountAll mounts what the bots tell of themselves.
func mountAll(ctx context.Context, mux *http.ServeMux, works []*work, h host) {
	var all []*metrics.Metrics
	var pages []dashboard.Link
	for i, w := range works {
		all = append(all, w.m)
		pages = append(pages, dashboard.Link{Name: w.o.ProcessType, URL: w.base(i) + "/"})
	}
	s := works[0].s
	mux.Handle("/healthz", sameHost(s, metrics.Healthz(all...)))
	mux.Handle("/readyz", sameHost(s, metrics.Readyz(all...)))
	if s.PageAddr() == "" {
		return
	}
	mux.Handle("/metrics", sameHost(s, guarded(s, h.throttle, metrics.Handler(all...))))
	if len(works) == 1 {
		pages = nil
	}
	sessions := dashboard.NewSessions()
	for i, w := range works {
		page, err := w.page(w.base(i), pages, sessions)
		switch {
		case err != nil:
			h.log.Warn("there is no web page", "process_type", w.o.ProcessType, "error", err)
		case page != nil:
			showOpen(ctx, page, w.k.db, h)
			w.b.RecordTo(page)
			w.told.add(page)
			mux.Handle(w.base(i)+"/", page)
		}
	}
}

// base is the path that the page of bot number i is below.
func (w *work) base(i int) string {
	if i == 0 {
		return ""
	}
	return "/processes/" + w.o.ProcessType
}

// page makes the page; nil where no history is kept, of which it is made.
func (w *work) page(base string, others []dashboard.Link, sessions *dashboard.Sessions) (*dashboard.Dashboard, error) {
	if w.k.db == nil {
		w.h.log.Info("there is no web page without a history, only /metrics, /healthz and /readyz")
		return nil, nil
	}
	s, o := w.s, w.o
	return dashboard.New(dashboard.Options{
		App: o.App, ProcessType: o.ProcessType, Base: base, Others: others, Sessions: sessions, NoHeartbeat: !s.HasHeartbeat(), Version: version, Started: w.h.now, DryRun: o.DryRun, Interval: o.Interval,
		Schedule: s.Table, Zone: s.TimeZone.Location, Policy: o.Policy, Control: w.b.Control, State: w.b.State, History: w.k.db, Controls: w.b, Warnings: w.warnings,
		Servers:  serversOf(o.Scaler),
		Settings: inForce(s), Password: s.DashboardPassword.Reveal(), Token: s.AdminToken.Reveal(),
		Throttle: w.h.throttle,
		Secure:   os.Getenv("DYNO") != "", // Heroku's router speaks HTTPS
		Log:      w.h.log,
	})
}

const (
	// openFor is how long ago an incident that is open may have been told last, openEvents how many events are looked at.
	openFor    = 7 * 24 * time.Hour
	openEvents = 1000
)

// showOpen shows on the page the incidents that were open when the bot ended.
func showOpen(ctx context.Context, page *dashboard.Dashboard, db *history.DB, h host) {
	ctx, cancel := context.WithTimeout(ctx, openTime)
	defer cancel()
	events, err := db.Events(ctx, h.now.Add(-openFor), time.Time{}, openEvents)
	if err != nil {
		h.log.Info("incidents that were open before are shown on the page when they are told again", "error", err)
	}
	open := map[string]notify.Event{}
	for _, e := range events {
		switch {
		case e.Incident == "":
		case e.Phase == notify.Resolved:
			delete(open, e.Incident)
		default:
			open[e.Incident] = e
		}
	}
	for _, e := range open {
		_ = page.Notify(ctx, e) // which cannot fail
	}
}

// inForce lists the settings for the page.
func inForce(s *settings.Settings) []dashboard.Setting {
	var out []dashboard.Setting
	for _, in := range s.AllInForce() {
		source := "default"
		if in.From != "" {
			source = in.From
		}
		out = append(out, dashboard.Setting{
			Group: in.Group, Name: in.Name, Value: in.Value, Source: source, Meaning: strings.ReplaceAll(in.Meaning, "`", ""),
		})
	}
	return out
}

// guarded lets through whoever knows the token or the password, as a bearer token or by basic authentication. Where there is neither,
// only this machine can ask.
func guarded(s *settings.Settings, l *throttle.Limiter, next http.Handler) http.Handler {
	password, token := s.DashboardPassword.Reveal(), s.AdminToken.Reveal()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		given, ok := secretOf(r)
		in, wait := s.Open() || same(given, token), time.Duration(0) // the token is too long to be guessed
		if !in && ok {
			in, wait = l.Try(l.ClientOf(r), time.Now(), func() bool { return same(given, password) })
		}
		switch {
		case in:
			next.ServeHTTP(w, r)
		case wait > 0:
			throttle.RetryAfter(w.Header(), wait)
			http.Error(w, throttle.TooMany, http.StatusTooManyRequests)
		default:
			w.Header().Set("WWW-Authenticate", `Basic realm="autoscalebot"`)
			http.Error(w, "send ADMIN_TOKEN as a bearer token, or DASHBOARD_PASSWORD by basic authentication", http.StatusUnauthorized)
		}
	})
}

// secretOf is the bearer token of a request, or its password by basic authentication. ok is false where it carries neither.
func secretOf(r *http.Request) (given string, ok bool) {
	if token, is := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); is {
		return token, true
	}
	_, given, ok = r.BasicAuth()
	return given, ok
}

// sameHost answers only requests for a loopback address, or for the host of DASHBOARD_ADDR, where nobody has to sign in: somebody else's
// site may give a name of its own this machine's loopback address, and have a visitor's browser ask there. A request without a Host is
// not a browser's.
func sameHost(s *settings.Settings, next http.Handler) http.Handler {
	if !s.Open() || !dashboard.Loopback(s.ServeAddr()) {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Host != "" && !dashboard.LoopbackHost(r.Host) {
			http.Error(w, "without a password this is answered only at 127.0.0.1 or localhost", http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// same compares a secret in constant time, whatever its length. "" is no secret.
func same(given, want string) bool {
	g, w := sha256.Sum256([]byte(given)), sha256.Sum256([]byte(want))
	return subtle.ConstantTimeCompare(g[:], w[:]) == 1 && want != ""
}
