package manual

import (
	"context"
	"errors"
	"fmt"

	"github.com/autoscalebot/autoscalebot/bot/pool"
)

// Drain plans to give a server no new requests, and to wait until it has none.
func (o *Operator) Drain(ctx context.Context, server string) (*Plan, error) {
	s, servers, err := o.find(ctx, server)
	if err != nil {
		return nil, err
	}
	if o.Balancer == nil {
		return nil, errors.New("POOL_BALANCER is none, so there is nothing that could give it no requests")
	}
	p := &Plan{done: func() string {
		return fmt.Sprintf("%s gets no requests; autoscalebot servers undrain %[1]s --yes gives it some again", s.Name)
	}}
	o.drain(p, s, o.onlyOne(ctx, servers, s))
	return p, nil
}

func (o *Operator) drain(p *Plan, s *pool.Server, onlyOne bool) {
	if o.Balancer == nil {
		return
	}
	warning := ""
	if onlyOne {
		warning = " (IT IS THE ONLY ONE THAT SERVES, SO THE APP IS DOWN THEN)"
	}
	p.would("have the balancer give %s no new requests%s, and wait until it has none, for %v at the most",
		s.Name, warning, o.DrainWithin)
	left := func() string {
		return fmt.Sprintf("%s may get no new requests now: the same command goes on, "+
			"and autoscalebot servers undrain %[1]s --yes gives it some again", s.Name)
	}
	o.withMember(p, s, "drain "+s.Name, left, o.Balancer.Drain)
	p.addOf(s, "wait until "+s.Name+" has no requests", left, o.untilDrained)
}

// Undrain plans to give a server requests again when it is healthy.
func (o *Operator) Undrain(ctx context.Context, server string) (*Plan, error) {
	s, _, err := o.find(ctx, server)
	if err != nil {
		return nil, err
	}
	if o.Balancer == nil {
		return nil, errors.New("POOL_BALANCER is none, so there is nothing that could give it requests")
	}
	p := &Plan{done: func() string { return s.Name + " serves at " + s.Address }}
	if o.Health != nil {
		p.would("wait until %s is healthy", s.Name)
	}
	o.join(p, s, s.Name, func() string { return s.Name + " may get no requests yet: the same command goes on" })
	return p, nil
}
