package web

import (
	"context"
	"time"
)

// Sleep waits for d. It returns the context's error where that ends first.
func Sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Fits reports whether a wait of d ends before the context's deadline.
func Fits(ctx context.Context, d time.Duration) bool {
	end, ok := ctx.Deadline()
	return !ok || d < time.Until(end)
}

// Wait waits for d. It returns false where the context's deadline comes before, at once, and where the context ends
// meanwhile.
func Wait(ctx context.Context, d time.Duration) bool { return Fits(ctx, d) && Sleep(ctx, d) == nil }
