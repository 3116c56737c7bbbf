// Package prometheus reads a number with an instant PromQL query from Prometheus, or from a server with the same API
// (Thanos, Mimir, VictoriaMetrics, Grafana Cloud).
//
//	p, err := prometheus.New(prometheus.Options{
//		URL:     "https://bot:password@prometheus.example.com",
//		Query:   `sum(rate(http_requests_total{app="shop"}[1m]))`,
//		Unit:    "requests/s",
//		Timeout: 5 * time.Second,
//	})
//	if err != nil {
//		return err
//	}
//	r := p.Probe(ctx)
package prometheus

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/autoscalebot/autoscalebot/probe"
	"github.com/autoscalebot/autoscalebot/probe/internal/failure"
	"github.com/autoscalebot/autoscalebot/probe/internal/web"
)

// in bytes: the query becomes part of a URL, and servers accept URLs up to 8 KiB
const maxQuery = 6 << 10

// Options configure a [Prober].
type Options struct {
	// Name is the Signal of the readings; "" means "prometheus".
	Name string
	// URL is the server's, with the path before /api/v1 if any: http://localhost:9090,
	// https://mimir.example.com/prometheus. A user and password in it are sent as basic authentication. Redirects are
	// not followed.
	URL string
	// Query is a PromQL expression for a scalar or an instant vector, at most 6 KiB long.
	Query string
	// Combine makes one value of several series; "" rejects several series.
	Combine Combine
	// Unit is the Unit of the readings; it may be "".
	Unit string
	// Header is sent in addition, and replaces the prober's own headers: X-Scope-OrgID for Mimir's tenant, for example.
	Header http.Header
	// Token, if set, is sent as "Authorization: Bearer Token".
	Token string
	// Timeout bounds a whole probe; it must be above 0. It is also sent to the server.
	Timeout time.Duration
	// UserAgent is sent as User-Agent; "" means "autoscalebot".
	UserAgent string
}

// A Prober is a [probe.Prober] that asks Prometheus for the present value of a query. It is safe for concurrent use.
//
// A reading is a BadAnswer if the query finds no series (none was scraped within the server's look-back, or the last
// samples are marked as stale), several without Combine, one that is NaN, infinite or a histogram, or gives a matrix or
// a string; if the answer is not Prometheus's, longer than 1 MiB or a redirect; and if it says that it is incomplete,
// by isPartial or by a warning other than PromQL's annotations. A query that the server rejects is a ClientError, with
// the server's words. The other outcomes are those of a [probe.Heartbeat]. Value is 0 unless the outcome is Answered.
//
// The server's look-back is 5 minutes by default, so a sample up to 5 minutes old is still found when a target hangs.
// To reject samples older than a minute, for example, write x and time() - timestamp(x) < 60.
type Prober struct {
	name, unit string
	url        *url.URL
	combine    Combine
	client     *web.Client
	timeout    time.Duration
	secrets    []string
}

// New returns a Prober, or all that is wrong with the options, without a secret. It makes no request, so the query
// itself is not checked.
func New(o Options) (*Prober, error) {
	u, badURL := web.ParseURL(o.URL, "https://prometheus.example.com")
	p := &Prober{name: cmp.Or(o.Name, "prometheus"), unit: o.Unit, combine: o.Combine, secrets: o.secrets(u)}
	header, badHeader := web.Headers(u, o.Token, o.Header, o.UserAgent) // removes the user from u
	p.secrets = append(p.secrets, strings.TrimPrefix(header.Get("Authorization"), "Basic "))
	if err := errors.Join(badURL, badHeader, o.check()); err != nil {
		return nil, fmt.Errorf("prometheus signal: %w", err)
	}
	p.url = o.question(u)
	p.client, p.timeout = web.NewClient(header, false), o.Timeout
	return p, nil
}

func (o Options) question(u *url.URL) *url.URL {
	u.Path = cmp.Or(u.Path, "/")
	u = u.JoinPath("api/v1/query")
	q := u.Query()
	q.Set("query", o.Query)
	// for Thanos, which otherwise omits stores that do not answer; other servers ignore it
	q.Set("partial_response", "false")
	q.Set("timeout", strconv.FormatFloat(o.Timeout.Seconds(), 'f', 3, 64))
	u.RawQuery = q.Encode()
	return u
}

func (o Options) secrets(u *url.URL) []string {
	all := []string{o.Token}
	if u != nil {
		password, _ := u.User.Password()
		all = append(all, password)
		for _, values := range u.Query() {
			all = append(all, values...)
		}
	}
	for _, values := range o.Header {
		all = append(all, values...)
	}
	return all
}

func (o Options) check() error {
	var wrong []error
	switch {
	case strings.TrimSpace(o.Query) == "":
		wrong = append(wrong, errors.New(`the query is empty: use a PromQL expression such as sum(rate(http_requests_total{app="shop"}[1m]))`))
	case len(o.Query) > maxQuery:
		wrong = append(wrong, fmt.Errorf("the query has %d bytes: the maximum is %d, use a recording rule",
			len(o.Query), maxQuery))
	}
	if o.Combine != "" && o.Combine != Sum && o.Combine != Mean && o.Combine != Max {
		wrong = append(wrong, fmt.Errorf("combine is %q: must be sum, mean, max or not set", string(o.Combine)))
	}
	if o.Timeout <= 0 {
		wrong = append(wrong, fmt.Errorf("the timeout is %v: must be more than 0", o.Timeout))
	}
	return errors.Join(wrong...)
}

// Probe makes one request and returns its result. It returns no later than the timeout or the end of parent.
func (p *Prober) Probe(parent context.Context) probe.Reading {
	ctx, cancel := context.WithTimeout(parent, p.timeout)
	defer cancel()
	r := probe.Reading{Signal: p.name, Time: time.Now(), Unit: p.unit, Outcome: probe.Answered}
	status, body, err := p.client.Get(parent, ctx, p.url)
	r.Status = status
	if err == nil {
		r.Value, err = p.read(body)
	} else {
		err = p.withReason(err, body)
	}
	failure.Note(&r, err)
	return r
}
