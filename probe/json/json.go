// Package json reads a number from any URL that answers JSON: a queue's length, a custom metric, or a direction or
// number of dynos that the app asks for.
//
//	p, err := json.New(json.Options{
//		URL:     "https://app.example.com/stats.json", // {"queues": [{"name": "mail", "size": 7}, {"name": "pdf", "size": 2}]}
//		Path:    `queues.#(name=="mail").size`,
//		Unit:    "jobs",
//		Timeout: 5 * time.Second,
//	})
//	if err != nil {
//		return err
//	}
//	r := p.Probe(ctx) // r.Value is 7
//
// With [Options].Desired the app decides: it answers "up", "down" or "stay", or the number of dynos that it needs.
package json

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/autoscalebot/autoscalebot/probe"
	"github.com/autoscalebot/autoscalebot/probe/internal/failure"
	"github.com/autoscalebot/autoscalebot/probe/internal/web"
)

// Options configure a [Prober].
type Options struct {
	// Name is the Signal of the readings; "" means "json".
	Name string
	// URL is requested with GET: an absolute http or https URL. A user and password in it are sent as basic
	// authentication. Redirects are not followed.
	URL string
	// Path is the place of the value in the answer, in gjson's syntax (github.com/tidwall/gjson/blob/master/SYNTAX.md):
	// queues.mail, workers.0.busy, queues.#(name=="mail").size. queues.#.size lists a member of each element of a list,
	// queues.@values.#.size of each member of an object. @this is the whole answer. A dot in a name is written \. in
	// the path.
	Path string
	// Combine makes one value of a list; "" rejects lists.
	Combine Combine
	// Unit is the Unit of the readings. It must be "" with Desired.
	Unit string
	// Desired says that the value is what the app asks for, not a measurement: see [Prober].
	Desired bool
	// Header is sent in addition, and replaces the prober's own headers.
	Header http.Header
	// Token, if set, is sent as "Authorization: Bearer Token".
	Token string
	// TLS is for https; nil means the system's CA certificates.
	TLS *tls.Config
	// Timeout bounds a whole probe; it must be above 0.
	Timeout time.Duration
	// UserAgent is sent as User-Agent; "" means "autoscalebot".
	UserAgent string
}

// A Prober is a [probe.Prober] that requests a URL and takes a number from the JSON answer. It is safe for concurrent
// use.
//
// The number may also be in a string, such as "12.5". The reading is a BadAnswer if the value is missing, of another
// type or not finite, if the answer is a redirect, not JSON or longer than 1 MiB, or if it is a list on the first of
// several pages (with a Link to the next, RFC 8288). The other outcomes are those of a [probe.Heartbeat]. Value is 0
// unless the outcome is Answered.
//
// With Desired the value is "up", "down" or "stay", and the reading's Unit is [probe.UnitSteps]; or it is a whole
// number of dynos from 0, and the Unit is [probe.UnitDynos]. The app may switch between them. A reading without a value
// has the Unit "".
type Prober struct {
	name, unit string
	url        *url.URL
	path       string
	combine    Combine
	desired    bool
	client     *web.Client
	timeout    time.Duration
}

// New returns a Prober, or all that is wrong with the options, without a secret. It makes no request.
func New(o Options) (*Prober, error) {
	u, badURL := web.ParseURL(o.URL, "https://example.com/stats.json")
	header, badHeader := web.Headers(u, o.Token, o.Header, o.UserAgent)
	err := errors.Join(badURL, badHeader, checkPath(o.Path), o.check())
	if err != nil {
		return nil, fmt.Errorf("json signal: %w", err)
	}
	p := &Prober{name: o.Name, unit: o.Unit, url: u, path: o.Path, combine: o.Combine, desired: o.Desired}
	p.name = cmp.Or(p.name, "json")
	p.client, p.timeout = web.NewClient(header, false).TLS(o.TLS), o.Timeout
	return p, nil
}

func (o Options) check() error {
	var wrong []error
	if o.Timeout <= 0 {
		wrong = append(wrong, fmt.Errorf("the timeout is %v: must be more than 0", o.Timeout))
	}
	if o.Combine != "" && o.Combine != Sum && o.Combine != Mean && o.Combine != Max {
		wrong = append(wrong, fmt.Errorf("combine is %q: must be sum, mean, max or not set", string(o.Combine)))
	}
	if o.Desired && o.Combine != "" {
		wrong = append(wrong, errors.New("combine is for measurements, and the app decides here: remove one of "+
			"the two"))
	}
	if o.Desired && o.Unit != "" {
		wrong = append(wrong, fmt.Errorf("the unit is %q, but the app asks for steps or dynos here: remove the unit",
			o.Unit))
	}
	return errors.Join(wrong...)
}

// Probe makes one request and returns its result. It returns no later than the timeout or the end of parent.
func (p *Prober) Probe(parent context.Context) probe.Reading {
	ctx, cancel := context.WithTimeout(parent, p.timeout)
	defer cancel()
	r := probe.Reading{Signal: p.name, Time: time.Now(), Unit: p.unit, Outcome: probe.Answered}
	a, err := p.client.Ask(parent, ctx, p.url)
	r.Status = a.Status
	if err == nil {
		r.Value, r.Unit, err = p.read(a.Body)
	}
	if err == nil && p.counts() && hasNext(a.Header) {
		err = failure.Bad("the list is incomplete: the answer is one of several pages (it has a Link to the next)")
	}
	if err != nil {
		r.Unit = p.unit
	}
	failure.Note(&r, err)
	return r
}
