// Package digitalocean creates servers at DigitalOcean, which calls them droplets, and puts them behind its load
// balancers.
//
// A [Provider] manages the droplets with the pool's tag in one region. A [LoadBalancer] is one of DigitalOcean's. It
// lists its droplets by id, or takes those with a tag of its own.
//
// Reads are retried, and wait for DigitalOcean's rate limit if the caller's deadline allows. Calls that change
// something are sent once. A failed call returns an [*Error].
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
	_ pool.Cataloger   = (*Provider)(nil)
	_ pool.Snapshotter = (*Provider)(nil)
	_ pool.Resizer     = (*Provider)(nil)
	_ pool.Balancer    = (*LoadBalancer)(nil)
)

// A Provider manages the droplets with the pool's tag. It is safe for concurrent use.
type Provider struct {
	o         Options
	api       *godo.Client
	transport *web.Transport

	making sync.Mutex // held by Create, so that two calls cannot create the same name

	mu     sync.Mutex
	ending map[int]time.Time // droplets ordered to end, while they are still listed
}

// New makes a Provider. It makes no calls. Its error names every wrong option, and never contains the token.
func New(o Options) (*Provider, error) {
	o, err := o.checked()
	if err != nil {
		return nil, err
	}
	t := &web.Transport{
		Inner: o.Transport, Timeout: o.Timeout, Tries: 3, OnceUnlessGET: true,
		Waits:   5,       // one should be enough
		MaxBody: 8 << 20, // a page of 200 droplets is about 1 MB
		Who:     "DigitalOcean", Place: "DigitalOcean", Secrets: web.NewSecrets("[token]", o.Token),
		RequestID: "X-Request-Id", Remaining: remaining,
		Prepare: func(req *http.Request) error {
			req.Header.Set("Authorization", "Bearer "+o.Token)
			return nil
		},
		Refused: answered, Asked: asked, Closed: limited,
	}
	// Without godo's own retries, which would repeat an order. The transport treats a redirect as an error.
	api, err := godo.New(&http.Client{Transport: t}, godo.SetBaseURL(o.URL), godo.SetUserAgent(o.UserAgent))
	if err != nil {
		return nil, err // unreachable: the URL was checked
	}
	return &Provider{o: o, api: api, transport: t, ending: map[int]time.Time{}}, nil
}

// Quota returns the API calls that the account may still make this hour, from the last answer's ratelimit-remaining. ok
// is false before the first call. All users of the account's tokens share 5,000 calls an hour and 250 a minute.
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
