package bot

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/autoscalebot/autoscalebot/probe"
)

// A Burster takes several heartbeats at a tick: n of them, at least one, each gap after the one before. It returns the
// readings in that order, fewer if ctx ends. A [probe.Heartbeat] is one.
type Burster interface {
	Burst(ctx context.Context, n int, gap time.Duration) []probe.Reading
}

const (
	// burstShare is the share of the interval in which the heartbeats of a tick start. With a deadline of 80 % of the
	// interval, all end within it.
	burstShare = 0.2
	// longestPause is the maximum time between two heartbeats of a tick. After it the queue of a dyno is a different
	// one.
	longestPause = time.Second
)

func (b *Bot) burst() (n int, why string) {
	if m := b.o.Policy.Adaptive; m != nil {
		return m.Burst(b.state.Load, b.o.Interval, b.o.HeartbeatsPerMinute)
	}
	return 1, ""
}

// why is the reason for several heartbeats, "" for one.
func (b *Bot) read(ctx context.Context) (readings []probe.Reading, why string) {
	n, why := b.burst()
	if len(b.o.Probers) == 1 {
		return b.take(ctx, b.o.Probers[0], n), why
	}
	of := make([][]probe.Reading, len(b.o.Probers))
	var wg sync.WaitGroup
	for i, p := range b.o.Probers {
		wg.Go(func() { of[i] = b.take(ctx, p, n) })
	}
	wg.Wait()
	return slices.Concat(of...), why
}

func (b *Bot) take(ctx context.Context, p probe.Prober, n int) []probe.Reading {
	if beats, ok := p.(Burster); ok && n > 1 {
		spread := time.Duration(burstShare * float64(b.o.Interval))
		return beats.Burst(ctx, n, min(longestPause, spread/time.Duration(n-1)))
	}
	return []probe.Reading{p.Probe(ctx)}
}
