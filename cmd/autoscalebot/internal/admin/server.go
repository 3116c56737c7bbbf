package admin

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/bot/history"
	"github.com/autoscalebot/autoscalebot/bot/pool"
	"github.com/autoscalebot/autoscalebot/bot/throttle"
)

const (
	maxBody     = 4 << 10         // bytes; the longest valid request has fewer than a hundred
	requestTime = 5 * time.Second // from the first byte of a request to the last byte of its answer
	mostConns   = 64
	goodbye     = time.Second // for requests in progress when the bot ends, part of its 10 s
)

const socketUser = "the socket's user"

// Options configure a Server. All fields except History, Zone, Token, Pool, Reload, LastReload, Warnings, Throttle
// and Log are required.
type Options struct {
	Bot    *bot.Bot
	Ledger *Ledger
	// History has the records of earlier times; nil means that only those of the ledger are known.
	History *history.DB
	// Zone returns the time zone of the schedule, and of the times in requests; nil is UTC.
	Zone func() *time.Location
	// Pool returns the state of the servers; nil if the platform is not a pool.
	Pool func() pool.Status
	// Reload reads the settings again; nil if the bot cannot. LastReload returns the last result, nil before the first.
	Reload     func(who string) (Reload, error)
	LastReload func() *Reload
	// Warnings returns sentences for [Status.Warnings]; nil for none.
	Warnings func() []string
	// Started is the start of the bot. Version is its version.
	Started time.Time
	Version string
	// Token is the bearer token that requests over TCP must carry; "" refuses them all.
	Token string
	// Throttle limits wrong tokens, together with those at the bot's other ports; nil for a limiter of the server's
	// own.
	Throttle *throttle.Limiter
	// Log receives warnings and errors; nil discards them.
	Log *slog.Logger
}

// A Server answers requests about the bot, and passes changes on to it.
type Server struct {
	o      Options
	routes map[string]map[string]handler // by path and method
}

type handler func(who string, r *http.Request) (any, error) // the error is a refusal

// New returns a server. [Server.Serve] starts it.
func New(o Options) *Server {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Throttle == nil {
		o.Throttle = throttle.New(throttle.Options{Log: o.Log})
	}
	if o.Zone == nil {
		o.Zone = func() *time.Location { return time.UTC }
	}
	s := &Server{o: o}
	s.routes = map[string]map[string]handler{
		"/v1/status":   {http.MethodGet: s.status},
		"/v1/records":  {http.MethodGet: s.records},
		"/v1/pause":    {http.MethodPost: s.pause},
		"/v1/resume":   {http.MethodPost: s.resume},
		"/v1/scale":    {http.MethodPost: s.scale},
		"/v1/override": {http.MethodDelete: s.endOverride},
		"/v1/limits":   {http.MethodPost: s.limits, http.MethodDelete: s.endLimits},
		"/v1/reload":   {http.MethodPost: s.reload},
	}
	return s
}

// Serve answers on all listeners until ctx ends, then closes them and returns within 1 s. Each listener has its own
// limit of connections, so network clients cannot block the socket.
func (s *Server) Serve(ctx context.Context, listeners ...net.Listener) {
	var wg sync.WaitGroup
	servers := make([]*http.Server, len(listeners))
	for i, l := range listeners {
		most := min(mostConns, throttle.Descriptors()/8)
		perAddress := most / 2
		if l.Addr().Network() == "unix" {
			perAddress = most // all clients have the same address
		}
		conns, srv := throttle.NewConns(most, perAddress), s.server()
		srv.ConnState = conns.State
		servers[i] = srv
		wg.Go(func() {
			if err := srv.Serve(conns.Listener(l)); !errors.Is(err, http.ErrServerClosed) {
				s.o.Log.Error("autoscalebot status, pause and scale no longer work here: the listener failed", "at",
					l.Addr().String(), "error", err)
			}
		})
	}
	<-ctx.Done()
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), goodbye)
	defer cancel()
	for _, srv := range servers {
		wg.Go(func() {
			if srv.Shutdown(last) != nil {
				srv.Close()
			}
		})
	}
	wg.Wait()
}

func (s *Server) server() *http.Server {
	return &http.Server{
		Handler: s, ReadTimeout: requestTime, WriteTimeout: requestTime, IdleTimeout: time.Minute,
		MaxHeaderBytes: 8 << 10,
		ConnContext: func(ctx context.Context, c net.Conn) context.Context {
			return context.WithValue(ctx, callerKey{}, callerOf(c))
		},
		ErrorLog: slog.NewLogLogger(s.o.Log.Handler(), slog.LevelDebug),
	}
}

type callerKey struct{}

type caller struct {
	who   string
	known bool // the operating system or the database has authenticated the caller
}

func callerOf(c net.Conn) caller {
	if u, ok := c.(*net.UnixConn); ok {
		who := socketUser
		if uid, known := peer(u); known {
			who = fmt.Sprintf("uid %d", uid)
		}
		return caller{who: who, known: true}
	}
	return caller{who: c.RemoteAddr().String()}
}

// ServeHTTP answers one request. A caller that neither the socket nor the database vouches for must send the token.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	from, _ := r.Context().Value(callerKey{}).(caller)
	if from.known {
		s.serve(from, w, r)
		return
	}
	s.o.Throttle.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.serve(from, w, r) }),
		problem{throttle.TooMany}).ServeHTTP(w, r)
}

func (s *Server) serve(from caller, w http.ResponseWriter, r *http.Request) {
	answer, err := s.answer(from, w, r)
	status := http.StatusOK
	if err != nil {
		no := refusal{status: http.StatusInternalServerError, text: err.Error()}
		errors.As(err, &no)
		status, answer = no.status, problem{no.text}
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(answer) // the client may have disconnected
}

func (s *Server) answer(from caller, w http.ResponseWriter, r *http.Request) (any, error) {
	if !from.known && !s.authorized(r) {
		s.o.Throttle.Refused(s.o.Throttle.ClientOf(r), time.Now(), "refused a request without the right ADMIN_TOKEN")
		w.Header().Set("WWW-Authenticate", "Bearer")
		return nil, refuse(http.StatusUnauthorized, "the token is missing or wrong. Send ADMIN_TOKEN as a bearer token")
	}
	methods, ok := s.routes[r.URL.Path]
	if !ok {
		return nil, refuse(http.StatusNotFound,
			"unknown path %q. docs/openapi.yaml lists the paths", r.URL.Path)
	}
	handle, ok := methods[r.Method]
	if !ok {
		allowed := strings.Join(slices.Sorted(maps.Keys(methods)), ", ")
		w.Header().Set("Allow", allowed)
		return nil, refuse(http.StatusMethodNotAllowed, "%s accepts only %s", r.URL.Path, allowed)
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	return handle(from.who, r)
}

// The comparison takes constant time for any length of the token.
func (s *Server) authorized(r *http.Request) bool {
	given, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	got, want := sha256.Sum256([]byte(given)), sha256.Sum256([]byte(s.o.Token))
	return subtle.ConstantTimeCompare(got[:], want[:]) == 1 && ok && s.o.Token != ""
}
