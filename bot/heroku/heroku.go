// Package heroku scales the process types of an app on Heroku through its Platform API.
//
// A [Platform] is one process type. It reads and sets the number of dynos. It reports how many of them run, the app's
// newest release and web URL, and the API calls left, and checks what scaling needs and what prevents it. Each call
// ends within 20 seconds, including retries. Its error is an [*Error]. The process types of an [App] share their calls.
package heroku

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/internal/web"
)

const (
	defaultTimeout = 10 * time.Second
	// includes all tries and the waits between them
	callLimit = 20 * time.Second

	callsPerHour = 4500
)

// Options configure an [App] and its [Platform].
type Options struct {
	// App is the app's name or ID; it is required.
	App string
	// Key is the API key or OAuth token; it is required. It is sent as a bearer token, and appears in no error.
	Key string
	// ProcessType is the process type that [New] scales; "" means "web". [Open] ignores it.
	ProcessType string
	// URL is the Platform API's; "" means https://api.heroku.com. Plain http is allowed only for a loopback address,
	// because it would send the key unencrypted.
	URL string
	// UserAgent is sent with every call; "" means "autoscalebot".
	UserAgent string
	// Timeout limits one HTTP call; 0 means 10 s. A call is tried up to three times, and ends within 20 s in all,
	// whatever the Timeout.
	Timeout time.Duration
	// Once says that no heartbeat follows which would repeat a failed call. Errors then do not promise one.
	Once bool
}

// A Platform is one process type of one app on Heroku. It is safe for concurrent use.
type Platform struct {
	*client
	processType string
	shared      *App
	seen        atomic.Pointer[seen] // the size that Size read, for DynoSize
}

// New returns a Platform that shares calls with no other. It makes no call. Its errors say which option is wrong, and
// do not show the key.
func New(o Options) (*Platform, error) {
	a, err := Open(o)
	if err != nil {
		return nil, err
	}
	return a.Scaler(o.ProcessType)
}

// WebURL returns the URL of the app's web process.
func (p *Platform) WebURL(ctx context.Context) (string, error) {
	a, err := p.appInfo(ctx)
	if err != nil {
		return "", err
	}
	if u, err := url.Parse(a.WebURL); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return "", fmt.Errorf("read the web URL of %s: the app has no web URL. Use an absolute heartbeat URL", p.app)
	}
	return a.WebURL, nil
}

type info struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	WebURL      string `json:"web_url"`
	Maintenance bool   `json:"maintenance"`
	Region      struct {
		Name string `json:"name"`
	} `json:"region"`
}

func (c *client) appInfo(ctx context.Context) (info, error) {
	a, err := c.readInfo(ctx)
	return a, web.Named("read the app "+c.app, err)
}

func (c *client) readInfo(ctx context.Context) (info, error) {
	var a info
	err := c.get(ctx, "", "/apps/"+c.app, &a, func() error {
		if a.Name == "" {
			return errors.New("it has no name")
		}
		return nil
	})
	return a, err
}

// Maintenance reports whether the app is in maintenance mode. Heroku's router then answers every request with a page of
// its own and the status 503. As in Size, another process type's reading may be used.
func (p *Platform) Maintenance(ctx context.Context) (on bool, err error) {
	a, err := sharing(ctx, p, &p.shared.infos, p.readInfo)
	if err != nil {
		return false, web.Named("read the app "+p.app, err)
	}
	return a.Maintenance, nil
}

// Quota returns the number of API calls left to the account: the last RateLimit-Remaining header. ok is false before
// the first. The account has 4,500 calls per hour, refilled continuously.
func (p *Platform) Quota() (remaining int, ok bool) {
	return p.transport.Left()
}

// CallsPerHour returns the number of API calls that Heroku allows an account per hour. All its keys share them.
func (p *Platform) CallsPerHour() int { return callsPerHour }

func (p *Platform) name() string { return p.processType + " of " + p.app }

func (p *Platform) formationPath() string {
	return "/apps/" + p.app + "/formation/" + p.processType
}
