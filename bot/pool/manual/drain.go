package manual

import (
	"context"
	"errors"
	"fmt"

	"github.com/autoscalebot/autoscalebot/bot/pool"
)

// Drain plans to stop new requests to a server and to wait for those in flight.
func (o *Operator) Drain(ctx context.Context, server string) (*Plan, error) {
	s, servers, err := o.find(ctx, server)
	if err != nil {
		return nil, err
	}
	if o.Balancer == nil {
		return nil, errors.New("POOL_BALANCER=none: there is no balancer to drain it")
	}
	p := &Plan{done: func() string {
		return fmt.Sprintf("%s gets no requests. Run autoscalebot servers undrain %[1]s --yes to send it "+
			"requests again", s.Name)
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
		warning = " (IT IS THE ONLY SERVER THAT SERVES: THE APP WILL BE DOWN)"
	}
	p.would("stop new requests to %s%s, and wait at most %v for those in flight", s.Name, warning, o.DrainWithin)
	left := func() string {
		return fmt.Sprintf("%s may get no new requests now. Repeat the command to continue, or run "+
			"autoscalebot servers "+
			"undrain %[1]s --yes to send it requests again", s.Name)
	}
	o.withMember(p, s, "drain "+s.Name, left, o.Balancer.Drain)
	p.addOf(s, "wait until "+s.Name+" has no requests", left, o.untilDrained)
}

// Undrain plans to send a server requests again once it is healthy.
func (o *Operator) Undrain(ctx context.Context, server string) (*Plan, error) {
	s, _, err := o.find(ctx, server)
	if err != nil {
		return nil, err
	}
	if o.Balancer == nil {
		return nil, errors.New("POOL_BALANCER=none: there is no balancer to send it requests")
	}
	p := &Plan{done: func() string { return s.Name + " serves at " + s.Address }}
	if o.Health != nil {
		p.would("wait until %s is healthy", s.Name)
	}
	o.join(p, s, s.Name, func() string { return s.Name + " may get no requests yet. Repeat the command to continue" })
	return p, nil
}
