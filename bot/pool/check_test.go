package pool_test

import (
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
		p := open(t.Fatalf, w, func(o *pool.Options) { o.MaxDollarsPerHour = 0.5 })
		check := func() string {
			var b strings.Builder
			p.Check(t.Context(), func(what, found string, err error) { fmt.Fprintf(&b, "%s: %s (%v)\n", what, found, err) })
			return b.String()
		}
		want := `servers: 3 of the pool web: web-1 active, web-2 active, web-3 active (<nil>)
balancer: 3 of the servers are behind it, 3 get requests; 1 members are not the pool's (<nil>)
health: 2 of 3 servers pass (web-2: it answers with status 503)
limits: 1 to 2 servers, $0.5 an hour at the most (there are 3 already: the pool will take some away)
`
		if got := check(); got != want {
			t.Errorf("Check says\n%s\nwant\n%s", got, want)
		}
		w.SetFault(func(c pooltest.Call) pooltest.Fault { return pick(c.Name == "List", pooltest.FailsFirst) })
		if got := check(); got != "servers:  (list the servers: the world is out of order)\n" {
			t.Errorf("Check of a provider that fails says\n%s", got)
		}
	})
}

func TestMistakesInTheOptions(t *testing.T) {
	w := &pooltest.World{}
	for _, c := range []struct {
		change func(*pool.Options)
		want   string
	}{
		{func(o *pool.Options) { o.Name = "my pool" }, `the name of the pool is "my pool": want 1 to 40 letters, digits or dashes, such as web`},
		{func(o *pool.Options) { o.Provider = nil }, "the pool has no provider of servers"},
		{func(o *pool.Options) { o.Limits = nil }, "the pool has no limits"},
		{func(o *pool.Options) { o.MaxDollarsPerHour = -1 }, "the pool may cost $-1 an hour: want 0 for no matter, or more"},
		{func(o *pool.Options) { o.DrainTimeout = -time.Second }, "the time to drain is -1s: want more than 0"},
		{func(o *pool.Options) { o.Parallel = -1 }, "the number of servers made at the same time is -1: want 1 or more"},
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
