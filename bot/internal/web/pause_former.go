package web

import (
	"context"
	"fmt"
	"time"
)

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
