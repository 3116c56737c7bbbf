package manual

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/pool"
)

// Resize plans to drain a server, change its size in place, and send it requests again. If it is the only server that
// serves, Resize fails outside the maintenance window, unless now is set.
func (o *Operator) Resize(ctx context.Context, server, size string, now bool) (*Plan, error) {
	s, servers, err := o.find(ctx, server)
	if err != nil {
		return nil, err
	}
	resizer, ok := o.Provider.(pool.Resizer)
	if !ok {
		return nil, fmt.Errorf("POOL_PROVIDER=%s cannot resize a server in place.  "+
			"Create one of the other size, and destroy this one", o.ProviderName)
	}
	size, price, err := o.offer(ctx, size)
	if err != nil {
		return nil, err
	}
	onlyOne := o.onlyOne(ctx, servers, s)
	if onlyOne && !now && !o.Maintenance(time.Now()) {
		window := "MAINTENANCE_WINDOW is not set"
		if o.Window != "" {
			window = "it is outside MAINTENANCE_WINDOW=" + o.Window
		}
		return nil, fmt.Errorf("nothing was done: %s is the only server that serves, so the app would be down for "+
			"some minutes, and %s. Create another first, or add --now", s.Name, window)
	}
	p := &Plan{done: func() string { return fmt.Sprintf("%s has the size %s", s.Name, size) }}
	o.drain(p, s, onlyOne)
	again := func() string {
		return fmt.Sprintf("%s gets no requests yet. Run autoscalebot servers resize %[1]s %s --yes to continue",
			s.Name, size)
	}
	p.would("switch %s off, change its size to %s from %s, and switch it on (price: %s instead of %s)",
		s.Name, size, cmp.Or(s.Size, "an unknown size"), priced(price), priced(o.hourly(*s)))
	p.would("wait until it runs%s", o.andHealthy())
	say := fmt.Sprintf("resize %s to %s, which takes minutes", s.Name, size)
	p.add(say, again, func(ctx context.Context, r report) error {
		return resizer.Resize(ctx, s.ID, size, func(text string) { r.further("%s", text) })
	})
	o.await(p, s, s.Name, again)
	o.join(p, s, s.Name, again)
	return p, nil
}
