package ec2

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/internal/web"
	"github.com/autoscalebot/autoscalebot/bot/pool"
)

// AWS allows 5 to 1,000.
const pageSize = 200

// List reads all servers of the pool, including those shutting down.
func (p *Provider) List(ctx context.Context) ([]pool.Server, error) {
	var list []pool.Server
	err := do(ctx, "list the servers of the pool "+p.o.Pool, func(ctx context.Context) error {
		found, err := p.find(ctx, url.Values{}, pending, running, shuttingDown, stopping, stopped)
		for _, i := range found {
			if i.State != terminated {
				list = append(list, p.recent.correct(p.server(i)))
			}
		}
		list = append(list, p.recent.unseen()...)
		return err
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(list, func(a, b pool.Server) int {
		return cmp.Or(a.Created.Compare(b.Created),
			cmp.Compare(a.ID, b.ID))
	})
	return list, nil
}

// Finds instances with the pool's tag, in one of the states, that pass the filters in params. Filters in params are
// numbered Filter.N.Name from 3.
func (p *Provider) find(ctx context.Context, params url.Values, states ...string) ([]instance, error) {
	params.Set("Filter.1.Name", "tag:"+poolTag)
	params.Set("Filter.1.Value.1", p.o.Pool)
	params.Set("Filter.2.Name", "instance-state-name")
	for n, s := range states {
		params.Set("Filter.2.Value."+strconv.Itoa(n+1), s)
	}
	params.Set("MaxResults", strconv.Itoa(pageSize))
	var list []instance
	err := pages(params, func() (string, error) {
		found, next, err := p.client.instances(ctx, params)
		list = append(list, found...)
		return next, err
	})
	// AWS promises the filter; touching only the pool's own servers is our promise.
	return slices.DeleteFunc(list, func(i instance) bool { return i.tag(poolTag) != p.o.Pool }), err
}

func (c *client) instances(ctx context.Context, params url.Values) (list []instance, next string, err error) {
	var a struct {
		Instances []instance `xml:"reservationSet>item>instancesSet>item"`
		Next      string     `xml:"nextToken"`
	}
	err = c.call(ctx, serviceEC2, harmless, "DescribeInstances", params, &a)
	return a.Instances, a.Next, err
}

func pages(params url.Values, call func() (next string, err error)) error {
	for range maxPages {
		next, err := call()
		if err != nil || next == "" {
			return err
		}
		params.Set("NextToken", next)
	}
	return fmt.Errorf("the list has more than %d pages", maxPages)
}

// Describe reads one server.
func (p *Provider) Describe(ctx context.Context, id string) (s pool.Server, err error) {
	err = do(ctx, "read the server "+web.Line(id), func(ctx context.Context) error {
		s, err = p.describe(ctx, id)
		return err
	})
	return s, err
}

func (p *Provider) describe(ctx context.Context, id string) (pool.Server, error) {
	if id == "" {
		return pool.Server{}, pool.ErrGone // an empty id would list all instances
	}
	list, _, err := p.client.instances(ctx, url.Values{"InstanceId.1": {id}})
	fresh, isNew := p.recent.isNew(id)
	at := slices.IndexFunc(list, func(i instance) bool { return i.ID == id })
	switch {
	case isNew && (errors.Is(err, pool.ErrGone) || err == nil && (at < 0 || list[at].tag(poolTag) == "")):
		return fresh, nil // EC2's reads do not show it yet
	case err != nil:
		return pool.Server{}, err
	case at < 0:
		return pool.Server{}, pool.ErrGone
	}
	i := list[at]
	switch {
	case i.tag(poolTag) != p.o.Pool:
		return pool.Server{}, fmt.Errorf("%w: %s=%s", pool.ErrNotOurs, poolTag, p.o.Pool)
	case i.State == terminated && i.Reason.Message != "":
		return pool.Server{}, fmt.Errorf("%w: it was terminated: %s", pool.ErrGone, web.Line(i.Reason.Message))
	case i.State == terminated:
		return pool.Server{}, fmt.Errorf("%w: it was terminated", pool.ErrGone)
	}
	return p.recent.correct(p.server(i)), nil
}

// Destroy terminates a server.
func (p *Provider) Destroy(ctx context.Context, id string) error {
	return do(ctx, "destroy the server "+web.Line(id), func(ctx context.Context) error {
		s, err := p.describe(ctx, id)
		switch {
		case errors.Is(err, pool.ErrGone) || err == nil && s.State == pool.Ending:
			return nil
		case err != nil:
			return err
		}
		// EC2 does not know a new server yet. Taking that for its end would leave it running, and costing money,
		// forever.
		_, isNew := p.recent.isNew(id)
		for {
			err = p.client.call(ctx, serviceEC2, harmless, "TerminateInstances", url.Values{"InstanceId.1": {id}}, nil)
			if !isNew || !errors.Is(err, pool.ErrGone) || web.Sleep(ctx, time.Second) != nil {
				break
			}
		}
		if isNew && err != nil && ctx.Err() != nil {
			return fmt.Errorf("%w: EC2 does not know the new server yet. It must still be destroyed",
				ctx.Err())
		}
		if err == nil || errors.Is(err, pool.ErrGone) {
			p.recent.end(s)
			return nil
		}
		return err
	})
}
