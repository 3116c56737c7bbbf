// Package heroku scales one process type of an app on Heroku through its Platform API.
//
// A [Platform] reads and sets the number of dynos, tells how many of them run, the app's newest release, its web URL and how
// many API calls are left, and can check what it needs and what is in its way. Each call ends within 20 seconds, its retries included; how it went wrong is an [*Error].
package heroku

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	api "github.com/heroku/heroku-go/v5"
)

const (
	// defaultTimeout is the Timeout of Options that name none.
	defaultTimeout = 10 * time.Second
	// callLimit bounds a call with all its tries and the waits between them.
	callLimit = 20 * time.Second

	letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	digits  = "0123456789"
)

// Options say which process type of which app is scaled, and how Heroku is reached.
type Options struct {
	// App is the app's name or id, required.
	App string
	// Key is the API key or OAuth token, required. It is sent as a bearer token, and appears in no error.
	Key string
	// ProcessType is the process type that is scaled; "" means "web".
	ProcessType string
	// URL is where the Platform API is; "" means https://api.heroku.com. Plain http is for a loopback address only,
	// since the key would cross the network for all to read.
	URL string
	// UserAgent is sent with every call; "" means "autoscalebot".
	UserAgent string
	// Timeout bounds one HTTP call; 0 means 10 s. A call is tried up to three times, and ends within 20 s in all
	// whatever the Timeout is.
	Timeout time.Duration
}

// A Platform is one process type of one app on Heroku. It may be used from several goroutines.
type Platform struct {
	app, processType string
	service, metrics *api.Service
	transport        *transport // of service
}

// New makes a Platform. It calls nobody; its errors say which option is wrong, and never tell the key.
func New(o Options) (*Platform, error) {
	return newPlatform(o, &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            (&net.Dialer{Timeout: defaultTimeout}).DialContext,
		TLSHandshakeTimeout:    defaultTimeout,
		IdleConnTimeout:        90 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
		// One call at a time gains nothing from HTTP/2, and a connection of HTTP/1 that went dead goes with the first
		// call that finds out, instead of failing every later one.
		Protocols: http1(),
	})
}

func http1() *http.Protocols {
	p := new(http.Protocols)
	p.SetHTTP1(true)
	return p
}

func newPlatform(o Options, inner http.RoundTripper) (*Platform, error) {
	base, err := baseURL(o.URL)
	switch {
	case err != nil:
		return nil, err
	case o.App == "":
		return nil, errors.New("the Heroku app's name is missing: `heroku apps` lists yours")
	case !only(o.App, letters+digits+"-", 64):
		return nil, fmt.Errorf("%q is no Heroku app: its name has letters, digits and dashes only, as in my-app", o.App)
	case o.Key == "":
		return nil, errors.New("the Heroku API key is missing: `heroku authorizations:create` makes one")
	case !only(o.Key, letters+digits+"-_.~+/=", 4096):
		return nil, errors.New("the Heroku API key holds a space, a line break, a quote or another character that no token has: " +
			"paste the token alone, as `heroku authorizations:create` shows it")
	case o.Timeout < 0:
		return nil, fmt.Errorf("a timeout of %v is negative: use 0 for %v, or more", o.Timeout, defaultTimeout)
	}
	if o.ProcessType == "" {
		o.ProcessType = "web"
	}
	if !only(o.ProcessType, letters+digits+"-_", 128) {
		return nil, fmt.Errorf("%q is no process type: one has letters, digits, dashes and underscores only, as in web", o.ProcessType)
	}
	if o.UserAgent == "" {
		o.UserAgent = "autoscalebot"
	}
	if o.Timeout == 0 {
		o.Timeout = defaultTimeout
	}
	p := &Platform{app: o.App, processType: o.ProcessType}
	p.service, p.transport = newService(o, base, inner)
	// The metrics API has a rate limit of its own, which is not the quota to tell.
	p.metrics, _ = newService(o, metricsURL(base), inner)
	return p, nil
}

func newService(o Options, base string, inner http.RoundTripper) (*api.Service, *transport) {
	t := &transport{inner: inner, timeout: o.Timeout, key: o.Key}
	t.quota.Store(-1)
	// Without a Timeout of the client's, since every call has a context with a deadline. The library's Transport turns
	// any answer but 2xx into an error, so a redirect, which would carry the key elsewhere, is never followed.
	service := api.NewService(&http.Client{
		Transport: &api.Transport{BearerToken: o.Key, UserAgent: o.UserAgent, Transport: t},
	})
	service.URL = base
	return service, t
}

// only reports whether s has characters of the set only, and at most so many. The library puts the app and the process
// type into the path of a URL as they are, so nothing may pass that means something there. The key has the characters of
// a bearer token (RFC 6750), which read the same in any text, so that it can be struck out of errors.
func only(s, set string, most int) bool {
	return len(s) <= most && strings.Trim(s, set) == ""
}

// baseURL checks the URL of the API, and gives it without a slash at its end. Its errors don't show a URL that may hold a
// password.
func baseURL(s string) (string, error) {
	if s == "" {
		return api.DefaultURL, nil
	}
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Hostname() == "":
		return "", errors.New("the Heroku API's URL is not one: it looks like " + api.DefaultURL)
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return "", errors.New("the Heroku API's URL has a user, a query or a fragment: it looks like " + api.DefaultURL)
	case u.Scheme == "http" && !loopback(u.Hostname()):
		return "", fmt.Errorf("the Heroku API's URL %s would send the key unencrypted: use https, or a loopback address such as 127.0.0.1", u)
	case u.Scheme != "http" && u.Scheme != "https":
		return "", fmt.Errorf("the Heroku API's URL %s starts with neither https:// nor http://", u)
	}
	return strings.TrimRight(u.String(), "/"), nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}

// A formation is what is read of the API's answer about a process type. The library's own Formation can't tell a missing
// quantity from 0, which means that somebody switched the app off, and fails on any other field that changed its form.
type formation struct {
	Quantity *int    `json:"quantity"`
	Type     *string `json:"type"`
	Size     string  `json:"size"`
}

// check makes sure that the answer is about the process type asked for, and has a number.
func (f formation) check(processType string) error {
	switch {
	case f.Type == nil || f.Quantity == nil:
		return errors.New("it has no type or no quantity")
	case *f.Type != processType:
		return fmt.Errorf("it is about process type %q", clean(*f.Type))
	case *f.Quantity < 0:
		return fmt.Errorf("it has a quantity of %d", *f.Quantity)
	}
	return nil
}

// Size reads the number of dynos asked for, whether or not all of them run yet. settled is always true, since Heroku
// accepts a new quantity at any time; what it refuses during a preboot deploy is a Resize.
func (p *Platform) Size(ctx context.Context) (n int, settled bool, err error) {
	f, err := p.formation(ctx)
	if err != nil {
		return 0, false, err
	}
	return *f.Quantity, true, nil
}

func (p *Platform) formation(ctx context.Context) (formation, error) {
	var f formation
	err := p.do(ctx, "read the formation of "+p.name(), func(ctx context.Context) error {
		if err := p.service.Get(ctx, &f, p.formationPath(), nil, nil); err != nil {
			return err
		}
		return f.check(p.processType)
	})
	return f, err
}

// Resize asks for n dynos, 0 or more. After an error the number may or may not have changed: Size tells.
func (p *Platform) Resize(ctx context.Context, n int) error {
	if n < 0 {
		return fmt.Errorf("scale %s to %d: a number of dynos is 0 or more", p.name(), n)
	}
	return p.do(ctx, fmt.Sprintf("scale %s to %d", p.name(), n), func(ctx context.Context) error {
		var f formation
		if err := p.service.Patch(ctx, &f, p.formationPath(), api.FormationUpdateOpts{Quantity: &n}); err != nil {
			return err
		}
		if err := f.check(p.processType); err != nil {
			return err
		}
		if *f.Quantity != n {
			return fmt.Errorf("it has a quantity of %d", *f.Quantity)
		}
		return nil
	})
}

// WebURL tells the URL at which the app's web process answers.
func (p *Platform) WebURL(ctx context.Context) (string, error) {
	a, err := p.appInfo(ctx)
	if err != nil {
		return "", err
	}
	if u, err := url.Parse(a.WebURL); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return "", fmt.Errorf("read the web URL of %s: Heroku tells none: give the heartbeat an absolute URL", p.app)
	}
	return a.WebURL, nil
}

// app is what is read of the API's answer about an app.
type app struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	WebURL      string `json:"web_url"`
	Maintenance bool   `json:"maintenance"`
	Region      struct {
		Name string `json:"name"`
	} `json:"region"`
}

func (p *Platform) appInfo(ctx context.Context) (app, error) {
	var a app
	err := p.do(ctx, "read the app "+p.app, func(ctx context.Context) error {
		if err := p.service.Get(ctx, &a, "/apps/"+p.app, nil, nil); err != nil {
			return err
		}
		if a.Name == "" {
			return errors.New("it has no name")
		}
		return nil
	})
	return a, err
}

// Quota tells how many API calls the account may still make: the last RateLimit-Remaining header seen. ok is false when
// there was none yet. The allowance is the account's, 4,500 an hour, refilled bit by bit.
func (p *Platform) Quota() (remaining int, ok bool) {
	n := p.transport.quota.Load()
	return int(max(n, 0)), n >= 0
}

func (p *Platform) name() string { return p.processType + " of " + p.app }

func (p *Platform) formationPath() string {
	return "/apps/" + p.app + "/formation/" + p.processType
}

// do makes one call with a deadline, and names what it was for in its error.
func (p *Platform) do(ctx context.Context, op string, call func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	last := new(answer)
	err := call(context.WithValue(ctx, answerKey{}, last))
	if err == nil {
		return nil
	}
	var e *Error
	if !errors.As(err, &e) {
		// The transport's errors are all of that type, so this one came after a 2xx.
		e = p.transport.unusable(err)
		e.Status, e.RequestID, e.Tries = last.status, last.requestID, last.tries
	}
	e.Op = op
	e.Hint = strings.ReplaceAll(e.Hint, "--app APP", "--app "+p.app)
	return e
}
