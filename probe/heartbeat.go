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
	maxRedirects = 10 // as many as Go's own client follows
	// bytes: A heartbeat's answer is a word; what is longer is left unread.
	maxBody   = 64 << 10
	maxHeader = 64 << 10 // bytes
)

// HeartbeatOptions say what a [Heartbeat] asks for, and how.
type HeartbeatOptions struct {
	// URL is what is asked for: an absolute http or https URL, or a path that begins with "/" when Base is set. A user
	// and password in it are sent as basic authentication.
	URL string
	// Base gives the app's web URL, against which a path in URL is resolved. It is asked by Probe until it answers
	// once. Its error's text becomes part of a Reading, so it holds no secret. It may be nil when URL is absolute.
	Base func(ctx context.Context) (string, error)
	// Method is GET, HEAD, POST or OPTIONS; "" means GET.
	Method string
	// Header is sent in addition, and replaces the prober's own User-Agent, Accept-Encoding and Cache-Control.
	Header http.Header
	// Token, unless empty, is sent as "Authorization: Bearer Token".
	Token string
	// Timeout bounds a probe as a whole, redirects and body included; it is above 0. Base is asked before that time
	// begins, and has as long again.
	Timeout time.Duration
	// UserAgent is sent as User-Agent; "" means "autoscalebot".
	UserAgent string
	// Host is the name by which the URL's host is asked for, with a port where it is not the usual one: that of the
	// Host header, and of the certificate (SNI). The connection goes to the URL's host, also where a redirect leads to
	// Host. "" means the URL's.
	Host string
	// ClientCertFile and ClientKeyFile are a certificate and its key, in PEM, for servers that ask for one; both are
	// needed, or neither. They are read again when they change. Only the host that was asked for gets it.
	ClientCertFile, ClientKeyFile string
	// AllProxy is the URL of the proxy where neither HTTP_PROXY nor HTTPS_PROXY names one for the scheme, as in
	// ALL_PROXY; "" means none.
	AllProxy string
	// Redirects say which redirects are followed; "" means RedirectsSameHost.
	Redirects Redirects
	// Statuses are those of an answer that is accepted, and then never a redirect; none means 200 to 299.
	Statuses Statuses
	// FailOn are statuses that tell of load whatever they mean otherwise; none of them may be accepted.
	FailOn Statuses
	// Keyword, unless empty, must stand in the first 64 KiB of the answer, in upper and lower case as it does here. An
	// answer that is compressed by gzip or deflate is unpacked for it.
	Keyword string
	// Measure is what the readings' Value is; "" means MeasureTotal. It decides nothing about the outcome of an answer
	// that is not 2xx or does not come.
	Measure Measure
	// KeepAlive uses a connection again when the last answer on it came whole. False opens a new one for each request:
	// one used again hides how the app's router picks a process, and what a new visitor waits for.
	KeepAlive bool
}

// A Heartbeat is a [Prober] that asks for a URL over HTTP, follows redirects, and measures the time to the first byte
// of the final answer's body, a part of it, or what the answer says itself (see [Measure]); an empty body counts at its
// end. It may be used by several goroutines at once.
//
// A probe has one of these outcomes:
//   - Answered: the status is accepted, and the body, or its first 64 KiB, came in time and has the keyword.
//   - Overloaded: the status is one of FailOn.
//   - ServerError and ClientError: the status is 5xx or 4xx. The body is not read. The 5xx that say nothing about load
//     are BadAnswer: 501, 505 to 511, 520 to 523, 525 to 527, 530 and 561.
//   - Timeout: the time was over, in any phase.
//   - Unreachable: a name server or a proxy had most of the total time, and more than a second of it; the host's name
//     is unknown, the connection was refused, reset or closed, before the answer or in its middle, or TLS failed. So is
//     a failure of Base, however it failed, for it says nothing about the app. When the caller's context is cancelled
//     rather than past its deadline, the outcome is Unreachable as well and the Error is "cancelled": such a reading
//     says nothing, and is to be dropped.
//   - BadAnswer: what came is not HTTP or has more than 64 KiB of headers, its status is none of the above (a 304,
//     say), it has no keyword, or it redirects to nowhere, to something other than http and https, or an eleventh time.
//     By RedirectsSameHost, so does one that redirects to another host, or ends at what looks like a login page (by its
//     path, or by a query that names the page that was asked for) or an error page. So is an accepted answer without a
//     proper X-Queue-Time-Ms when that is the Measure: a queue that is not known is not an empty one.
//
// Cookies that redirects set are kept until the probe ends. Headers, token and password go to the host that was asked
// for only, with or without www.: not along with a redirect to another host, another port, or from https to http. A
// proxy is taken from the environment as by [http.ProxyFromEnvironment], else from AllProxy; DNS and Connect are then
// those of the proxy.
type Heartbeat struct {
	method  string
	plain   http.Header // what every request carries
	secret  http.Header // plain, and what only the host that was asked for may see
	secrets []string

	alias     *alias   // nil where the URL's host goes by its own name
	keyPair   *keyPair // nil for none
	askers    sync.Map // the places that asked for a client certificate
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

// NewHeartbeat returns a Heartbeat, or says what is wrong with the options. Its errors hold no secret. It asks nobody.
func NewHeartbeat(o HeartbeatOptions) (*Heartbeat, error) {
	target, err := parseTarget(o.URL, o.Base != nil)
	if err != nil {
		return nil, err
	}
	method := cmp.Or(strings.ToUpper(o.Method), http.MethodGet)
	if !slices.Contains([]string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodOptions}, method) {
		return nil, fmt.Errorf("heartbeat method %q is not one of GET, HEAD, POST and OPTIONS", o.Method)
	}
	if o.Timeout <= 0 {
		return nil, fmt.Errorf("heartbeat timeout is %v, and must be more than 0", o.Timeout)
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

// That of net/http in Go 1.26 waits for ever, for itself, where a server overflows the window of a stream.
func speakHTTP2(t *http.Transport) error {
	//lint:ignore SA1019 until Go 1.27, in which it is the one of net/http
	return http2.ConfigureTransport(t)
}

// Probe asks once and says what came of it. It returns when the timeout is over or ctx ends at the latest.
func (h *Heartbeat) Probe(ctx context.Context) Reading {
	r := Reading{Signal: HeartbeatSignal, Time: time.Now(), Unit: "ms", Measure: h.measure}
	target, err := h.resolve(ctx)
	if err != nil {
		r.Value = ms(time.Since(r.Time))
		r.Outcome, r.Error = Unreachable, err.Error()
		if ctx.Err() == context.Canceled {
			r.Error = "cancelled"
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
	r.Value = ms(r.Phases.Total() + r.Phases.Transfer) // until it failed, if it did
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

// An error says why an answer that was accepted, and came whole, is no reading.
func (r *Reading) take(header http.Header) error {
	value, err := r.Measure.measure(r.Phases, header)
	if err != nil {
		r.Outcome, r.Error = BadAnswer, err.Error()
		return hinted{err, "see examples/heartbeat for how an app reports its queue time, or leave " +
			"HEARTBEAT_MEASURE out"}
	}
	r.Outcome, r.Value = Answered, value
	return nil
}

// It fills in r's Status and Redirects, and returns the final answer's headers.
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
		_ = resp.Body.Close() // what it says is of no use
		if err := t.follow(resp, r.Redirects); err != nil {
			r.Status = resp.StatusCode
			return nil, err
		}
		r.Redirects++
	}
}

// It closes the body of any answer.
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
