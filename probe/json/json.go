// Package json reads a number from any URL that answers JSON: a queue's length, a custom metric, or what the app itself
// wants.
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
// With [Options].Desired the app decides: it answers the word "up", "down" or "stay", or the number of dynos that it
// wants.
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

// Options say what a [Prober] asks for, and what it takes from the answer.
type Options struct {
	// Name is the Signal of the readings; "" means "json".
	Name string
	// URL is what is asked for by GET: an absolute http or https URL. A user and password in it are sent as basic
	// authentication. Redirects are not followed.
	URL string
	// Path says where in the answer the value is, in the syntax of gjson
	// (github.com/tidwall/gjson/blob/master/SYNTAX.md): queues.mail, workers.0.busy, queues.#(name=="mail").size;
	// queues.#.size and queues.@values.#.size give a list, of all elements of a list and of all members of an object;
	// @this is the answer as a whole. A dot in a name is written \. there.
	Path string
	// Combine makes one value of a list; "" refuses lists.
	Combine Combine
	// Unit is the Unit of the readings, which may be "". It is "" with Desired.
	Unit string
	// Desired says that the value is what the app wants, and not a measurement: see [Prober].
	Desired bool
	// Header is sent in addition, and replaces the prober's own headers.
	Header http.Header
	// Token, unless empty, is sent as "Authorization: Bearer Token".
	Token string
	// TLS is for https; nil means the system's certificate authorities.
	TLS *tls.Config
	// Timeout bounds a probe as a whole; it is above 0.
	Timeout time.Duration
	// UserAgent is sent as User-Agent; "" means "autoscalebot".
	UserAgent string
}

// A Prober is a [probe.Prober] that asks for a URL and takes a number from the JSON that it answers. It may be used by
// several goroutines at once.
//
// A number may also stand in a string, as many programs write it: "12.5". Anything else, nothing at all, and a number
// that is not finite, make the reading a BadAnswer; so do an answer that is not JSON or longer than 1 MiB, a redirect,
// and a list on the first of several pages, which has a Link (RFC 8288) to the next. The other outcomes are those of a
// [probe.Heartbeat]. Value is 0 unless the outcome is Answered.
//
// With Desired the value is one of the words "up", "down" and "stay", and the reading's Unit is [probe.UnitSteps]; or a
// whole number of dynos from 0, and the Unit is [probe.UnitDynos]. The app may change between them. The Unit of a
// reading that has no value is "".
type Prober struct {
	name, unit string
	url        *url.URL
	path       string
	combine    Combine
	desired    bool
	client     *web.Client
	timeout    time.Duration
}

// New returns a Prober, or says all that is wrong with the options, without a secret. It asks nobody.
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
		wrong = append(wrong, fmt.Errorf("the timeout is %v, and must be more than 0", o.Timeout))
	}
	if o.Combine != "" && o.Combine != Sum && o.Combine != Mean && o.Combine != Max {
		wrong = append(wrong, fmt.Errorf("combine is %q, and must be sum, mean, max or nothing", string(o.Combine)))
	}
	if o.Desired && o.Combine != "" {
		wrong = append(wrong, errors.New("a wish is one value, so that there is nothing to combine: leave one of "+
			"the two out"))
	}
	if o.Desired && o.Unit != "" {
		wrong = append(wrong, fmt.Errorf("a wish is in steps or dynos, and not in %q: leave the unit out", o.Unit))
	}
	return errors.Join(wrong...)
}

// Probe asks once and says what came of it. It returns when the timeout is over or parent ends at the latest.
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
		err = failure.Bad("answer is one of several pages (it has a Link to the next), so that its list is incomplete")
	}
	if err != nil {
		r.Unit = p.unit
	}
	failure.Note(&r, err)
	return r
}
