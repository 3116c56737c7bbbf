// Package cloudfoundry scales one process type of an app on Cloud Foundry through its API, version 3.
//
// A [Platform] reads and sets the number of instances. It reports how many of them run, the app's newest deployment and
// web URL, the API calls left, and whether the app should be left alone, and checks what scaling needs and what
// prevents it. It keeps a token of the platform's UAA, which [Platform.Access] also gives to the readers of the app's
// metrics. Each call ends within 20 seconds, including retries. Its error is an [*Error].
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
	// includes all tries, the token and the waits between them
	callLimit = 20 * time.Second
	// The longest time that a change can take: an instance has 60 s to start by default, and operators allow up to 180.
	// An instance that still starts after that keeps crashing, and the heartbeat judges it.
	changeLimit = 3 * time.Minute
)

// A Platform is one process type of one app on Cloud Foundry. It is safe for concurrent use.
type Platform struct {
	*client
	o Options

	mu        sync.Mutex
	found     place  // the app; zero until it is found
	asked     int    // the desired instances when no deployment was in progress; -1 before the first Size
	leftAlone string // why the app is left alone, as of the last Size; or ""
}

// New returns a Platform. It makes no call. Its errors say all that is wrong with the options, and show no secret.
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

// Size returns the desired number of instances, whether or not they all run yet. settled is false during a deployment
// of the process type, when n is the number before it, and while instances start after a change, for at most 3 minutes:
// instances that keep crashing do not delay it longer.
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
			n = p.before(total - 1) // a deployment keeps one extra instance
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

// The number of instances before the deployment in progress, or guess if it began before the first Size.
func (p *Platform) before(guess int) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.asked >= 0 {
		return p.asked
	}
	return guess
}

// During a deployment a process type has two processes, the new one and the old one. total is the instances of both.
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
			Hint:    "run `cf app " + p.o.App + "` to list its process types",
		}
	}
	return newest, total, len(all) > 1, err
}

// An instance that crashed, or for which there is no place, is no longer starting.
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

// Up returns the number of running instances of the process type. Starting, crashed and down instances do not count.
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

// Resize requests n instances, 0 or more. After an error the number may or may not have changed; use Size.
func (p *Platform) Resize(ctx context.Context, n int) error {
	if n < 0 {
		return fmt.Errorf("scale %s to %d: must be 0 or more instances", p.name(), n)
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

// Quota returns the number of API calls left: the last X-RateLimit-Remaining header. ok is false before the first, as
// on an installation without limits. The limit is the user's or client's. Its period is often one hour.
func (p *Platform) Quota() (remaining int, ok bool) {
	return p.transport.Left()
}

func (p *Platform) name() string { return p.o.ProcessType + " of " + web.Line(p.o.App) }

func (p *Platform) do(ctx context.Context, op string, call func(context.Context) error) error {
	return p.transport.Call(ctx, callLimit, op, call)
}
