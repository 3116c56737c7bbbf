package admin_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httputil"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"
	"go.uber.org/goleak"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/bot/history"
	"github.com/autoscalebot/autoscalebot/bot/logtest"
	"github.com/autoscalebot/autoscalebot/bot/record"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/admin"
	"github.com/autoscalebot/autoscalebot/probe"
	"github.com/autoscalebot/autoscalebot/schedule"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const token = "t0ken-0123456789abcdef"

// A world is a real bot with an admin server on a real socket and port. All requests and responses are validated against
// docs/openapi.yaml.
type world struct {
	*bot.Bot
	platform     *platform
	prober       *prober
	ledger       *admin.Ledger
	log          *logtest.Buffer
	client       admin.Client
	last         *admin.Reload
	wrong        error // of a reload
	socket, addr string
}

// Its hours differ from those of UTC by 45 minutes.
var kathmandu = time.FixedZone("Asia/Kathmandu", 5*3600+45*60)

func (w *world) reload(who string) (admin.Reload, error) {
	return admin.Reload{Time: time.Now(), By: who, Changed: []string{"MAX_DYNOS 5 → 10"}, Notes: []string{"MIN_DYNOS is set in the environment"}}, w.wrong
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func open(t *testing.T, change func(*bot.Options)) *world {
	t.Helper()
	return openKeeping(t, nil, change)
}

func openKeeping(t *testing.T, db *history.DB, change func(*bot.Options)) *world {
	t.Helper()
	w := &world{platform: &platform{n: 2}, prober: &prober{ms: 500}, log: &logtest.Buffer{}}
	log := slog.New(slog.NewTextHandler(w.log, nil))
	o := bot.Options{
		App: "dancing-forest", ProcessType: "web", Interval: time.Minute, Probers: []probe.Prober{w.prober},
		Schedule: always{Min: 1, Max: 5}, Scaler: w.platform, Log: log,
		Policy: decide.Policy{
			HeartbeatRule: decide.HeartbeatRule{MaxResponseMS: 1000, MinResponseMS: 200, Fails: decide.Quorum{N: 3, M: 3}, Passes: decide.Quorum{N: 5, M: 5}},
			Up:            decide.Step{Dynos: 1}, Down: decide.Step{Dynos: 1},
			Safeguards: decide.Safeguards{CooldownUp: time.Hour, ManualHold: 10 * time.Minute},
		},
	}
	if change != nil {
		change(&o)
	}
	w.ledger = admin.NewLedger()
	o.Recorders = []record.Recorder{w.ledger}
	w.Bot = bot.New(o)
	s := admin.New(admin.Options{Bot: w.Bot, Ledger: w.ledger, Reload: w.reload, LastReload: func() *admin.Reload { return w.last }, History: db, Zone: func() *time.Location { return kathmandu }, Started: time.Now(), Version: "1.2.3", Token: token, Log: log})

	dir := folder(t)
	w.socket = filepath.Join(dir, "bot.sock")
	unix, err := admin.ListenSocket(w.socket)
	must(t, err)
	tcp, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	w.addr = tcp.Addr().String()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		s.Serve(ctx, unix, tcp)
		close(done)
	}()
	t.Cleanup(func() {
		cancel()
		<-done
	})
	w.client = admin.Client{Socket: checkpoint(t, filepath.Join(dir, "checked.sock"), w.socket)}
	return w
}

func folder(t *testing.T) string {
	dir, err := os.MkdirTemp("", "asb")
	must(t, err)
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// An empty addr is the socket.
func (w *world) ask(t *testing.T, addr, method, path, body string, header http.Header) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, "http://bot"+path, strings.NewReader(body))
	must(t, err)
	req.Header = header.Clone()
	if req.Header == nil {
		req.Header = http.Header{}
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := (&documented{t, router(t), dialer(w.socket, addr)}).RoundTrip(req)
	must(t, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	must(t, err)
	return resp, string(text)
}

func dialer(socket, addr string) *http.Transport {
	return &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		if addr != "" {
			return (&net.Dialer{}).DialContext(ctx, "tcp", addr)
		}
		return (&net.Dialer{}).DialContext(ctx, "unix", socket)
	}}
}

func checkpoint(t *testing.T, path, to string) string {
	serve(t, path, &httputil.ReverseProxy{
		Rewrite:   func(r *httputil.ProxyRequest) { r.Out.URL.Scheme, r.Out.URL.Host = "http", "bot" },
		Transport: &documented{t, router(t), dialer(to, "")},
	})
	return path
}

func serve(t *testing.T, path string, handler http.Handler) {
	t.Helper()
	l, err := admin.ListenSocket(path)
	must(t, err)
	srv := &http.Server{Handler: handler}
	done := make(chan struct{})
	go func() {
		_ = srv.Serve(l)
		close(done)
	}()
	t.Cleanup(func() {
		srv.Close()
		<-done
	})
}

func router(t *testing.T) routers.Router {
	t.Helper()
	r, err := readRouter()
	must(t, err)
	return r
}

var readRouter = sync.OnceValues(func() (routers.Router, error) {
	doc, err := openapi3.NewLoader().LoadFromFile("../../../../docs/openapi.yaml")
	if err != nil {
		return nil, err
	}
	if err := doc.Validate(context.Background()); err != nil {
		return nil, err
	}
	doc.Servers = nil // accept any host
	return legacy.NewRouter(doc)
})

type documented struct {
	t      *testing.T
	router routers.Router
	inner  http.RoundTripper
}

func (d *documented) RoundTrip(req *http.Request) (*http.Response, error) {
	var body []byte
	if req.Body != nil {
		body, _ = io.ReadAll(req.Body)
	}
	req.Body = io.NopCloser(bytes.NewReader(body))
	resp, err := d.inner.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	answer, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	if err != nil {
		return nil, err
	}
	resp.Body = io.NopCloser(bytes.NewReader(answer))
	at := req.Clone(req.Context())
	at.Body = io.NopCloser(bytes.NewReader(body))
	route, params, err := d.router.FindRoute(at)
	if err != nil {
		if resp.StatusCode != http.StatusNotFound && resp.StatusCode != http.StatusMethodNotAllowed && resp.StatusCode != http.StatusUnauthorized {
			d.t.Errorf("%s %s is not documented, and was answered with %s", req.Method, req.URL.Path, resp.Status)
		}
		return resp, nil
	}
	in := &openapi3filter.RequestValidationInput{
		Request: at, PathParams: params, Route: route,
		Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, IncludeResponseStatus: true},
	}
	if err := openapi3filter.ValidateRequest(req.Context(), in); err != nil && resp.StatusCode == http.StatusOK {
		d.t.Errorf("%s %s %s was followed, against the document: %v", req.Method, req.URL, body, err)
	}
	out := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: in, Status: resp.StatusCode, Header: resp.Header,
		Body: io.NopCloser(bytes.NewReader(answer)), Options: in.Options,
	}
	if err := openapi3filter.ValidateResponse(req.Context(), out); err != nil {
		d.t.Errorf("the answer to %s %s is not as documented: %v\n%s", req.Method, req.URL, err, answer)
	}
	return resp, nil
}

type always schedule.Limits

func (a always) At(time.Time) schedule.Limits { return schedule.Limits(a) }

func (a always) Rows(time.Time) (minRow, maxRow string) { return "", "" }

type platform struct {
	mu  sync.Mutex
	n   int
	err error // of reading the number; set before the first tick
}

func (p *platform) Size(context.Context) (int, bool, error) { return p.dynos(), true, p.err }

func (p *platform) Resize(_ context.Context, n int) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.n = n
	return nil
}

func (p *platform) dynos() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.n
}

type prober struct{ ms float64 }

func (p *prober) Probe(context.Context) probe.Reading {
	return probe.Reading{
		Signal: "heartbeat", Time: time.Now(), Value: p.ms, Unit: "ms", Outcome: probe.Answered, Status: 200,
		Phases: probe.Phases{Processing: time.Duration(p.ms) * time.Millisecond},
	}
}
