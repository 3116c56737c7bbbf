package bot

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/autoscalebot/autoscalebot/probe"
)

// A Burster is a prober of heartbeats that can take several at a tick: n of them, or one where n is less, each gap
// after the one before it. It returns the readings in that order when all have ended, and fewer where ctx ends
// meanwhile. A [probe.Heartbeat] is one.
type Burster interface {
	Burst(ctx context.Context, n int, gap time.Duration) []probe.Reading
}

const (
	// burstShare is the share of the interval over which the heartbeats of a tick begin: a deadline of 80 % of it is
	// over with it.
	burstShare = 0.2
	// longestPause bounds the time from one heartbeat of a tick to the next: after it, a dyno's queue is another.
	longestPause = time.Second
)

func (b *Bot) burst() (n int, why string) {
	if m := b.o.Policy.Adaptive; m != nil {
		return m.Burst(b.state.Load, b.o.Interval, b.o.HeartbeatsPerMinute)
	}
	return 1, ""
}

// read takes all readings side by side. why says why several heartbeats were taken, "" where they were not.
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
