package probe

import (
	"context"
	"sync"
	"time"
)

// Burst takes n probes, at least one. Each begins gap after the one before it, whether that has ended or not. Burst
// returns the readings in the order in which they began, when all have ended. If ctx ends, no more probes begin.
func (h *Heartbeat) Burst(ctx context.Context, n int, gap time.Duration) []Reading {
	readings := make([]Reading, max(1, n))
	begun := 0
	var all sync.WaitGroup
	for i := range readings {
		if i > 0 && !pause(ctx, gap) {
			break
		}
		begun++
		all.Go(func() { readings[i] = h.Probe(ctx) })
	}
	all.Wait()
	return readings[:begun]
}

// False if ctx ended first.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return ctx.Err() == nil
	}
}
