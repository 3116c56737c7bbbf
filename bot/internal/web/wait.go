package web

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Sleep waits for d, or returns the context's error if that ends first.
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

// Wait waits for d. It returns false at once if the context's deadline is earlier, and later if the context ends
// meanwhile.
func Wait(ctx context.Context, d time.Duration) bool { return Fits(ctx, d) && Sleep(ctx, d) == nil }

// RetryAfter parses the value of a Retry-After header, seconds or an HTTP date, as a duration from now, 0 to most. If
// it is invalid, ok is false and the duration 0.
func RetryAfter(value string, now time.Time, most time.Duration) (d time.Duration, ok bool) {
	value = strings.TrimSpace(value)
	if value != "" && strings.Trim(value, "0123456789") == "" {
		n, err := strconv.ParseUint(value, 10, 31)
		if err != nil { // out of range: too many digits
			return most, true
		}
		return min(time.Duration(n)*time.Second, most), true
	}
	date, err := http.ParseTime(value)
	if err != nil {
		return 0, false
	}
	return max(0, min(date.Sub(now), most)), true
}

// AskedToWait returns the time in the Retry-After header of a 429 or of a status from 500, 0 to 24 hours; 0 without a
// valid header.
func AskedToWait(resp *http.Response, now time.Time) time.Duration {
	if resp.StatusCode != http.StatusTooManyRequests && resp.StatusCode < 500 {
		return 0
	}
	d, _ := RetryAfter(resp.Header.Get("Retry-After"), now, MaxAsked)
	return d
}

// Rate limits are per hour or less, and a server's mistake must not stop the bot for longer.
const maxClosed = time.Hour

// It remembers between calls how long servers asked to wait. The zero gate is open for all.
type gate struct {
	mu     sync.Mutex
	opened map[string]time.Time // by server
}

// No call of the server is made for d from now, at most an hour.
func (g *gate) close(server string, d time.Duration) {
	if d <= 0 {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.opened == nil {
		g.opened = map[string]time.Time{}
	}
	if until := time.Now().Add(min(d, maxClosed)); until.After(g.opened[server]) {
		g.opened[server] = until
	}
}

func (g *gate) until(server string) time.Time {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.opened[server]
}
