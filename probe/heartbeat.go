package probe

import (
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
)

const (
	// maxRedirects is how many redirects are followed: as many as Go's own client follows.
	maxRedirects = 10
	// maxBody is how many bytes of an answer's body are read. A heartbeat's answer is a word; what is longer is left unread.
	maxBody = 64 << 10
	// maxHeader is how many bytes of an answer's headers are accepted.
	maxHeader = 64 << 10
)

// HeartbeatOptions say what a [Heartbeat] asks for, and how.
type HeartbeatOptions struct {
	// URL is what is asked for: an absolute http or https URL, or a path that begins with "/" when Base is set. A user and
	// password in it are sent as basic authentication.
	URL string
	// Base gives the app's web URL, against which a path in URL is resolved. It is asked by Probe until it answers once.
	// Its error's text becomes part of a Reading, so it holds no secret. It may be nil when URL is absolute.
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
	// Measure is what the readings' Value is; "" means MeasureTotal. It decides nothing about the outcome of an answer that
	// is not 2xx or does not come.
	Measure Measure
	// KeepAlive uses a connection again when the last answer on it came whole. False opens a new one for each request:
	// one used again hides how the app's router picks a process, and what a new visitor waits for.
	KeepAlive bool
}

// A Heartbeat is a [Prober] that asks for a URL over HTTP, follows redirects, and measures the time to the first byte of
// the final answer's body, a part of it, or what the answer says itself (see [Measure]); an empty body counts at its end.
// It may be used by several goroutines at once.
//
// A probe has one of these outcomes:
//   - Answered: the status is 2xx, and the body, or its first 64 KiB, came in time.
//   - ServerError and ClientError: the status is 5xx or 4xx. The body is not read.
//   - Timeout: the time was over, in any phase.
//   - Unreachable: the host's name is unknown, the connection was refused, reset or closed, before the answer or in its
//     middle, or TLS failed. So is a failure of Base, however it failed, for it says nothing about the app. When the
//     caller's context is cancelled rather than past its deadline, the outcome is Unreachable as well and the Error is
//     "cancelled": such a reading says nothing, and is to be dropped.
//   - BadAnswer: what came is not HTTP or has more than 64 KiB of headers, its status is none of the above (a 304, say),
//     or it redirects to nowhere, to something other than http and https, or an eleventh time. So is a 2xx answer without a
//     proper X-Queue-Time-Ms when that is the Measure: a queue that is not known is not an empty one.
//
// No cookies are kept. Headers, token and password go to the host that was asked for only: not along with a redirect to
// another host, another port, or from https to http. A proxy is taken from the environment as by
// [http.ProxyFromEnvironment]; DNS and Connect are then those of the proxy.
type Heartbeat struct {
	method string
	plain  http.Header // what every request carries
	secret http.Header // plain, and what only the host that was asked for may see

	measure   Measure // "" for the total
	timeout   time.Duration
	keepAlive bool
	transport *http.Transport
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
	method := strings.ToUpper(o.Method)
	if method == "" {
		method = http.MethodGet
	}
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
	h := &Heartbeat{
		method: method, plain: plain, secret: secret, measure: measure, timeout: o.Timeout, keepAlive: o.KeepAlive,
		dial: new(net.Dialer).DialContext, base: o.Base, target: target,
	}
	h.transport = &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            h.dialContext,
		DisableKeepAlives:      !o.KeepAlive,
		DisableCompression:     true, // unpacking would count as the app's time
		ForceAttemptHTTP2:      true,
		IdleConnTimeout:        90 * time.Second, // as http.DefaultTransport has it
		MaxResponseHeaderBytes: maxHeader,
	}
	return h, nil
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
	header, err := h.visit(v, target, &r)
	r.Phases = v.end(h.keepAlive && err == nil)
	r.Value = ms(r.Phases.Total() + r.Phases.Transfer) // until it failed, if it did
	switch {
	case err != nil:
		r.Outcome, r.Error = v.explain(err)
	case r.Status < 200 || r.Status > 299:
		r.Outcome, r.Error = judge(r.Status)
	default:
		r.take(header)
	}
	return r
}

// take fills in the Outcome and the Value of a reading of a 2xx answer that came whole.
func (r *Reading) take(header http.Header) {
	value, err := r.Measure.measure(r.Phases, header)
	if err != nil {
		r.Outcome, r.Error = BadAnswer, err.Error()
		return
	}
	r.Outcome, r.Value = Answered, value
}

// visit asks target, follows its redirects, and reads the final answer as far as it matters. It fills in r's Status and
// Redirects, and returns the final answer's headers. An error says that no usable answer came.
func (h *Heartbeat) visit(v *visit, target *url.URL, r *Reading) (http.Header, error) {
	method, header := h.method, h.secret
	for {
		v.hop(target)
		req := (&http.Request{Method: method, URL: target, Header: header}).WithContext(v.ctx)
		resp, err := h.transport.RoundTrip(req)
		if err != nil {
			return nil, err
		}
		if !isRedirect(resp.StatusCode) {
			r.Status = resp.StatusCode
			return resp.Header, v.read(resp)
		}
		_ = resp.Body.Close() // what it says is of no use
		next, err := redirectTarget(resp)
		if err == nil && r.Redirects == maxRedirects {
			err = badAnswer(fmt.Sprintf("more than %d redirects", maxRedirects))
		}
		if err != nil {
			r.Status = resp.StatusCode
			return nil, err
		}
		r.Redirects++
		if resp.StatusCode <= http.StatusSeeOther && method != http.MethodHead {
			method = http.MethodGet // 301, 302 and 303, as every browser does it
		}
		if !mayKnow(target, next) {
			header = h.plain // for good: a redirect back doesn't make the way there safe
		}
		target = next
	}
}

// read reads the body of a 2xx answer, and closes that of any.
func (v *visit) read(resp *http.Response) error {
	defer resp.Body.Close()
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return nil
	}
	var first [1]byte
	n, err := io.ReadFull(resp.Body, first[:])
	if err == nil {
		v.enter(transfer)
		_, err = io.CopyN(io.Discard, resp.Body, maxBody-int64(n))
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return brokenOff{err}
	}
	return nil
}
