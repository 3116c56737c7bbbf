package manual

import (
	"cmp"
	"context"
	"fmt"
	"time"
)

// Destroy plans to drain a server, to take it out of the balancer, and to end it for good.
func (o *Operator) Destroy(ctx context.Context, server string) (*Plan, error) {
	s, servers, err := o.find(ctx, server)
	if err != nil {
		return nil, err
	}
	p := &Plan{done: func() string { return fmt.Sprintf("%s (%s) is no more", s.Name, s.ID) }}
	o.drain(p, s, o.onlyOne(ctx, servers, s))
	left := func() string {
		out := ""
		if o.Balancer != nil {
			out = s.Name + " gets no requests now. "
		}
		return out + fmt.Sprintf("%s (%s) may still be there and cost money: autoscalebot servers destroy %[1]s "+
			"--yes goes on",
			s.Name, s.ID)
	}
	if o.Balancer != nil {
		o.withMember(p, s, "take "+s.Name+" out of the balancer", left, o.Balancer.Remove)
	}
	p.would("destroy %s (%s at %s) for good, with what is on its disk; it costs %s",
		s.Name, s.ID, cmp.Or(s.Address, "no address yet"), priced(o.hourly(*s)))
	if least, _ := o.Limits(time.Now()); len(staying(servers)) <= least {
		p.would("note that fewer than MIN_DYNOS, %d at this hour, are left: a bot would make another at once", least)
	}
	p.addOf(s, "destroy "+s.Name, left, o.untilDestroyed)
	p.addOf(s, "wait until "+s.Name+" is gone", left, o.untilGone)
	return p, nil
}
