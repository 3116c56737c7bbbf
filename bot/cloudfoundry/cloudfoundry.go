// Package cloudfoundry scales one process type of an app on Cloud Foundry through its API, version 3.
//
// A [Platform] reads and sets the number of instances, tells how many of them run, the app's newest deployment, its
// web URL, how many API calls are left and whether somebody wants the app left alone, and can check what it needs and
// what is in its way. It keeps a token of the platform's UAA, which [Platform.Access] lends to what reads the app's
// metrics. Each call ends within 20 seconds, its retries included; how it went wrong is an [*Error].
package cloudfoundry

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/internal/web"
)

const (
	defaultTimeout = 10 * time.Second
	// callLimit bounds a call with all its tries, its token and the waits between them.
	callLimit = 20 * time.Second
	// changeLimit is how long a change can be under way at most: an instance has 60 s to start by default, and
	// operators allow up to 180. One that still starts after that starts again and again, which is for the heartbeat
	// to judge.
	changeLimit = 3 * time.Minute
)

// A Platform is one process type of one app on Cloud Foundry. It may be used from several goroutines.
type Platform struct {
	*client
	o Options

	mu        sync.Mutex
	found     place  // the app, once it has been found
	asked     int    // the instances asked for when no deployment was under way, -1 before the first
	leftAlone string // why the app is to be left alone, as of the last Size
}

// New makes a Platform. It calls nobody; its errors say all that is wrong with the options, and never tell a secret.
func New(o Options) (*Platform, error) {
	return newPlatform(o, web.Dialer())
}

func newPlatform(o Options, inner http.RoundTripper) (*Platform, error) {
	base, badURL := baseURL(o.URL)
	o.ProcessType, o.UserAgent = cmp.Or(o.ProcessType, "web"), cmp.Or(o.UserAgent, "autoscalebot")
	if err := errors.Join(badURL, o.check(), o.Credentials.check()); err != nil {
		return nil, err
	}
	o.URL, o.Timeout = base, cmp.Or(o.Timeout, defaultTimeout)
	return &Platform{client: newClient(o, inner), o: o, asked: -1}, nil
}

// Size reads the number of instances asked for, whether or not all of them run yet. settled is false while a
// deployment of the process type is under way, when the number is that before it, and while instances start after a
// change, for 3 minutes at the most: those that start again and again settle nothing.
func (p *Platform) Size(ctx context.Context) (n int, settled bool, err error) {
	err = p.do(ctx, "read the instances of "+p.name(), func(ctx context.Context) error {
		a, err := p.readApp(ctx)
		if err != nil {
			return err
		}
		newest, total, deploying, err := p.processes(ctx)
		if err != nil {
			return err
		}
		n, settled = newest.Instances, !deploying
		if deploying {
			n = p.before(total - 1) // a deployment keeps one more than was asked for
		} else if a.State == started && time.Since(newest.UpdatedAt) < changeLimit {
			settled, err = p.allStarted(ctx, newest)
		}
		p.remember(n, whyLeftAlone(a))
		return err
	})
	if err != nil {
		return 0, false, err
	}
	return n, settled, nil
}

func (p *Platform) remember(n int, leftAlone string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked, p.leftAlone = n, leftAlone
}

// before gives the number of instances before a deployment that is under way, or guess where that began before the
// first Size.
func (p *Platform) before(guess int) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.asked >= 0 {
		return p.asked
	}
	return guess
}

// processes finds more than one of the type while a deployment puts a new one in the place of the old; total is the
// instances of all.
func (p *Platform) processes(ctx context.Context) (newest process, total int, deploying bool, err error) {
	at, err := p.place(ctx)
	if err != nil {
		return process{}, 0, false, err
	}
	all, err := list[process](ctx, p.client, "/v3/apps/"+at.guid+"/processes", url.Values{"types": {p.o.ProcessType}})
	for _, q := range all {
		switch {
		case q.Type != p.o.ProcessType || !plain(q.GUID):
			return process{}, 0, false, errors.New("it has a process of another type, or without a GUID")
		case q.Instances < 0:
			return process{}, 0, false, fmt.Errorf("it has a number of instances of %d", q.Instances)
		case newest.GUID == "" || q.CreatedAt.After(newest.CreatedAt):
			newest = q
		}
		total += q.Instances
	}
	if err == nil && newest.GUID == "" {
		err = &Error{
			Message: fmt.Sprintf("the app has no process type %s", p.o.ProcessType),
			Hint:    "`cf app " + p.o.App + "` lists those that it has, from its Procfile or manifest",
		}
	}
	return newest, total, len(all) > 1, err
}

// An instance that has crashed, or for which there is no place, has been tried.
func (p *Platform) allStarted(ctx context.Context, q process) (bool, error) {
	if q.Instances == 0 {
		return true, nil
	}
	stats, err := p.stats(ctx, q.GUID)
	for _, s := range stats {
		if s.State == "STARTING" || s.State == "DOWN" && s.Details == nil {
			return false, err
		}
	}
	return len(stats) >= q.Instances, err
}

func (p *Platform) stats(ctx context.Context, guid string) ([]instance, error) {
	all, err := list[instance](ctx, p.client, "/v3/processes/"+guid+"/stats", nil)
	if err == nil && all == nil {
		err = errors.New("it has no list of instances")
	}
	return all, err
}

// Up tells how many instances of the process type run. One that is starting, crashed or down doesn't count.
func (p *Platform) Up(ctx context.Context) (n int, err error) {
	err = p.do(ctx, "read which instances of "+p.name()+" run", func(ctx context.Context) error {
		newest, _, _, err := p.processes(ctx)
		if err != nil {
			return err
		}
		stats, err := p.stats(ctx, newest.GUID)
		for _, s := range stats {
			if s.State == "RUNNING" {
				n++
			}
		}
		return err
	})
	if err != nil {
		return 0, err
	}
	return n, nil
}

// Resize asks for n instances, 0 or more. After an error the number may or may not have changed: Size tells.
func (p *Platform) Resize(ctx context.Context, n int) error {
	if n < 0 {
		return fmt.Errorf("scale %s to %d: a number of instances is 0 or more", p.name(), n)
	}
	return p.do(ctx, fmt.Sprintf("scale %s to %d", p.name(), n), func(ctx context.Context) error {
		newest, _, _, err := p.processes(ctx)
		if err != nil {
			return err
		}
		var q process
		scale := "/v3/processes/" + newest.GUID + "/actions/scale"
		if err := p.call(ctx, http.MethodPost, scale, fmt.Sprintf(`{"instances":%d}`, n), &q); err != nil {
			return p.nameQuota(ctx, err)
		}
		if q.Type != p.o.ProcessType || q.Instances != n {
			return fmt.Errorf("it is about %d instances of %q", q.Instances, web.Line(q.Type))
		}
		return nil
	})
}

// Quota tells how many API calls may still be made: the last X-RateLimit-Remaining header seen. ok is false when
// there was none yet, as on an installation without limits. The limit is the user's or client's, and so is its
// period, often an hour.
func (p *Platform) Quota() (remaining int, ok bool) {
	return p.transport.Left()
}

func (p *Platform) name() string { return p.o.ProcessType + " of " + web.Line(p.o.App) }

func (p *Platform) do(ctx context.Context, op string, call func(context.Context) error) error {
	return p.transport.Call(ctx, callLimit, op, call)
}
