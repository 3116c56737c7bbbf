package pool_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/pool"
	"github.com/autoscalebot/autoscalebot/bot/pool/pooltest"
)

func TestCheckGoesThroughAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := slowWorld(1, 2)
		w.Serve("web", 3)
		w.Foreign("other")
		w.Sicken("web-2", true)
		p := open(t.Fatalf, w, func(o *pool.Options) { o.MaxDollarsPerHour, o.Sizes = 0.5, o.Sizes[:1] })
		check := func() string {
			var b strings.Builder
			p.Check(t.Context(), func(what, found string, err error) { fmt.Fprintf(&b, "%s: %s (%v)\n", what, found, err) })
			return b.String()
		}
		want := `servers: 3 in pool web: web-1 active, web-2 active, web-3 active (<nil>)
sizes: small (<nil>)
balancer: members: 3 of the pool (3 get requests), 1 other (<nil>)
health: 2 of 3 servers pass (web-2: it answered with status 503)
limits: 1 to 2 servers, $0.5 an hour at most (there are already 3: the pool will remove some)
`
		if got := check(); got != want {
			t.Errorf("Check says\n%s\nwant\n%s", got, want)
		}
		w.SetFault(at("List", pooltest.FailsFirst))
		if got := check(); got != "servers:  (list the servers: the world is out of order)\n" {
			t.Errorf("Check of a provider that fails says\n%s", got)
		}
	})
}

type catalog struct {
	*pooltest.World
	sizes []pool.Size
}

func (c catalog) Sizes(context.Context) ([]pool.Size, error)   { return c.sizes, nil }
func (c catalog) Images(context.Context) ([]pool.Image, error) { return nil, nil }

func TestCheckFindsSizesAndCosts(t *testing.T) {
	sizes := []pool.Size{{Name: "small", Price: 0.01}, {Name: "large", Price: 0.04}}
	for name, c := range map[string]struct {
		change func(*pool.Options)
		what   string
		fine   bool
		want   string
	}{
		"a size that the provider does not have": {func(o *pool.Options) { o.Sizes = []pool.Size{{Name: "smal"}} }, "sizes", false, `"smal"`},
		"the second size":                        {func(o *pool.Options) { o.Sizes = []pool.Size{{Name: "small"}, {Name: "huge"}} }, "sizes", false, `"huge"`},
		"sizes with their prices":                {func(o *pool.Options) { o.Sizes = sizes }, "sizes", true, "small ($0.01 an hour), large ($0.04 an hour)"},
		"a server of another size": {func(o *pool.Options) {
			o.Sizes = sizes[:1]
			o.Provider.(catalog).Resized("web-2", "large")
		}, "sizes", true, "1 of 2 servers do not have the size of new servers, small: web-2 (large)"},
		"one of another size that is ending": {func(o *pool.Options) {
			o.Sizes = sizes[:1]
			o.Provider.(catalog).Resized("web-2", "large")
			o.Provider.(catalog).Fail("web-2", pool.Ending)
		}, "sizes", true, "small ($0.01 an hour) <nil>"},
		"a cap below one server's price":       {func(o *pool.Options) { o.Sizes, o.MaxDollarsPerHour = sizes[:1], 0.009 }, "limits", false, "one server of size small costs $0.01 an hour"},
		"a cap, and a size that cannot be had": {func(o *pool.Options) { o.Sizes, o.MaxDollarsPerHour = []pool.Size{{Name: "huge"}}, 1 }, "limits", true, "2 to 4 servers"},
		"a cap below a larger one's":           {func(o *pool.Options) { o.Sizes, o.MaxDollarsPerHour = sizes, 0.03 }, "limits", false, "one server of size large costs $0.04 an hour"},
		"a cap below the minimum":              {func(o *pool.Options) { o.Sizes, o.MaxDollarsPerHour = sizes[:1], 0.015 }, "limits", false, "the minimum of 2 servers of size small costs $0.02 an hour"},
		"a cap without a price": {func(o *pool.Options) {
			o.Sizes, o.MaxDollarsPerHour, o.Provider = []pool.Size{{Name: "small"}, {Name: "other"}}, 1, o.Provider.(catalog).World
		}, "limits", false, "the price of size other is unknown"},
		"a cap below the minimum of another hour": {func(o *pool.Options) {
			begin := time.Now()
			o.Sizes, o.MaxDollarsPerHour, o.Limits = sizes[:1], 0.025, func(now time.Time) (least, most int) {
				if now.Sub(begin) >= 30*time.Hour && now.Sub(begin) < 33*time.Hour {
					return 3, 4
				}
				return 2, 4
			}
		}, "limits", false, "the minimum of 3 servers of size small at Sun 06:00 UTC costs $0.03 an hour"},
		"a cap for fewer than the maximum": {func(o *pool.Options) { o.Sizes, o.MaxDollarsPerHour = sizes[:1], 0.035 }, "limits", true, "enough for 3 × small"},
		"a cap for all":                    {func(o *pool.Options) { o.Sizes, o.MaxDollarsPerHour = sizes, 0.04 }, "limits", true, "2 to 4 servers, $0.04 an hour at most"},
		"a size in upper case":             {func(o *pool.Options) { o.Size, o.Sizes = "SMALL", sizes[:1] }, "sizes", true, "small ($0.01 an hour) <nil>"},
		"no known sizes":                   {func(o *pool.Options) { o.Sizes, o.Provider = sizes[:1], o.Provider.(catalog).World }, "sizes", true, "small ($0.01 an hour)"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := slowWorld(2, 4)
				w.Serve("web", 2)
				p := open(t.Fatalf, w, func(o *pool.Options) {
					o.Provider = catalog{w, sizes}
					c.change(o)
				})
				said := false
				p.Check(t.Context(), func(what, found string, err error) {
					if what != c.what {
						return
					}
					said = true
					text := fmt.Sprint(found, " ", err)
					if (err == nil) != c.fine || !strings.Contains(text, c.want) {
						t.Errorf("%s: %s, want %q", what, text, c.want)
					}
				})
				if !said {
					t.Errorf("nothing is said of %s", c.what)
				}
			})
		})
	}
}

func TestMistakesInTheOptions(t *testing.T) {
	w := &pooltest.World{}
	for _, c := range []struct {
		change func(*pool.Options)
		want   string
	}{
		{func(o *pool.Options) { o.Name = "my pool" }, `invalid pool name "my pool": must be 1 to 40 letters, digits or dashes, such as web`},
		{func(o *pool.Options) { o.Provider = nil }, "the pool has no provider"},
		{func(o *pool.Options) { o.Limits = nil }, "the pool has no limits"},
		{func(o *pool.Options) { o.MaxDollarsPerHour = -1 }, "the cost limit is $-1 an hour: must be 0 (unlimited) or more"},
		{func(o *pool.Options) { o.DrainTimeout = -time.Second }, "the time to drain is -1s: must be more than 0"},
		{func(o *pool.Options) { o.Parallel = -1 }, "the number of servers created at the same time is -1: must be 1 or more"},
	} {
		o := pool.Options{Name: "web", Provider: w, Limits: between(0, 1)}
		c.change(&o)
		if _, err := pool.New(o); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("New: %v, want %q", err, c.want)
		}
	}
	var joined interface{ Unwrap() []error }
	if _, err := pool.New(pool.Options{}); !errors.As(err, &joined) || len(joined.Unwrap()) != 3 {
		t.Errorf("New without anything: %v, want all three mistakes", err)
	}
}
