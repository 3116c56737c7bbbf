package manual

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/pool"
)

// Resize plans to drain a server, to give it another size in its place, and to give it requests again. Where it is the
// only one that serves it is refused, but in the maintenance window, or now.
func (o *Operator) Resize(ctx context.Context, server, size string, now bool) (*Plan, error) {
	s, servers, err := o.find(ctx, server)
	if err != nil {
		return nil, err
	}
	resizer, ok := o.Provider.(pool.Resizer)
	if !ok {
		return nil, fmt.Errorf("POOL_PROVIDER=%s cannot change the size of a server in its place: "+
			"make one of the other size, and destroy this one", o.ProviderName)
	}
	size, price, err := o.offer(ctx, size)
	if err != nil {
		return nil, err
	}
	onlyOne := o.onlyOne(ctx, servers, s)
	if onlyOne && !now && !o.Maintenance(time.Now()) {
		window := "no MAINTENANCE_WINDOW is set"
		if o.Window != "" {
			window = "it is not the MAINTENANCE_WINDOW, " + o.Window
		}
		return nil, fmt.Errorf("nothing was done: %s is the only server that serves, so the app would be down for "+
			"some minutes, "+
			"and %s; make another before, or add --now", s.Name, window)
	}
	p := &Plan{done: func() string { return fmt.Sprintf("%s is of %s", s.Name, size) }}
	o.drain(p, s, onlyOne)
	again := func() string {
		return fmt.Sprintf("%s gets no requests yet: autoscalebot servers resize %[1]s %s --yes goes on "+
			"where this ended",
			s.Name, size)
	}
	p.would("switch %s off, make it %s instead of %s, switch it on again; then it costs %s instead of %s",
		s.Name, size, cmp.Or(s.Size, "what it is"), priced(price), priced(o.hourly(*s)))
	p.would("wait until it runs%s", o.andHealthy())
	say := fmt.Sprintf("resize %s to %s, which takes minutes", s.Name, size)
	p.add(say, again, func(ctx context.Context, r report) error {
		return resizer.Resize(ctx, s.ID, size, func(text string) { r.further("%s", text) })
	})
	o.await(p, s, s.Name, again)
	o.join(p, s, s.Name, again)
	return p, nil
}
