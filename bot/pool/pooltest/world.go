package pooltest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/pool"
)

// A World is an in-memory provider, balancer and health check on the clock of [time.Now], so a test can make its time
// virtual. It can fail or hang at any call, and records what a pool must never do. It is safe for concurrent use and
// must not be copied.
type World struct {
	// Boot is the time from an order until the server runs, Warm from then until it is healthy, and Join from its Add
	// until it gets requests. Busy is the time from a drain until its requests have ended, End from its destruction
	// until it is gone.
	Boot, Warm, Join, Busy, End time.Duration
	// Lag is the time for which List and Describe do not show a new server.
	Lag time.Duration
	// Price of each server, in dollars an hour.
	Price float64
	// Size of a server that was ordered without one.
	Size string
	// Nameless members have no ID, only a name.
	Nameless bool
	// Fault, if not nil, decides what happens to each call. It must not call the World.
	Fault func(Call) Fault
	// Limits, if not nil, are checked: a call that causes more servers to exist, or fewer to serve, is a violation.
	Limits func(now time.Time) (least, most int)

	mu         sync.Mutex
	servers    []*server
	members    map[string]*member // by server ID
	calls      int
	last       int // last ID given
	violations []string
	doubt      string // what the balancer's own check reports of servers that join
	doubted    time.Time
}

// A Call is one call to the provider or the balancer, numbered in order.
type Call struct {
	N    int    // from 1
	Name string // List, Create, Describe, Destroy, SwitchOff, Resize, SwitchOn, Members, Add, Drain, Remove
}

// A Fault is what happens to a call.
type Fault string

const (
	Works      Fault = ""
	FailsFirst Fault = "fails before it has an effect"
	FailsLast  Fault = "fails after it had its effect"
	HangsFirst Fault = "hangs before it has an effect"
	HangsLast  Fault = "hangs after it had its effect"
	Refuses    Fault = "is refused"
	Forgets    Fault = "returns an empty list"
)

type server struct {
	pool.Server
	ordered time.Time
	begun   time.Time // when it was ordered, or its resize began
	ended   time.Time
	foreign bool
	stuck   bool // never runs
	sick    bool // never healthy
}

type member struct {
	pool.Member
	added, drained time.Time
	down           bool
	foreign        bool
}

var errFault = errors.New("the world is out of order")

// act reports whether the call takes effect. fail returns the call's error, after the effect.
func (w *World) enter(ctx context.Context, name string) (act bool, fail func() error) {
	w.mu.Lock()
	w.calls++
	fault := Works
	if w.Fault != nil {
		fault = w.Fault(Call{w.calls, name})
	}
	w.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return false, func() error { return err }
	}
	hang := func() error { <-ctx.Done(); return ctx.Err() }
	switch fault {
	case FailsFirst:
		return false, func() error { return errFault }
	case FailsLast:
		return true, func() error { return errFault }
	case HangsFirst:
		return false, hang
	case HangsLast:
		return true, hang
	case Refuses:
		return false, func() error { return fmt.Errorf("%w: no more servers for this account", pool.ErrRefused) }
	case Forgets:
		return false, func() error { return nil }
	case Works:
	}
	return true, func() error { return nil }
}

// The caller holds the lock. Ended servers are dropped.
func (w *World) now() time.Time {
	now := time.Now()
	w.servers = slices.DeleteFunc(w.servers,
		func(s *server) bool { return !s.ended.IsZero() && now.Sub(s.ended) >= w.End })
	return now
}

func (w *World) state(s *server, now time.Time) pool.State {
	switch {
	case !s.ended.IsZero():
		return pool.Ending
	case s.State != "":
		return s.State
	case s.stuck || now.Sub(s.begun) < w.Boot:
		return pool.Making
	}
	return pool.Active
}

func (w *World) listed(s *server, now time.Time) pool.Server {
	t := s.Server
	if t.State = w.state(s, now); t.State == pool.Making {
		t.Address = ""
	}
	return t
}

func (w *World) find(id string) *server {
	for _, s := range w.servers {
		if s.ID == id {
			return s
		}
	}
	return nil
}

// List implements [pool.Provider].
func (w *World) List(ctx context.Context) ([]pool.Server, error) {
	whole, fail := w.enter(ctx, "List")
	if err := fail(); err != nil || !whole {
		return nil, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.now()
	var list []pool.Server
	for _, s := range w.servers {
		if !s.foreign && now.Sub(s.ordered) >= w.Lag {
			list = append(list, w.listed(s, now))
		}
	}
	return list, nil
}

// Create implements [pool.Provider].
func (w *World) Create(ctx context.Context, o pool.Order) (pool.Server, error) {
	act, fail := w.enter(ctx, "Create")
	var made pool.Server
	if act {
		made = w.create(o)
	}
	if err := fail(); err != nil {
		return pool.Server{}, fmt.Errorf("create %s: %w", o.Name, err)
	}
	return made, nil
}

func (w *World) create(o pool.Order) pool.Server {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.now()
	for _, s := range w.servers {
		if s.Name == o.Name && !s.foreign && s.ended.IsZero() && now.Sub(s.ordered) >= w.Lag {
			return w.listed(s, now)
		}
	}
	s := w.put(o.Name, cmp.Or(o.Size, w.Size), now)
	w.held(now, "create "+o.Name)
	return w.listed(s, now)
}

// The caller holds the lock.
func (w *World) put(name, size string, now time.Time) *server {
	w.last++
	s := &server{ordered: now, begun: now, Server: pool.Server{
		ID: fmt.Sprintf("id-%d", w.last), Name: name, Address: fmt.Sprintf("10.0.0.%d", w.last), Size: size,
		Price: w.Price, Created: now,
	}}
	w.servers = append(w.servers, s)
	return s
}

// Describe implements [pool.Provider].
func (w *World) Describe(ctx context.Context, id string) (pool.Server, error) {
	_, fail := w.enter(ctx, "Describe")
	if err := fail(); err != nil {
		return pool.Server{}, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.now()
	switch s := w.find(id); {
	case s == nil || now.Sub(s.ordered) < w.Lag:
		return pool.Server{}, fmt.Errorf("describe %s: %w", id, pool.ErrGone)
	case s.foreign:
		return pool.Server{}, fmt.Errorf("describe %s: %w", id, pool.ErrNotOurs)
	default:
		return w.listed(s, now), nil
	}
}

// Destroy implements [pool.Provider].
func (w *World) Destroy(ctx context.Context, id string) error {
	act, fail := w.enter(ctx, "Destroy")
	if act {
		if err := w.destroy(id); err != nil {
			return err
		}
	}
	return fail()
}

func (w *World) destroy(id string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.now()
	s := w.find(id)
	switch {
	case s == nil || !s.ended.IsZero():
		return nil
	case s.foreign:
		w.violate("Destroy was called for a server that is not the pool's")
		return fmt.Errorf("destroy %s: %w", id, pool.ErrNotOurs)
	}
	if m := w.members[id]; m != nil && w.memberState(m, now) == pool.Serving {
		w.violate("%s was destroyed while the balancer sent it requests", s.Name)
	}
	s.ended = now
	return nil
}

// Healthy implements [pool.Health]. Faults do not affect it.
func (w *World) Healthy(ctx context.Context, of pool.Server) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.now()
	s := w.find(of.ID)
	if s == nil || !w.well(s, now) {
		return errors.New("it answered with status 503")
	}
	return nil
}

func (w *World) well(s *server, now time.Time) bool {
	return w.state(s, now) == pool.Active && !s.sick && now.Sub(s.begun) >= w.Boot+w.Warm
}

func (w *World) held(now time.Time, call string) {
	if w.Limits == nil {
		return
	}
	if _, most := w.Limits(now); w.count() > most {
		w.violate("after %s there are %d servers, and the maximum is %d", call, w.count(), most)
	}
}

func (w *World) count() (n int) {
	for _, s := range w.servers {
		if !s.foreign {
			n++
		}
	}
	return n
}

func (w *World) violate(format string, args ...any) {
	w.violations = append(w.violations, fmt.Sprintf("call %d: %s", w.calls, fmt.Sprintf(format, args...)))
}
