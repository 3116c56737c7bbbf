package ec2

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/autoscalebot/autoscalebot/bot/internal/web"
	"github.com/autoscalebot/autoscalebot/bot/pool"
)

// EC2 shows an ended server for about an hour, but remembers its order for about a day. This is the maximum number of
// forgotten servers of one name.
const maxEnded = 40

// Create orders a server from the launch template, with its tags from the start. Without a size in the order, the
// template's applies.
//
// The order has a client token, and EC2 creates one server for it, however often the order arrives. The token is
// derived from the order and from the newest ended server of that name. Repeating an order whose answer was lost
// therefore returns the same server, even after a restart, and a later server of the same name is a new one.
func (p *Provider) Create(ctx context.Context, o pool.Order) (s pool.Server, err error) {
	err = do(ctx, "create the server "+web.Line(o.Name), func(ctx context.Context) error {
		s, err = p.create(ctx, o)
		return err
	})
	return s, err
}

func (p *Provider) create(ctx context.Context, o pool.Order) (pool.Server, error) {
	switch {
	case o.Name == "" || len(o.Name) > 255 || strings.ContainsAny(o.Name, "*?\\") || web.Line(o.Name) != o.Name:
		return pool.Server{}, fmt.Errorf("%w: invalid name: must be 1 to 255 characters, such as web-7, without * ? \\",
			pool.ErrRefused)
	case o.Size != "" && !typeName.MatchString(o.Size):
		return pool.Server{}, fmt.Errorf("%w: invalid size %q: must be an EC2 instance type such as t3.small",
			pool.ErrRefused, web.Line(o.Size))
	}
	for _, s := range p.recent.unseen() {
		if s.Name == o.Name {
			return s, nil
		}
	}
	filter := url.Values{"Filter.3.Name": {"tag:Name"}, "Filter.3.Value.1": {o.Name}}
	found, err := p.find(ctx, filter, pending, running, shuttingDown, stopping, stopped, terminated)
	if err != nil {
		return pool.Server{}, err
	}
	var ended instance
	for _, i := range found {
		s := p.recent.correct(p.server(i))
		if i.State != terminated && s.State != pool.Ending {
			return s, nil
		}
		if ended.ID == "" || i.Launched.After(ended.Launched) {
			ended = i
		}
	}
	for n := range maxEnded {
		i, err := p.run(ctx, o, p.token(o, ended.ID, n), false)
		// An earlier server of that name ended so long ago that EC2 no longer shows it.
		if codeOf(err) == "IdempotentInstanceTerminated" || err == nil &&
			(i.State == terminated || i.State == shuttingDown) {
			continue
		}
		if err != nil {
			return pool.Server{}, err
		}
		s := p.server(i)
		if s.Name == "" {
			s.Name = o.Name
		}
		p.recent.make(s)
		return s, nil
	}
	return pool.Server{}, fmt.Errorf("%d servers of this name ended recently: something ends each of them", maxEnded)
}

// EC2 accepts at most 64 characters.
func (p *Provider) token(o pool.Order, after string, n int) string {
	sum := sha256.New()
	for _, part := range []string{p.o.Pool, o.Name, o.Size, p.from.String(), after, strconv.Itoa(n)} {
		fmt.Fprintf(sum, "%d:%s", len(part), part)
	}
	return "asb-" + hex.EncodeToString(sum.Sum(nil))[:48]
}

// A dry run only checks the permission.
func (p *Provider) run(ctx context.Context, o pool.Order, token string, dry bool) (instance, error) {
	params := url.Values{
		"MinCount":                        {"1"},
		"MaxCount":                        {"1"},
		"ClientToken":                     {token},
		"LaunchTemplate.Version":          {p.from.version},
		"TagSpecification.1.ResourceType": {"instance"},
		"TagSpecification.1.Tag.1.Key":    {poolTag},
		"TagSpecification.1.Tag.1.Value":  {p.o.Pool},
		"TagSpecification.1.Tag.2.Key":    {"Name"},
		"TagSpecification.1.Tag.2.Value":  {o.Name},
	}
	p.from.params(params, "LaunchTemplate.")
	if o.Size != "" {
		params.Set("InstanceType", o.Size)
	}
	if dry {
		params.Set("DryRun", "true")
	}
	var a struct {
		Instances []instance `xml:"instancesSet>item"`
	}
	if err := p.client.call(ctx, serviceEC2, once, "RunInstances", params, &a); err != nil {
		return instance{}, err
	}
	if len(a.Instances) != 1 || !instanceID.MatchString(a.Instances[0].ID) {
		return instance{}, &Error{Message: fmt.Sprintf("the answer names %d servers instead of 1: the next list shows "+
			"which exist", len(a.Instances))}
	}
	return a.Instances[0], nil
}
