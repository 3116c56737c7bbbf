package pool_test

import (
	"context"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/bot/pool"
	"github.com/autoscalebot/autoscalebot/bot/pool/pooltest"
	"github.com/autoscalebot/autoscalebot/bot/scalertest"
)

var (
	_ bot.Scaler        = (*pool.Pool)(nil)
	_ bot.Runner        = (*pool.Pool)(nil)
	_ bot.UpReporter    = (*pool.Pool)(nil)
	_ bot.Pricer        = (*pool.Pool)(nil)
	_ bot.Sizer         = (*pool.Pool)(nil)
	_ bot.SizePricer    = (*pool.Pool)(nil)
	_ bot.Checker       = (*pool.Pool)(nil)
	_ bot.QuotaReporter = (*pool.Pool)(nil)
)

func TestPoolIsAScaler(t *testing.T) {
	const quick = 5 * time.Millisecond
	scalertest.Run(t, func(t *testing.T) scalertest.Fixture {
		w := &pooltest.World{Boot: quick, Warm: quick, Join: quick, Busy: quick, End: quick, Size: "small"}
		w.Serve("web", 2)
		p, err := pool.New(pool.Options{
			Name: "web", Provider: w, Balancer: w, Health: w, Limits: between(0, 10), Timing: pool.Timing{Settle: -1, Busy: quick, Rest: quick},
		})
		must(t, err)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			_ = p.Run(ctx)
		}()
		t.Cleanup(func() { cancel(); <-ended })
		read := func(can bool) {
			for (p.Status().Error == "") != can || p.Status().Time.IsZero() {
				time.Sleep(time.Millisecond)
			}
		}
		read(true)
		return scalertest.Fixture{
			Unit:   "server",
			Scaler: p,
			Count:  func() int { return len(w.Serving()) },
			Break: func() func() {
				w.SetFault(func(pooltest.Call) pooltest.Fault { return pooltest.FailsFirst })
				read(false)
				return func() { w.SetFault(nil); read(true) }
			},
		}
	})
}

func TestPoolGoesUpAndDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &pooltest.World{Boot: time.Minute, Warm: 30 * time.Second, Join: 5 * time.Second, Busy: 10 * time.Second, Limits: between(1, 5)}
		w.Serve("web", 1)
		p, err := pool.New(pool.Options{Name: "web", Provider: w, Balancer: w, Health: w, Limits: w.Limits})
		must(t, err)
		for _, n := range []int{1, 3, 5, 2} {
			must(t, p.Resize(t.Context(), n))
			ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
			_ = p.Run(ctx)
			cancel()
			if got := len(w.Serving()); got != n || len(w.Names()) != n {
				t.Errorf("after Resize(%d) %v serve\n%s", n, w.Names(), p.Status())
			}
		}
		for _, v := range w.Violations() {
			t.Error(v)
		}
	})
}

// What a server costs goes by those that are there: one that somebody made larger is not cheap because new ones are.
func TestThePriceIsThatOfTheServersThatAreThere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &pooltest.World{Size: "small"}
		w.Serve("web", 3)
		w.Resized("web-3", "large")
		p, err := pool.New(pool.Options{
			Name: "web", Provider: w, Balancer: w, Health: w, Limits: between(2, 4), Timing: pool.Timing{Settle: -1},
			Sizes: []pool.Size{{Name: "small", Price: 0.01}}, Price: 0.04,
		})
		must(t, err)
		want := func(name string, hour float64) {
			t.Helper()
			if got, err := p.Price(t.Context()); err != nil || math.Abs(got-hour*730) > 1e-6 {
				t.Errorf("%s: a server costs %v a month, want %v (%v)", name, got, hour*730, err)
			}
		}
		want("one of three is large", (0.01+0.01+0.04)/3)
		if got := p.Status().DollarsPerHour; math.Abs(got-0.06) > 1e-9 {
			t.Errorf("all cost $%v an hour, want 0.06", got)
		}
		run(t.Context(), p, 10*time.Minute)
		want("all are small again", 0.01)
	})
}

// Where the price of one server is not known, what all cost is not either: the sum of the others would look like it.
func TestTheCostIsNotKnownWhereOnePriceIsNot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &pooltest.World{Size: "small"}
		w.Serve("web", 2)
		w.Resized("web-2", "huge")
		w.Unpriced("web-2")
		p, err := pool.New(pool.Options{
			Name: "web", Provider: w, Balancer: w, Health: w, Limits: between(2, 2), Timing: pool.Timing{Settle: -1}, Sizes: []pool.Size{{Name: "small", Price: 0.01}},
		})
		must(t, err)
		price, err := p.Price(t.Context())
		if err == nil || p.Status().DollarsPerHour != 0 {
			t.Errorf("a server costs %v a month, and all $%v an hour", price, p.Status().DollarsPerHour)
		}
	})
}

func between(least, most int) func(time.Time) (int, int) {
	return func(time.Time) (int, int) { return least, most }
}
