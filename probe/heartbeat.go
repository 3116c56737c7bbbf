package probe

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/http2"
)

const (
	maxRedirects = 10 // as in Go's own client
	// in bytes; a heartbeat's answer is short, and the rest of a longer one is not read
	maxBody   = 64 << 10
	maxHeader = 64 << 10 // bytes
)

// HeartbeatOptions configure a [Heartbeat].
type HeartbeatOptions struct {
	// URL is the page to request: an absolute http or https URL, or, if Base is set, a path that begins with "/". A
	// user and password in it are sent as basic authentication.
	URL string
	// Base returns the app's web URL, to which a path in URL is relative. Probe calls it until it succeeds once. The
	// text of its error ends up in a Reading, so it must hold no secret. It may be nil if URL is absolute.
	Base func(ctx context.Context) (string, error)
	// Method is GET, HEAD, POST or OPTIONS; "" means GET.
	Method string
	// Header is sent in addition, and replaces the prober's own User-Agent, Accept-Encoding and Cache-Control.
	Header http.Header
	// Token, if set, is sent as "Authorization: Bearer Token".
	Token string
	// Timeout bounds a whole probe, redirects and body included; it must be above 0. Base is called before that time
	// begins, and has the same time again.
	Timeout time.Duration
	// UserAgent is sent as User-Agent; "" means "autoscalebot".
	UserAgent string
	// Host is the name to request from the URL's host, with a port unless it is the scheme's default. It is sent as the
	// Host header and as SNI, and the certificate must be valid for it. The connection still goes to the URL's host,
	// also after a redirect to Host. "" means the URL's host.
	Host string
	// ClientCertFile and ClientKeyFile are a client certificate and its key, in PEM. Set both or neither. They are read
	// again when they change. Only the requested host receives the certificate.
	ClientCertFile, ClientKeyFile string
	// AllProxy is the URL of the proxy for a scheme that neither HTTP_PROXY nor HTTPS_PROXY covers, as in ALL_PROXY; ""
	// means no proxy.
	AllProxy string
	// Redirects are the redirects to follow; "" means RedirectsSameHost.
	Redirects Redirects
	// Statuses are the accepted statuses. None of them is treated as a redirect. Empty means 200 to 299.
	Statuses Statuses
	// FailOn are statuses that always indicate load. They must not overlap with Statuses.
	FailOn Statuses
	// Keyword, if set, must appear in the first 64 KiB of the answer; case matters. Answers compressed with gzip or
	// deflate are unpacked first.
	Keyword string
	// Measure is what Value measures; "" means MeasureTotal. It does not affect the outcome of a missing or rejected
	// answer.
	Measure Measure
	// KeepAlive reuses a connection if the last answer on it came whole. Otherwise each request opens a new one: a
	// reused connection hides how the app's router picks a process, and what a new visitor waits for.
	KeepAlive bool
}

// A Heartbeat is a [Prober] that requests a URL over HTTP, follows redirects, and measures the time to the first byte
// of the final answer's body, a part of that time, or what the answer reports (see [Measure]). An empty body counts at
// its end. It is safe for concurrent use.
//
// A probe has one of these outcomes:
//   - Answered: the status is accepted, and the body, or its first 64 KiB, came in time and contains the keyword.
//   - Overloaded: the status is in FailOn.
//   - ServerError, ClientError: the status is 5xx or 4xx. The body is not read. The 5xx that load does not cause are
//     BadAnswer: 501, 505 to 511, 520 to 523, 525 to 527, 530 and 561.
//   - Timeout, ConnectTimeout: the time ran out after or before the app received the request.
//   - Unreachable: the host's name is unknown, TLS failed, or the connection was refused, reset or closed at any byte.
//     A name server or a proxy did not answer in time, or took most of the total time and more than a second. Base
//     failed. If the caller cancels ctx, the Error is "canceled"; drop such a reading.
//   - BadAnswer: the answer is not HTTP, has more than 64 KiB of headers or another status (such as 304), lacks the
//     keyword, or redirects to nowhere, to a scheme other than http and https, or an eleventh time. With
//     RedirectsSameHost, also a redirect to another host, or one that ends at what looks like an error page or a login
//     page, by its address or by a query that names the requested page. With MeasureQueue, also an answer without a
//     valid X-Queue-Time-Ms: an unknown queue is not an empty one.
//
// Cookies set by redirects are kept until the probe ends. Headers, token and password go only to the requested host,
// with or without www., never to another port, and never from https to http. The proxy comes from the environment as
// with [http.ProxyFromEnvironment], or else from AllProxy; DNS and Connect are then the proxy's.
type Heartbeat struct {
	method  string
	plain   http.Header // sent with every request
	secret  http.Header // plain, and what only the requested host may see
	secrets []string

	alias     *alias   // nil without HeartbeatOptions.Host
	keyPair   *keyPair // nil without a client certificate
	askers    sync.Map // places that asked for a client certificate
	redirects Redirects
	expect    expectation
	failOn    Statuses

	measure   Measure // "" for the total
	timeout   time.Duration
	transport *http.Transport
	idle      idle
	proxies   func(*url.URL) *url.URL
	dial      func(ctx context.Context, network, addr string) (net.Conn, error) // replaced by tests

	base   func(ctx context.Context) (string, error)
	mu     sync.Mutex
	target *url.URL // relative until base has answered
}

// NewHeartbeat returns a Heartbeat, or an error that says what is wrong with the options and holds no secret. It makes
// no request.
func NewHeartbeat(o HeartbeatOptions) (*Heartbeat, error) {
	target, err := parseTarget(o.URL, o.Base != nil)
	if err != nil {
		return nil, err
	}
	method := cmp.Or(strings.ToUpper(o.Method), http.MethodGet)
	if !slices.Contains([]string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodOptions}, method) {
		return nil, fmt.Errorf("invalid heartbeat method %q: must be GET, HEAD, POST or OPTIONS", o.Method)
	}
	if o.Timeout <= 0 {
		return nil, fmt.Errorf("heartbeat timeout is %v: must be more than 0", o.Timeout)
	}
	measure, err := checkMeasure(o.Measure)
	if err != nil {
		return nil, err
	}
	plain, secret, err := requestHeaders(o, target.User)
	if err != nil {
		return nil, err
	}
	redirects, err := checkRedirects(o.Redirects)
	if err != nil {
		return nil, err
	}
	expect, err := checkExpectation(o, method)
	if err != nil {
		return nil, err
	}
	proxies, err := proxies(o.AllProxy)
	if err != nil {
		return nil, err
	}
	h := &Heartbeat{
		method: method, plain: plain, secret: secret, measure: measure, timeout: o.Timeout,
		dial: newDialer(o.KeepAlive).dialContext, base: o.Base, target: target,
		secrets: secretTexts(o, target), redirects: redirects, expect: expect, failOn: o.FailOn,
	}
	if err := h.setAlias(o.Host); err != nil {
		return nil, err
	}
	if h.keyPair, err = openKeyPair(o.ClientCertFile, o.ClientKeyFile); err != nil {
		return nil, err
	}
	if o.KeepAlive {
		h.idle.most = mostIdle
	}
	h.transport = &http.Transport{
		OnProxyConnectResponse: tunnelled,
		DialContext:            h.dialContext,
		TLSClientConfig:        h.tlsConfig(),
		DisableKeepAlives:      !o.KeepAlive,
		DisableCompression:     true, // unpacking would count as the app's time
		MaxResponseHeaderBytes: maxHeader,
	}
	h.goBy(proxies)
	return h, speakHTTP2(h.transport)
}

// The HTTP/2 client of net/http in Go 1.26 deadlocks if a server overflows a stream's window.
func speakHTTP2(t *http.Transport) error {
	//lint:ignore SA1019 Go 1.27 moves it into net/http
	return http2.ConfigureTransport(t)
}

// CloseIdleConnections closes the connections that KeepAlive keeps. A later request opens another.
func (h *Heartbeat) CloseIdleConnections() { h.transport.CloseIdleConnections() }

// Probe makes one request and returns its result. It returns no later than the timeout or the end of ctx.
func (h *Heartbeat) Probe(ctx context.Context) Reading {
	r := Reading{Signal: HeartbeatSignal, Time: time.Now(), Unit: "ms", Measure: h.measure}
	target, err := h.resolve(ctx)
	if err != nil {
		r.Value = ms(time.Since(r.Time))
		r.Outcome, r.Error = Unreachable, err.Error()
		if ctx.Err() == context.Canceled {
			r.Error = "canceled"
		}
		return r
	}
	v := newVisit(ctx, h.timeout)
	t := h.trail(target)
	header, err := h.visit(v, t, &r)
	if err == nil {
		h.idle.keep(v.release())
	}
	r.Phases = v.end()
	r.Value = ms(r.Phases.Total() + r.Phases.Transfer) // of a failed one: until it failed
	if r.Redirects > 0 {
		r.URL = h.shown(t.target)
	}
	switch {
	case err != nil:
		f := h.explain(v, err)
		r.Outcome, r.Error, r.Hint = f.outcome, f.text, f.hint
	case !h.expect.statuses.Has(r.Status) && v.answeredByProxy(r.Status, header):
		f := v.explainForwarded(r.Status)
		r.Outcome, r.Error, r.Hint = f.outcome, f.text, f.hint
	case !h.expect.statuses.Has(r.Status):
		r.Hint = h.statusHint(v, r.Status, t.known)
		h.judge(&r)
	default:
		err = r.take(header)
		if f, ok := v.detained(); ok && h.measure == "" {
			r.Outcome, r.Error, r.Hint = f.outcome, f.text, f.hint
		}
	}
	var hint hinted
	if errors.As(err, &hint) && r.Outcome == BadAnswer {
		r.Hint = hint.hint
	}
	return r
}

func (r *Reading) take(header http.Header) error {
	value, err := r.Measure.measure(r.Phases, header)
	if err != nil {
		r.Outcome, r.Error = BadAnswer, err.Error()
		return hinted{err, "See examples/heartbeat for how an app reports its queue time, or unset " +
			"HEARTBEAT_MEASURE."}
	}
	r.Outcome, r.Value = Answered, value
	return nil
}

// It also sets r's Status and Redirects.
func (h *Heartbeat) visit(v *visit, t *trail, r *Reading) (http.Header, error) {
	for {
		to := t.route()
		v.hop(t, to)
		ctx := v.ctx
		if v.secure() {
			ctx = v.watched()
		}
		req := (&http.Request{Method: t.method, URL: to.url, Host: to.host, Header: t.header()}).WithContext(ctx)
		resp, err := h.send(v, req)
		if err != nil {
			return nil, err
		}
		if h.expect.statuses.Has(resp.StatusCode) || !isRedirect(resp.StatusCode) {
			r.Status = resp.StatusCode
			return resp.Header, h.read(v, t, resp)
		}
		_ = resp.Body.Close()
		if err := t.follow(resp, r.Redirects); err != nil {
			r.Status = resp.StatusCode
			return nil, err
		}
		r.Redirects++
	}
}

// It always closes the body.
func (h *Heartbeat) read(v *visit, t *trail, resp *http.Response) error {
	defer resp.Body.Close()
	if !h.expect.statuses.Has(resp.StatusCode) {
		return nil
	}
	var kept bytes.Buffer
	body := io.Discard
	if h.expect.keyword != "" {
		body = &kept
	}
	n, err := io.CopyN(body, resp.Body, 1)
	if err == nil {
		v.enter(transfer)
		_, err = io.CopyN(body, resp.Body, maxBody-n)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return brokenOff{err}
	}
	if err := t.ended(); err != nil {
		return err
	}
	return h.expect.look(resp.Header, kept.Bytes())
}
