package web

import (
	"context"
	"fmt"
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

// Pause waits before the next try of a call: for d, or for asked where that is longer, which who asked for. gaveUp is empty afterwards. It
// says why there will be no other try where there is no time for the wait, which is told at once, and where the context ended meanwhile;
// ended is the context's error then, and nil otherwise.
func Pause(ctx context.Context, d, asked time.Duration, who string) (gaveUp string, ended error) {
	switch {
	case asked >= d && !Fits(ctx, asked):
		return fmt.Sprintf("%s asks to wait %v, which is longer than this call may take", who, asked.Round(time.Second)), nil
	case !Fits(ctx, max(d, asked)):
		return "no time left to try again", nil
	}
	if err := Sleep(ctx, max(d, asked)); err != nil {
		return "ended while waiting to try again", err
	}
	return "", nil
}
