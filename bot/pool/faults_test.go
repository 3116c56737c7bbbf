package pool_test

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/pool"
	"github.com/autoscalebot/autoscalebot/bot/pool/pooltest"
	"github.com/autoscalebot/autoscalebot/bot/racetest"
)

func slowWorld(least, most int) *pooltest.World {
	return &pooltest.World{
		Boot: 40 * time.Second, Warm: 10 * time.Second, Join: 5 * time.Second, Busy: 20 * time.Second, End: 5 * time.Second,
		Lag: 8 * time.Second, Size: "small", Price: 0.01, Limits: between(least, most),
	}
}

// Passes are so rare that a fault can be tried at every call.
func open(fail func(string, ...any), w *pooltest.World, change func(*pool.Options)) *pool.Pool {
	o := pool.Options{
		Name: "web", Provider: w, Balancer: w, Health: w, Limits: w.Limits, HealthyAfter: 2, Timing: pool.Timing{Busy: 5 * time.Second, Rest: 2 * time.Minute},
		Sizes: []pool.Size{{Name: "small"}, {Name: "large"}},
	}
	if change != nil {
		change(&o)
	}
	p, err := pool.New(o)
	if err != nil {
		fail("%v", err)
	}
	return p
}

func run(ctx context.Context, p *pool.Pool, d time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	_ = p.Run(ctx)
}

// A life is a pool that may be killed at a call and started again.
type life struct {
	ctx    context.Context
	fail   func(string, ...any)
	w      *pooltest.World
	p      *pool.Pool
	change func(*pool.Options)
	want   int
	size   string
	dead   bool
	kill   context.CancelFunc
}

// The k-th call is the last of its bot where kills is set.
func (l *life) faults(k int, at pooltest.Fault, kills bool) func(pooltest.Call) pooltest.Fault {
	return func(c pooltest.Call) pooltest.Fault {
		switch {
		case l.dead: // what a dead bot asks for never leaves it
			return pooltest.FailsFirst
		case c.N != k:
			return pooltest.Works
		case kills:
			l.dead = true
			l.kill()
		}
		return at
	}
}

// A pool that is killed is replaced by a new one.
func (l *life) live(want int, size string, d time.Duration) {
	l.want, l.size = want, size
	for end := time.Now().Add(d); time.Now().Before(end); {
		if l.p == nil {
			l.p = open(l.fail, l.w, l.change)
		}
		_, _ = l.p.Resize(l.ctx, want), l.p.SetDynoSize(l.ctx, size)
		ctx, cancel := context.WithDeadline(l.ctx, end)
		l.kill = cancel
		_ = l.p.Run(ctx)
		cancel()
		if l.dead {
			l.dead, l.p = false, nil
		}
	}
}

func (l *life) whole(n int) {
	w := l.w
	if serving := w.Serving(); len(serving) != n || !slices.Equal(serving, w.Names()) || len(w.Orphans()) > 0 {
		l.fail("%v exist, %v of them serve, %v are left in the balancer; want %d\n%s", w.Names(), serving, w.Orphans(), n, l.p.Status())
	}
	for _, v := range w.Violations() {
		l.fail("%s", v)
	}
}

func (l *life) story() {
	l.live(4, "small", 100*time.Second)
	l.live(2, "small", 15*time.Second)
	l.live(3, "small", 2*time.Minute)
	l.live(2, "large", 5*time.Minute)
	l.w.SetFault(nil)
	l.live(2, "large", 40*time.Minute)
	l.whole(2)
	for _, name := range l.w.Names() {
		if size := l.w.SizeOf(name); size != "large" {
			l.fail("%s is %s", name, size)
		}
	}
}

func atEveryCall(t *testing.T, fault pooltest.Fault, kills bool, nameless bool) {
	for k, calls := 1, 0; calls == 0 || k <= calls; k++ {
		synctest.Test(t, func(t *testing.T) {
			w := slowWorld(1, 4)
			w.Nameless = nameless
			w.Serve("web", 2)
			l := &life{ctx: t.Context(), fail: t.Errorf, w: w}
			w.SetFault(l.faults(k, fault, kills))
			l.live(2, "small", time.Minute)
			l.story()
			if calls == 0 {
				calls = w.Calls() * 2 / 3 // what follows is the pool at rest
			}
		})
		if t.Failed() {
			t.Fatalf("at call %d", k)
		}
	}
}

func TestAnyCallMayGoWrong(t *testing.T) {
	racetest.Long(t)
	for _, fault := range []pooltest.Fault{pooltest.FailsFirst, pooltest.FailsLast, pooltest.HangsFirst, pooltest.HangsLast, pooltest.Refuses} {
		t.Run(string(fault), func(t *testing.T) { atEveryCall(t, fault, false, fault == pooltest.FailsLast) })
	}
}

func TestKilledAtAnyCall(t *testing.T) {
	racetest.Long(t)
	for _, last := range []pooltest.Fault{pooltest.FailsFirst, pooltest.FailsLast} {
		t.Run(string(last), func(t *testing.T) { atEveryCall(t, last, true, false) })
	}
}
