package bot_test

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/bot/record"
	"github.com/autoscalebot/autoscalebot/probe"
)

type prober func(context.Context) probe.Reading

func (p prober) Probe(ctx context.Context) probe.Reading { return p(ctx) }

// The bot runs in virtual time. Its probes take as long as next says; the result is when each began.
func runFor(
	t *testing.T, d time.Duration, jitter float64, reading probe.Reading, next func(i int) time.Duration, change ...func(*bot.Options),
) (beats []time.Duration) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		w := newWorld(1, append(change, func(o *bot.Options) {
			o.Jitter = jitter
			o.Probers = []probe.Prober{prober(func(context.Context) probe.Reading {
				beats = append(beats, time.Since(start))
				time.Sleep(next(len(beats) - 1))
				return reading
			})}
		})...)
		ctx, cancel := context.WithTimeout(t.Context(), d)
		defer cancel()
		if err := w.Run(ctx); err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	return beats
}

func TestRunKeepsTheBeat(t *testing.T) {
	seconds := func(ns ...int) (out []time.Duration) {
		for _, n := range ns {
			out = append(out, time.Duration(n)*time.Second)
		}
		return out
	}
	for _, c := range []struct {
		name string
		next func(int) time.Duration
		want []time.Duration
	}{
		{"the first at once, then every interval", func(int) time.Duration { return 0 }, seconds(0, 30, 60, 90, 120)},
		{"no drift from slow heartbeats", func(int) time.Duration { return 20 * time.Second }, seconds(0, 30, 60, 90, 120)},
		{"a late one is not made up for", func(i int) time.Duration {
			if i == 1 {
				return 50 * time.Second
			}
			return 0
		}, seconds(0, 30, 90, 120)},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := runFor(t, 130*time.Second, 0, right, c.next); !slices.Equal(got, c.want) {
				t.Errorf("heartbeats at %v, want %v", got, c.want)
			}
		})
	}
}

func TestJitterNeitherDriftsNorSkips(t *testing.T) {
	beats := runFor(t, time.Hour, 0.1, right, func(int) time.Duration { return time.Second })
	if len(beats) != 120 {
		t.Errorf("%d heartbeats in an hour, want 120", len(beats))
	}
	distinct := map[time.Duration]bool{}
	for i, b := range beats {
		late := b - time.Duration(i)*30*time.Second
		if late < 0 || late > 3*time.Second {
			t.Errorf("heartbeat %d is %v late, want 0 to 3 s", i, late)
		}
		distinct[late] = true
	}
	if len(distinct) < 100 {
		t.Errorf("only %d different delays in an hour", len(distinct))
	}
}

func TestStopLetsAChangeFinish(t *testing.T) {
	for _, c := range []struct {
		name     string
		takes    time.Duration
		finishes bool
		within   time.Duration
	}{
		{"one that finishes soon", 3 * time.Second, true, 3 * time.Second},
		{"but not for long", time.Minute, false, 4 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(9)
				ctx, stop := context.WithCancel(t.Context())
				finished := false
				w.platform.onResize = func(ctx context.Context) error {
					stop()
					select {
					case <-time.After(c.takes):
						finished = true
						return nil
					case <-ctx.Done():
						return ctx.Err()
					}
				}
				start := time.Now()
				_ = w.Run(ctx)
				if finished != c.finishes || time.Since(start) != c.within {
					t.Errorf("after SIGTERM: finished %v after %v, want %v after %v", finished, time.Since(start), c.finishes, c.within)
				}
			})
		})
	}
}

func TestHangingPlatformIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(9)
		w.platform.onResize = func(ctx context.Context) error {
			<-ctx.Done()
			return ctx.Err()
		}
		start := time.Now()
		r := w.Tick(t.Context(), start)
		if r.Action != record.Failed || time.Since(start) != 25*time.Second {
			t.Errorf("a platform that hangs: %q after %v, want failed after 25 s", r.Action, time.Since(start))
		}
	})
}
