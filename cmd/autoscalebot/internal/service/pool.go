package service

import (
	"cmp"
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/bot/dashboard"
	"github.com/autoscalebot/autoscalebot/bot/pool"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
)

// A serverPool is a pool as the bot's platform. Its events reach the bot once listen is called.
type serverPool struct {
	*pool.Pool
	events *poolEvents
	live   *live
	close  func() // ends the processes of a provider or a balancer on this machine
}

// A live has what a pool asks for again and again, since people may change it.
type live struct {
	settings atomic.Pointer[settings.Settings]
	bot      atomic.Pointer[bot.Bot] // nil until there is one
}

// Before the bot exists nobody can have overridden the limits.
func (l *live) limits(now time.Time) (least, most int) {
	if b := l.bot.Load(); b != nil {
		inForce := b.Limits(now)
		return inForce.Min, inForce.Max
	}
	return l.settings.Load().ServerLimits(now)
}

func (p serverPool) Run(ctx context.Context) error {
	defer p.close()
	return p.Pool.Run(ctx)
}

type poolEvents struct {
	mu sync.Mutex
	to func(pool.Event)
}

func (h *poolEvents) listen(to func(pool.Event)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.to = to
}

func (h *poolEvents) send(e pool.Event) {
	h.mu.Lock()
	to := h.to
	h.mu.Unlock()
	if to != nil {
		to(e)
	}
}

const (
	catalogTime = 15 * time.Second // for the provider's sizes and prices, at the start
	scriptTime  = 3 * time.Minute  // for a call of the user's commands, instead of the pool's own timeout
)

func openPool(s *settings.Settings, h Host) (bot.Scaler, error) {
	provider, balancer, err := OpenPoolParts(s, h, false)
	if err != nil {
		return nil, err
	}
	return newPool(s, h, provider, balancer)
}

func newPool(s *settings.Settings, h Host, provider pool.Provider, balancer pool.Balancer) (bot.Scaler, error) {
	heard, live := &poolEvents{}, &live{}
	live.settings.Store(s)
	o := pool.Options{
		Name: s.Pooled(), Provider: provider, Balancer: balancer, Health: OpenHealth(s), Size: s.FirstSize(),
		Sizes:  poolSizes(s, h, provider),
		Limits: live.limits,
		Price:  s.ServerPrice.All, MaxDollarsPerHour: float64(s.PoolMaxDollars), OldestFirst: s.PoolVictims == "oldest",
		HealthyAfter: int(s.HealthPasses), Timing: pool.Timing{
			ActiveWithin: time.Duration(s.PoolActive), HealthyWithin: time.Duration(s.PoolHealthy),
			DrainTimeout: time.Duration(s.PoolDrain), ReplaceAfter: time.Duration(s.PoolReplace),
		},
		Observe: bool(s.DryRun), Log: h.Log, Notify: heard.send,
	}
	if s.PoolReplace == 0 {
		o.ReplaceAfter = -1 // never
	}
	if s.MaintenanceWindow != "" {
		o.Maintenance = func(now time.Time) bool { return live.settings.Load().Maintenance.At(now) }
	}
	if s.PoolProvider == "command" {
		o.CallTimeout = scriptTime
	}
	p, err := pool.New(o)
	if err != nil {
		return nil, err
	}
	return serverPool{p, heard, live, func() {
		for _, part := range []any{balancer, provider} {
			if c, ok := part.(interface{ Close() }); ok {
				c.Close()
			}
		}
	}}, nil
}

// The sizes of SIZES with their prices, from the provider or else from the settings. The provider lists its sizes once;
// a size that is not in the list needs another call.
func poolSizes(s *settings.Settings, h Host, provider pool.Provider) []pool.Size {
	ctx, cancel := context.WithTimeout(context.Background(), catalogTime)
	defer cancel()
	var known []pool.Size
	if cat, ok := provider.(pool.Cataloger); ok && s.PoolProvider != "local" {
		var err error
		if known, err = cat.Sizes(ctx); err != nil {
			h.Log.Warn("the provider's sizes and prices are unknown", "error", err)
		}
	}
	var out []pool.Size
	for _, name := range s.Sizes {
		size, ok := pool.FindSize(known, name)
		if !ok && len(known) > 0 {
			var err error
			if size, err = pool.Offered(ctx, provider, name); err != nil {
				h.Log.Warn("a size of SIZES is not available, or its price is unknown", "size", name, "error", err)
			}
		}
		size.Name = cmp.Or(size.Name, name)
		size.Price = cmp.Or(size.Price, s.ServerPrice.Price(name))
		out = append(out, size)
	}
	return out
}

// PoolStatus returns the function that reports the state of a pool's servers, nil if the platform is not a pool.
func PoolStatus(platform bot.Scaler) func() pool.Status {
	if p, ok := platform.(serverPool); ok {
		return p.Status
	}
	return nil
}

// EmptyPool reports whether the platform is a pool that is known to have no servers.
func EmptyPool(platform bot.Scaler) bool {
	status := PoolStatus(platform)
	if status == nil {
		return false
	}
	st := status()
	return !st.Time.IsZero() && st.Error == "" && st.Existing == 0
}

// Nil if the platform is not a pool.
func serversOf(platform bot.Scaler) func() []dashboard.Server {
	p, ok := platform.(interface{ Servers() []pool.ServerStatus })
	if !ok {
		return nil
	}
	return func() (out []dashboard.Server) {
		for _, s := range p.Servers() {
			out = append(out, dashboard.Server{Name: s.Name, Stage: s.Stage, Text: s.Text})
		}
		return out
	}
}
