package manual

import (
	"cmp"
	"context"
	"fmt"
	"time"
)

// Destroy plans to drain a server, remove it from the balancer and destroy it.
func (o *Operator) Destroy(ctx context.Context, server string) (*Plan, error) {
	s, servers, err := o.find(ctx, server)
	if err != nil {
		return nil, err
	}
	p := &Plan{done: func() string { return fmt.Sprintf("%s (%s) is gone", s.Name, s.ID) }}
	o.drain(p, s, o.onlyOne(ctx, servers, s))
	left := func() string {
		out := ""
		if o.Balancer != nil {
			out = s.Name + " gets no requests now. "
		}
		return out + fmt.Sprintf("%s (%s) may still exist and cost money. Run autoscalebot servers destroy "+
			"%[1]s --yes "+
			"to continue", s.Name, s.ID)
	}
	if o.Balancer != nil {
		o.withMember(p, s, "remove "+s.Name+" from the balancer", left, o.Balancer.Remove)
	}
	p.would("destroy %s (%s at %s) and everything on its disk (price: %s)",
		s.Name, s.ID, cmp.Or(s.Address, "no address yet"), priced(o.hourly(*s)))
	if least, _ := o.Limits(time.Now()); len(staying(servers)) <= least {
		p.would("leave fewer servers than MIN_DYNOS (now %d): a running bot would create another at once", least)
	}
	p.addOf(s, "destroy "+s.Name, left, o.untilDestroyed)
	p.addOf(s, "wait until "+s.Name+" is gone", left, o.untilGone)
	return p, nil
}
