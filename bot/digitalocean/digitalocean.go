// Package digitalocean makes servers at DigitalOcean, which calls them droplets, and puts them behind its load
// balancers.
//
// A [Provider] is the droplets that bear the pool's tag, in one region. It makes and ends them, tells what they can
// be made of, takes snapshots, and resizes. A [LoadBalancer] is one that is given droplets by their ids, or takes
// those with a tag of its own.
//
// Reads are tried again, and wait where DigitalOcean's rate limit asks for that and the caller's deadline allows it.
// What changes something is sent once. How a call went wrong is an [*Error].
package digitalocean

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/digitalocean/godo"

	"github.com/autoscalebot/autoscalebot/bot/internal/web"
	"github.com/autoscalebot/autoscalebot/bot/pool"
)

var (
	_ pool.Provider    = (*Provider)(nil)
	_ pool.Cataloguer  = (*Provider)(nil)
	_ pool.Snapshotter = (*Provider)(nil)
	_ pool.Resizer     = (*Provider)(nil)
	_ pool.Balancer    = (*LoadBalancer)(nil)
)

// A Provider is the droplets with the pool's tag. It may be used from several goroutines.
type Provider struct {
	o         Options
	api       *godo.Client
	transport *web.Transport

	making sync.Mutex // held by Create, so that it makes no two of one name

	mu     sync.Mutex
	ending map[int]time.Time // when those were ordered to end that are listed yet
}

// New makes a Provider. It calls nobody; its errors say which options are wrong, all at once, and never tell the token.
func New(o Options) (*Provider, error) {
	o, err := o.checked()
	if err != nil {
		return nil, err
	}
	t := &web.Transport{
		Inner: o.Transport, Timeout: o.Timeout, Tries: 3, OnceUnlessGET: true,
		Waits:   5,       // each should be the last
		MaxBody: 8 << 20, // a page of 200 droplets is about 1 MB
		Who:     "DigitalOcean", Place: "DigitalOcean", Secrets: web.NewSecrets("[token]", o.Token),
		RequestID: "X-Request-Id", Remaining: remaining,
		Prepare: func(req *http.Request) error {
			req.Header.Set("Authorization", "Bearer "+o.Token)
			return nil
		},
		Refused: answered, Asked: asked, Closed: limited,
	}
	// Without godo's own retries, which would send the order of a droplet again. A redirect is an error of the
	// transport's.
	api, err := godo.New(&http.Client{Transport: t}, godo.SetBaseURL(o.URL), godo.SetUserAgent(o.UserAgent))
	if err != nil {
		return nil, err // not reached: the URL was checked
	}
	return &Provider{o: o, api: api, transport: t, ending: map[int]time.Time{}}, nil
}

// Quota tells how many API calls the account may still make in this hour: the last answer's ratelimit-remaining. ok
// is false before the first. The allowance is 5,000 an hour, and 250 a minute, for all that uses the account's
// tokens.
func (p *Provider) Quota() (remaining int, ok bool) { return p.transport.Left() }

const callLimit = time.Minute

func (p *Provider) call(ctx context.Context, op string, f func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	if err := f(ctx); err != nil {
		return p.named(ctx, op, err)
	}
	return nil
}
