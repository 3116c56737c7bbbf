package manual_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/pool"
	"github.com/autoscalebot/autoscalebot/bot/pool/manual"
	"github.com/autoscalebot/autoscalebot/bot/pool/pooltest"
)

func operatorOf(p pool.Provider) *manual.Operator {
	return &manual.Operator{
		Pool: "web", Provider: p, ActiveWithin: time.Minute, Price: func(string) float64 { return 0 },
		Limits: func(time.Time) (least, most int) { return 1, 2 },
	}
}

// An unanswering provider does not describe its servers.
type unanswering struct{ pool.Provider }

func (unanswering) List(context.Context) ([]pool.Server, error) { return nil, nil }

func (unanswering) Create(_ context.Context, o pool.Order) (pool.Server, error) {
	return pool.Server{ID: "42", Name: o.Name}, nil
}

func (unanswering) Describe(ctx context.Context, _ string) (pool.Server, error) {
	<-ctx.Done()
	return pool.Server{}, ctx.Err()
}

// An interruption before the first look at a server still names the server.
func TestAnInterruptedWaitStillKnowsTheServer(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	p, err := operatorOf(unanswering{}).Spinup(ctx)
	if err != nil {
		t.Fatal(err)
	}
	_, err = p.Do(ctx, func(step string) {
		if step == "step 2 of 2: wait until web-1 runs" {
			cancel()
		}
	})
	want := "interrupted: wait until web-1 runs (context canceled). web-1 (42) exists and costs money. " +
		"Run autoscalebot servers spinup web-1 --yes to continue"
	if err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("it ends with %v, want %s…", err, want)
	}
}

// forgetful is a provider that knows a server no more at some moment, and lists it until another.
type forgetful struct {
	pool.Provider
	knows, lists time.Time
}

func (f forgetful) Describe(context.Context, string) (pool.Server, error) {
	if time.Now().Before(f.knows) {
		return pool.Server{ID: "42", Name: "web-1", State: pool.Active}, nil
	}
	return pool.Server{}, pool.ErrGone
}

func (f forgetful) List(context.Context) ([]pool.Server, error) {
	if !time.Now().After(f.lists) {
		return []pool.Server{{ID: "42", Name: "web-1", State: pool.Active}}, nil
	}
	return nil, nil
}

func (forgetful) Destroy(context.Context, string) error {
	time.Sleep(time.Nanosecond) // so that it was listed before
	return nil
}

func TestAServerIsGoneWhenTheProviderNeitherKnowsNorListsIt(t *testing.T) {
	for name, c := range map[string]struct{ knows, lists, want time.Duration }{
		"it is known for longer":  {30 * time.Second, 0, 30 * time.Second},
		"it is listed for longer": {0, 40 * time.Second, 40 * time.Second},
		"at once":                 {0, 0, 0},
		"never":                   {time.Hour, 0, -1},
		"listed for ever":         {0, time.Hour, -1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				now := time.Now()
				p, err := operatorOf(forgetful{knows: now.Add(c.knows), lists: now.Add(c.lists)}).Destroy(t.Context(), "web-1")
				if err != nil {
					t.Fatal(err)
				}
				_, err = p.Do(t.Context(), func(string) {})
				took := time.Since(now)
				if c.want < 0 && (err == nil || !strings.Contains(err.Error(), "after 5m0s. web-1 (42) may still exist")) ||
					c.want >= 0 && (err != nil || took < c.want || took > c.want+3*time.Second) {
					t.Errorf("it ends after %v with %v, want %v", took, err, c.want)
				}
			})
		})
	}
}

// mute is a balancer that drains a server, and cannot be read from then on.
type mute struct {
	*pooltest.World
	drained bool
}

func (b *mute) Drain(ctx context.Context, m pool.Member) error {
	b.drained = true
	return b.World.Drain(ctx, m)
}

func (b *mute) Members(ctx context.Context) ([]pool.Member, error) {
	if b.drained {
		return nil, errors.New("the socket is gone")
	}
	return b.World.Members(ctx)
}

// A balancer that cannot be read does not say that a server's requests have ended.
func TestRequestsAreNotGivenUpWhileTheBalancerCannotBeRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &pooltest.World{Busy: 20 * time.Second, Limits: func(time.Time) (least, most int) { return 1, 2 }}
		w.Serve("web", 2)
		o := operatorOf(w)
		o.Balancer, o.DrainWithin = &mute{World: w}, time.Minute
		p, err := o.Destroy(t.Context(), "web-1")
		if err != nil {
			t.Fatal(err)
		}
		_, err = p.Do(t.Context(), func(string) {})
		want := "wait until web-1 has no requests: the socket is gone. web-1 may get no new requests now"
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("it ends with %v, want %s…", err, want)
		}
		if v := w.Violations(); len(v) > 0 || len(w.Names()) != 2 {
			t.Errorf("%v are left; %v", w.Names(), v)
		}
	})
}
