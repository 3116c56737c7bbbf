package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/pool"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
)

// spinup makes a server and puts it to work.
func (c *poolOperator) spinup(ctx context.Context, args []string) (job, error) {
	servers, err := c.provider.List(ctx)
	if err != nil {
		return job{}, err
	}
	var s pool.Server
	name, goesOn := c.nextName(servers), false
	if len(args) > 0 {
		if err := c.isName(args[0]); err != nil {
			return job{}, err
		}
		name = args[0]
		i := slices.IndexFunc(servers, func(s pool.Server) bool { return s.Name == name && s.State != pool.Ending })
		if goesOn = i >= 0; goesOn {
			s = servers[i]
		}
	}
	size, price, err := c.offer(ctx, c.s.FirstSize())
	if err != nil {
		return job{}, err
	}
	if !goesOn {
		if err := c.fits(servers, price); err != nil {
			return job{}, err
		}
	}
	retry := fmt.Sprintf("autoscalebot servers spinup %s --yes goes on with it, and autoscalebot servers destroy %[1]s --yes ends it", name)
	j := job{done: func() string { return name + " serves at " + s.Address }}
	if goesOn {
		j.would = append(j.would, fmt.Sprintf("go on with %s, which is there already (%s, %s)", name, s.ID, s.State))
	} else {
		j.would = append(j.would, fmt.Sprintf("make the server %s%s, which costs %s", name, ofSize(size), settings.Priced(price)))
		j.steps = append(j.steps, step{"make " + name + ofSize(size), func(ctx context.Context) error {
			err := call(ctx, func(ctx context.Context) (err error) {
				s, err = c.provider.Create(ctx, pool.Order{Name: name, Size: size})
				return err
			})
			if errors.Is(err, pool.ErrRefused) {
				return fmt.Errorf("%w (so there is none)", err)
			}
			return err
		}, func() string {
			return "Whether there is a " + name + " now autoscalebot servers list tells; if so, " + retry
		}})
	}
	left := func() string { return fmt.Sprintf("%s (%s) is there and costs money: %s", name, s.ID, retry) }
	j.would = append(j.would, "wait until it runs"+c.healthText())
	j.steps = append(j.steps, step{"wait until " + name + " runs", func(ctx context.Context) (err error) {
		s, err = c.untilActive(ctx, s)
		return err
	}, left})
	j.addJoin(c, func() pool.Server { return s }, name, left)
	return j, nil
}

// addJoin adds what puts a server that runs to work.
func (j *job) addJoin(c *poolOperator, s func() pool.Server, name string, left func() string) {
	if c.health != nil {
		j.steps = append(j.steps, step{"wait until " + name + " is healthy", func(ctx context.Context) error { return c.untilHealthy(ctx, s()) }, left})
	}
	if c.balancer == nil {
		return
	}
	j.would = append(j.would, "put it behind the balancer")
	j.steps = append(j.steps,
		step{"put " + name + " behind the balancer", func(ctx context.Context) error {
			return call(ctx, func(ctx context.Context) error { return c.balancer.Add(ctx, s()) })
		}, left},
		step{"wait until the balancer gives " + name + " requests", func(ctx context.Context) error { return c.untilServing(ctx, s()) }, left})
}

// drain takes a server out of rotation.
func (c *poolOperator) drain(ctx context.Context, args []string) (job, error) {
	s, err := c.find(ctx, args[0])
	if err != nil {
		return job{}, err
	}
	if c.balancer == nil {
		return job{}, errors.New("POOL_BALANCER is none, so there is nothing that could give it no requests")
	}
	j := job{done: func() string {
		return fmt.Sprintf("%s gets no requests; autoscalebot servers undrain %[1]s --yes gives it some again", s.Name)
	}}
	j.addDrain(c, s, c.warnLast(ctx, s))
	return j, nil
}

// addDrain adds what takes a server out of rotation. warning is what it means for the app, "" for nothing.
func (j *job) addDrain(c *poolOperator, s pool.Server, warning string) {
	if c.balancer == nil {
		return
	}
	most := time.Duration(c.s.PoolDrain)
	j.would = append(j.would, fmt.Sprintf("have the balancer give %s no new requests%s, and wait until it has none, for %v at the most", s.Name, warning, most))
	left := func() string {
		return fmt.Sprintf("%s may get no new requests now: the same command goes on, and autoscalebot servers undrain %[1]s --yes gives it some again", s.Name)
	}
	j.steps = append(j.steps,
		step{"drain " + s.Name, func(ctx context.Context) error {
			m, ok, err := c.member(ctx, s)
			if err != nil || !ok {
				return err
			}
			return call(ctx, func(ctx context.Context) error { return c.balancer.Drain(ctx, m) })
		}, left},
		step{"wait until " + s.Name + " has no requests", func(ctx context.Context) error { return c.untilDrained(ctx, s) }, left})
}

// undrain gives a server requests again.
func (c *poolOperator) undrain(ctx context.Context, args []string) (job, error) {
	s, err := c.find(ctx, args[0])
	if err != nil {
		return job{}, err
	}
	if c.balancer == nil {
		return job{}, errors.New("POOL_BALANCER is none, so there is nothing that could give it requests")
	}
	j := job{done: func() string { return s.Name + " serves at " + s.Address }}
	if c.health != nil {
		j.would = append(j.would, "wait until "+s.Name+" is healthy")
	}
	j.addJoin(c, func() pool.Server { return s }, s.Name, func() string {
		return fmt.Sprintf("%s may get no requests yet: the same command goes on", s.Name)
	})
	return j, nil
}

// destroy ends a server for good.
func (c *poolOperator) destroy(ctx context.Context, args []string) (job, error) {
	s, err := c.find(ctx, args[0])
	if err != nil {
		return job{}, err
	}
	j := job{done: func() string { return fmt.Sprintf("%s (%s) is no more", s.Name, s.ID) }}
	j.addDrain(c, s, c.warnLast(ctx, s))
	left := func() string {
		return fmt.Sprintf("%s (%s) may still be there and cost money: autoscalebot servers destroy %[1]s --yes goes on", s.Name, s.ID)
	}
	if c.balancer != nil {
		gone := left
		left = func() string { return s.Name + " gets no requests now. " + gone() }
		j.steps = append(j.steps, step{"take " + s.Name + " out of the balancer", func(ctx context.Context) error {
			m, ok, err := c.member(ctx, s)
			if err != nil || !ok {
				return err
			}
			return call(ctx, func(ctx context.Context) error { return c.balancer.Remove(ctx, m) })
		}, left})
	}
	j.would = append(j.would, fmt.Sprintf("destroy %s (%s at %s) for good, with what is on its disk; it costs %s", s.Name, s.ID, orText(s.Address, "no address yet"), settings.Priced(c.hourly(s))))
	if least := c.s.Table.At(c.h.now).Min; c.count(ctx) <= least {
		j.would = append(j.would, fmt.Sprintf("note that fewer than MIN_DYNOS, %d at this hour, are left: a bot would make another at once", least))
	}
	j.steps = append(j.steps,
		step{"destroy " + s.Name, func(ctx context.Context) error {
			return c.untilDestroyed(ctx, s)
		}, left},
		step{"wait until " + s.Name + " is gone", func(ctx context.Context) error { return c.untilGone(ctx, s) }, left})
	return j, nil
}

// resize makes a server larger or smaller in its place.
func (c *poolOperator) resize(ctx context.Context, args []string) (job, error) {
	s, err := c.find(ctx, args[0])
	if err != nil {
		return job{}, err
	}
	resizer, ok := c.provider.(pool.Resizer)
	if !ok {
		return job{}, fmt.Errorf("POOL_PROVIDER=%s cannot change the size of a server in its place: make one of the other size, and destroy this one", c.s.PoolProvider)
	}
	size, price, err := c.offer(ctx, args[1])
	if err != nil {
		return job{}, err
	}
	warning := c.warnLast(ctx, s)
	if warning != "" && !c.now && !c.s.Maintenance.At(c.h.now) {
		window := "no MAINTENANCE_WINDOW is set"
		if c.s.MaintenanceWindow != "" {
			window = fmt.Sprintf("it is not the MAINTENANCE_WINDOW, %s", c.s.MaintenanceWindow)
		}
		return job{}, fmt.Errorf("nothing was done: %s is the only server that serves, so the app would be down for some minutes, and %s; make another before, or add --now", s.Name, window)
	}
	j := job{done: func() string { return fmt.Sprintf("%s is of %s", s.Name, size) }}
	j.addDrain(c, s, warning)
	again := func() string {
		return fmt.Sprintf("%s gets no requests yet: autoscalebot servers resize %[1]s %s --yes goes on where this ended", s.Name, size)
	}
	j.would = append(j.would, fmt.Sprintf("switch %s off, make it %s instead of %s, switch it on again; then it costs %s instead of %s",
		s.Name, size, orText(s.Size, "what it is"), settings.Priced(price), settings.Priced(c.hourly(s))), "wait until it runs"+c.healthText())
	j.steps = append(j.steps,
		step{fmt.Sprintf("resize %s to %s, which takes minutes", s.Name, size), func(ctx context.Context) error {
			return resizer.Resize(ctx, s.ID, size, func(text string) { c.progress("  %s", text) })
		}, again},
		step{"wait until " + s.Name + " runs", func(ctx context.Context) (err error) {
			s, err = c.untilActive(ctx, s)
			return err
		}, again})
	j.addJoin(c, func() pool.Server { return s }, s.Name, again)
	return j, nil
}

// snapshot makes an image of a server.
func (c *poolOperator) snapshot(ctx context.Context, args []string) (job, error) {
	s, err := c.find(ctx, args[0])
	if err != nil {
		return job{}, err
	}
	name := args[1]
	snapshotter, ok := c.provider.(pool.Snapshotter)
	if !ok {
		return job{}, fmt.Errorf("POOL_PROVIDER=%s makes no images of servers", c.s.PoolProvider)
	}
	var image pool.Image
	j := job{
		would: []string{fmt.Sprintf("make the image %s of %s (%s), whose storage the provider bills by the GB and month", name, s.Name, s.ID)},
		done:  func() string { return fmt.Sprintf("the image %s is %s", name, image.ID) },
	}
	j.steps = append(j.steps, step{fmt.Sprintf("make the image %s of %s, which takes minutes", name, s.Name), func(ctx context.Context) (err error) {
		image, err = snapshotter.Snapshot(ctx, s.ID, name, func(text string) { c.progress("  %s", text) })
		return err
	}, func() string { return "autoscalebot servers images tells whether there is a " + name }})
	return j, nil
}

// nextName is what another server is called.
func (c *poolOperator) nextName(servers []pool.Server) string {
	last := 0
	for _, s := range servers {
		if n, err := strconv.Atoi(strings.TrimPrefix(s.Name, c.s.Pooled()+"-")); err == nil {
			last = max(last, n)
		}
	}
	return fmt.Sprintf("%s-%d", c.s.Pooled(), last+1)
}

// isName wants the name of a server as the pool gives them, so that a bot knows it as its own.
func (c *poolOperator) isName(name string) error {
	number, ok := strings.CutPrefix(name, c.s.Pooled()+"-")
	if n, err := strconv.Atoi(number); !ok || err != nil || n < 1 || number != strconv.Itoa(n) {
		return fmt.Errorf("%q: servers of this pool are called %s-1, %[2]s-2 and so on", name, c.s.Pooled())
	}
	return nil
}

// fits refuses a server that is more than the settings allow.
func (c *poolOperator) fits(servers []pool.Server, price float64) error {
	n, sum, unpriced := 0, price, ""
	for _, s := range servers {
		if s.State == pool.Ending || s.State == pool.Failed {
			continue
		}
		n++
		if sum += c.hourly(s); c.hourly(s) == 0 {
			unpriced = s.Name
		}
	}
	if most := c.s.Table.At(c.h.now).Max; n >= most {
		return fmt.Errorf("nothing was done: the pool has %d servers, and MAX_DYNOS is %d at this hour; raise that first", n, most)
	}
	most := float64(c.s.PoolMaxDollars)
	switch {
	case most > 0 && price == 0:
		return fmt.Errorf("nothing was done: what it costs is not known, and POOL_MAX_DOLLARS_PER_HOUR is %g; set SERVER_PRICE_PER_HOUR", most)
	case most > 0 && unpriced != "":
		return fmt.Errorf("nothing was done: the price of %s is not known, and POOL_MAX_DOLLARS_PER_HOUR is %g; set SERVER_PRICE_PER_HOUR", unpriced, most)
	case most > 0 && sum > most:
		return fmt.Errorf("nothing was done: the pool would cost %s, and POOL_MAX_DOLLARS_PER_HOUR is %g", settings.Priced(sum), most)
	}
	return nil
}

// offer finds a size by its name, in upper or lower case: what the provider calls it, and what a server of it costs an hour, 0 where nobody
// says. A size that cannot be had is refused, where that is known.
func (c *poolOperator) offer(ctx context.Context, size string) (name string, price float64, err error) {
	if size == "" {
		return "", c.s.ServerPrice.Price(size), nil
	}
	offered, err := pool.Offered(ctx, c.provider, size)
	if err != nil {
		return "", 0, fmt.Errorf("%w; autoscalebot servers sizes lists sizes", err)
	}
	return offered.Name, cmp.Or(offered.Price, c.s.ServerPrice.Price(size)), nil
}

// hourly is what a server that is there costs an hour, by the provider or else the settings; 0 where neither says.
func (c *poolOperator) hourly(s pool.Server) float64 {
	return cmp.Or(s.Price, c.s.ServerPrice.Price(s.Size))
}

// count is how many servers there are; -1 where that cannot be read.
func (c *poolOperator) count(ctx context.Context) int {
	servers, err := c.provider.List(ctx)
	if err != nil {
		return -1
	}
	return len(slices.DeleteFunc(servers, func(s pool.Server) bool { return s.State == pool.Ending || s.State == pool.Failed }))
}

// warnLast says that a server is the last one that serves, "" where it is not.
func (c *poolOperator) warnLast(ctx context.Context, s pool.Server) string {
	servers, err := c.provider.List(ctx)
	if err != nil {
		return ""
	}
	if m, ok, err := c.member(ctx, s); c.balancer != nil && err == nil && (!ok || m.State != pool.Serving) {
		return "" // it does not serve itself
	}
	for _, other := range servers {
		if other.ID == s.ID || other.State != pool.Active {
			continue
		}
		m, ok, err := c.member(ctx, other)
		if c.balancer == nil || err == nil && ok && m.State == pool.Serving {
			return ""
		}
	}
	return " (IT IS THE ONLY ONE THAT SERVES, SO THE APP IS DOWN THEN)"
}

func (c *poolOperator) healthText() string {
	if c.health == nil {
		return ""
	}
	return " and is healthy"
}

func ofSize(size string) string {
	if size == "" {
		return ""
	}
	return " of " + size
}

func orText(text, other string) string {
	if text == "" {
		return other
	}
	return text
}
