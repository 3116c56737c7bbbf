package notify_test

import (
	"cmp"
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/autoscalebot/autoscalebot/notify"
)

func TestCloseCutsRetriesShort(t *testing.T) {
	slow := func(context.Context) error { time.Sleep(2 * time.Second); return errDown }
	for name, c := range map[string]struct {
		attempts int // 0 = 5
		script   []func(context.Context) error
		calls    int
		lost     bool
		took     time.Duration
	}{
		"a wait ends at once, and the last attempt arrives": {script: []func(context.Context) error{fails(notify.RetryIn(errDown, time.Hour))}, calls: 2},
		"one last attempt, not more":                        {script: always(fails(notify.RetryIn(errDown, time.Hour))), calls: 2, lost: true},
		"one more attempt after the one under way":          {script: []func(context.Context) error{slow, slow, slow}, calls: 2, lost: true, took: 3 * time.Second},
		"no more attempts than there are":                   {attempts: 1, script: []func(context.Context) error{slow}, calls: 1, lost: true, took: time.Second},
		"none after a permanent error":                      {script: []func(context.Context) error{func(ctx context.Context) error { return notify.Permanent(slow(ctx)) }}, calls: 1, lost: true, took: time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, notify.FanoutOptions{Attempts: cmp.Or(c.attempts, 5)}, func(t *testing.T, open func(...*target) *notify.Fanout, _ func() string) {
				a := newTarget(c.script...)
				f := open(a)
				send(t, f, notify.Scaled, "1")
				time.Sleep(time.Second)
				took, err := closeIn(t, f, time.Minute)
				if took != c.took || (err != nil) != c.lost || len(a.got()) != c.calls {
					t.Errorf("Close = %v after %v and %d attempts", err, took, len(a.got()))
				}
			})
		})
	}
}

func TestCloseGivesEveryQueuedEventOneAttempt(t *testing.T) {
	bubble(t, notify.FanoutOptions{}, func(t *testing.T, open func(...*target) *notify.Fanout, _ func() string) {
		a := newTarget(always(fails(errDown))...)
		f := open(a, newTarget())
		send(t, f, notify.Scaled, "1")
		send(t, f, notify.Ping, "2")
		synctest.Wait() // the first has failed once and waits, the second is queued
		took, err := closeIn(t, f, time.Minute)
		const want = "notify: t0 did not receive 2 notices (scaled, ping)"
		if took != 0 || err == nil || err.Error() != want {
			t.Errorf("Close = %v after %v, want %s", err, took, want)
		}
		wantCalls(t, "the target", a, "1", "1", "2")
	})
}

func TestCloseEndsWithItsContext(t *testing.T) {
	bubble(t, notify.FanoutOptions{Timeout: time.Hour}, func(t *testing.T, open func(...*target) *notify.Fanout, _ func() string) {
		a, b := newTarget(always(hangs)...), newTarget()
		f := open(a, b)
		send(t, f, notify.Scaled, "1", "2")
		send(t, f, notify.LeftAlone, "3")
		took, err := closeIn(t, f, 5*time.Second)
		const want = "notify: t0 did not receive 3 notices (scaled, scaled, left_alone)"
		if took != 5*time.Second || err == nil || err.Error() != want {
			t.Errorf("Close = %v after %v, want %s after 5 s", err, took, want)
		}
		wantCalls(t, "the hanging target", a, "1")
		wantCalls(t, "the good target", b, "1", "2", "3")
	})
}

func TestCloseWithAnEndedContextDeliversNothingMore(t *testing.T) {
	bubble(t, notify.FanoutOptions{}, func(t *testing.T, open func(...*target) *notify.Fanout, _ func() string) {
		a := newTarget(always(hangs)...)
		f := open(a)
		send(t, f, notify.Scaled, "1", "2")
		synctest.Wait()
		if took, err := closeIn(t, f, 0); took != 0 || err == nil {
			t.Errorf("Close = %v after %v", err, took)
		}
		wantCalls(t, "the target", a, "1")
	})
}

func TestCloseDoesNotWaitForANotifierThatIgnoresItsContext(t *testing.T) {
	bubble(t, notify.FanoutOptions{}, func(t *testing.T, open func(...*target) *notify.Fanout, _ func() string) {
		stuck := make(chan struct{})
		ignores := func(context.Context) error { <-stuck; return nil }
		f := open(newTarget(ignores), newTarget(ignores), newTarget())
		send(t, f, notify.Scaled, "1", "2")
		took, err := closeIn(t, f, 5*time.Second)
		if took != 6*time.Second || err == nil || strings.Count(err.Error(), "did not receive 2 notices (scaled, scaled), and does not return") != 2 {
			t.Errorf("Close = %v after %v", err, took)
		}
		close(stuck)
		synctest.Wait()
	})
}

func TestAfterClose(t *testing.T) {
	bubble(t, notify.FanoutOptions{}, func(t *testing.T, open func(...*target) *notify.Fanout, _ func() string) {
		for _, f := range []*notify.Fanout{open(), open(newTarget(always(fails(errDown))...))} {
			send(t, f, notify.Scaled, "1")
			_, first := closeIn(t, f, time.Second)
			took, second := closeIn(t, f, time.Second)
			if took != 0 || (first == nil) != (second == nil) || (first != nil && first.Error() != second.Error()) {
				t.Errorf("Close = %v, and the second time %v after %v", first, second, took)
			}
			if err := f.Notify(t.Context(), notify.Event{}); !errors.Is(err, notify.ErrClosed) {
				t.Errorf("Notify after Close = %v", err)
			}
		}
	})
}

func TestNotifyAndCloseAtOnce(t *testing.T) {
	bubble(t, notify.FanoutOptions{Queue: 1000}, func(t *testing.T, open func(...*target) *notify.Fanout, _ func() string) {
		a, b := newTarget(), newTarget()
		f := open(a, b)
		accepted := make(chan bool, 200)
		for range 200 {
			go func() { accepted <- f.Notify(t.Context(), notify.Event{ID: "x"}) == nil }()
		}
		go func() { _ = f.Close(context.Background()) }()
		n := 0
		for range 200 {
			if <-accepted {
				n++
			}
		}
		if err := f.Close(t.Context()); err != nil {
			t.Error(err)
		}
		if len(a.got()) != n || len(b.got()) != n {
			t.Errorf("%d events were accepted, and %d and %d delivered", n, len(a.got()), len(b.got()))
		}
	})
}

func TestNotifyWorksWithAnEndedContext(t *testing.T) {
	bubble(t, notify.FanoutOptions{}, func(t *testing.T, open func(...*target) *notify.Fanout, _ func() string) {
		a := newTarget()
		f := open(a)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := f.Notify(ctx, notify.Event{ID: "last words"}); err != nil {
			t.Error(err)
		}
		if err := f.Close(t.Context()); err != nil {
			t.Error(err)
		}
		wantCalls(t, "the target", a, "last words")
	})
}
