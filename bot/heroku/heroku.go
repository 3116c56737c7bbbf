// Package heroku scales the process types of an app on Heroku through its Platform API.
//
// A [Platform] is one process type. It reads and sets the number of dynos, tells how many of them run, the app's newest
// release, its web URL and how many API calls are left, and can check what it needs and what is in its way. Each call
// ends within 20 seconds, its retries included; how it went wrong is an [*Error]. Several process types of an [App]
// share their calls.
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
	// callLimit bounds a call with all its tries and the waits between them.
	callLimit = 20 * time.Second
)

// Options say which app is scaled, and how Heroku is reached.
type Options struct {
	// App is the app's name or id, required.
	App string
	// Key is the API key or OAuth token, required. It is sent as a bearer token, and appears in no error.
	Key string
	// ProcessType is the process type that [New] scales; "" means "web". [Open] passes it over.
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
	*client
	processType string
	shared      *App
	seen        atomic.Pointer[seen] // the size that Size has read, for DynoSize
}

// New makes a Platform that stands alone. It calls nobody; its errors say which option is wrong, and never tell the
// key.
func New(o Options) (*Platform, error) {
	a, err := Open(o)
	if err != nil {
		return nil, err
	}
	return a.Scaler(o.ProcessType)
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

// Maintenance tells whether the app is in maintenance mode, in which Heroku's router answers every request with a page
// of its own and 503. As with Size, the reading of another process type will do.
func (p *Platform) Maintenance(ctx context.Context) (on bool, err error) {
	a, err := sharing(ctx, p, &p.shared.infos, p.readInfo)
	if err != nil {
		return false, web.Named("read the app "+p.app, err)
	}
	return a.Maintenance, nil
}

// Quota tells how many API calls the account may still make: the last RateLimit-Remaining header seen. ok is false when
// there was none yet. The allowance is the account's, 4,500 an hour, refilled bit by bit.
func (p *Platform) Quota() (remaining int, ok bool) {
	return p.transport.Left()
}

func (p *Platform) name() string { return p.processType + " of " + p.app }

func (p *Platform) formationPath() string {
	return "/apps/" + p.app + "/formation/" + p.processType
}
