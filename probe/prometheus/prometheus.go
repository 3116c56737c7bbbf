// Package prometheus reads a number from Prometheus, or from what answers like it (Thanos, Mimir, VictoriaMetrics,
// Grafana Cloud), by an instant PromQL query.
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

// bytes: it goes into a URL, which servers accept up to 8 KiB
const maxQuery = 6 << 10

// Options say what a [Prober] asks for.
type Options struct {
	// Name is the Signal of the readings; "" means "prometheus".
	Name string
	// URL is the server's, with the path in front of /api/v1 if there is any: http://localhost:9090,
	// https://mimir.example.com/prometheus. A user and password in it are sent as basic authentication. Redirects are
	// not followed.
	URL string
	// Query is a PromQL expression whose value is a scalar or an instant vector, up to 6 KiB long.
	Query string
	// Combine makes one value of several series; "" refuses them.
	Combine Combine
	// Unit is the Unit of the readings, which may be "".
	Unit string
	// Header is sent in addition, and replaces the prober's own headers: X-Scope-OrgID for Mimir's tenant, say.
	Header http.Header
	// Token, unless empty, is sent as "Authorization: Bearer Token".
	Token string
	// Timeout bounds a probe as a whole; it is above 0. The server is told it, too.
	Timeout time.Duration
	// UserAgent is sent as User-Agent; "" means "autoscalebot".
	UserAgent string
}

// A Prober is a [probe.Prober] that asks Prometheus for the value of a query as of now. It may be used by several
// goroutines at once.
//
// A reading is a BadAnswer when there is nothing to decide by: no series was found (none was scraped within the
// server's look-back, or the last ones were marked as stale), several and nothing says how to combine them, one that is
// NaN, infinite or a histogram, a matrix or a string, something that is no answer of Prometheus or is longer than 1
// MiB, a redirect. So is an answer that says that it is incomplete, by isPartial or by a warning that is no annotation
// of PromQL. A query that the server can't read or refuses is a ClientError, with the server's words. The other
// outcomes are those of a [probe.Heartbeat]. Value is 0 unless the outcome is Answered.
//
// The server's look-back is 5 minutes unless somebody changed it: a sample of a scrape that old is still found when a
// target hangs. To refuse what is older than a minute, say, append it to the query: x and time() - timestamp(x) < 60.
type Prober struct {
	name, unit string
	url        *url.URL
	combine    Combine
	client     *web.Client
	timeout    time.Duration
	secrets    []string
}

// New returns a Prober, or says all that is wrong with the options, without a secret. It asks nobody, so that nobody
// has read the query yet.
func New(o Options) (*Prober, error) {
	u, badURL := web.ParseURL(o.URL, "https://prometheus.example.com")
	p := &Prober{name: cmp.Or(o.Name, "prometheus"), unit: o.Unit, combine: o.Combine, secrets: o.secrets(u)}
	header, badHeader := web.Headers(u, o.Token, o.Header, o.UserAgent) // which takes the user out of u
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
	// for Thanos, which else leaves out stores that do not answer; others know no such parameter
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
		wrong = append(wrong, errors.New(`the query is empty: write a PromQL expression, like sum(rate(http_requests_total{app="shop"}[1m]))`))
	case len(o.Query) > maxQuery:
		wrong = append(wrong, fmt.Errorf("the query has %d bytes, and may have %d: make it a recording rule",
			len(o.Query), maxQuery))
	}
	if o.Combine != "" && o.Combine != Sum && o.Combine != Mean && o.Combine != Max {
		wrong = append(wrong, fmt.Errorf("combine is %q, and must be sum, mean, max or nothing", string(o.Combine)))
	}
	if o.Timeout <= 0 {
		wrong = append(wrong, fmt.Errorf("the timeout is %v, and must be more than 0", o.Timeout))
	}
	return errors.Join(wrong...)
}

// Probe asks once and says what came of it. It returns when the timeout is over or parent ends at the latest.
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
