package notify_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/autoscalebot/autoscalebot/notify"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The n-th call returns the script's n-th entry, and nil after the last.
type target struct {
	script  []func(ctx context.Context) error
	batches bool // it is a batcher

	mu    sync.Mutex
	calls []string // the ID of every call's event
	at    []time.Duration
	start time.Time
}

func newTarget(script ...func(context.Context) error) *target {
	return &target{script: script, start: time.Now()}
}

func (f *target) Notify(ctx context.Context, e notify.Event) error {
	f.mu.Lock()
	n := len(f.calls)
	f.calls, f.at = append(f.calls, e.ID), append(f.at, time.Since(f.start))
	f.mu.Unlock()
	if n < len(f.script) {
		return f.script[n](ctx)
	}
	return nil
}

func (f *target) got() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.calls)
}

// since the target was made
func (f *target) times() []time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.at)
}

func fails(err error) func(context.Context) error { return func(context.Context) error { return err } }

func hangs(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}

// enough for any test
func always(f func(context.Context) error) []func(context.Context) error {
	return slices.Repeat([]func(context.Context) error{f}, 1000)
}

var errDown = errors.New("it is down")

// on virtual time
func bubble(t *testing.T, o notify.FanoutOptions, test func(t *testing.T, open func(...*target) *notify.Fanout, logged func() string)) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var buf bytes.Buffer
		o.Log = slog.New(slog.NewTextHandler(writerFunc(func(p []byte) (int, error) {
			mu.Lock()
			defer mu.Unlock()
			return buf.Write(p)
		}), nil))
		test(t, func(targets ...*target) *notify.Fanout {
			var ts []notify.Target
			for i, f := range targets {
				t := notify.Target{Name: fmt.Sprintf("t%d", i), Notifier: f}
				if f.batches {
					t.Notifier = batcher{f}
				}
				ts = append(ts, t)
			}
			return notify.NewFanout(o, ts...)
		}, func() string {
			mu.Lock()
			defer mu.Unlock()
			return buf.String()
		})
	})
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

func send(t *testing.T, f *notify.Fanout, k notify.Kind, ids ...string) {
	t.Helper()
	for _, id := range ids {
		if err := f.Notify(t.Context(), notify.Event{ID: id, Kind: k}); err != nil {
			t.Fatalf("Notify(%s): %v", id, err)
		}
	}
}

func closeIn(t *testing.T, f *notify.Fanout, d time.Duration) (took time.Duration, err error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), d)
	defer cancel()
	start := time.Now()
	err = f.Close(ctx)
	return time.Since(start), err
}

func wantCalls(t *testing.T, name string, f *target, want ...string) {
	t.Helper()
	if got := f.got(); !slices.Equal(got, want) {
		t.Errorf("%s was called with %v, want %v", name, got, want)
	}
}

func TestEveryTargetGetsEveryEventInOrder(t *testing.T) {
	bubble(t, notify.FanoutOptions{}, func(t *testing.T, open func(...*target) *notify.Fanout, _ func() string) {
		a, b := newTarget(), newTarget()
		f := open(a, b)
		send(t, f, notify.Scaled, "1", "2", "3")
		if took, err := closeIn(t, f, time.Minute); err != nil || took != 0 {
			t.Errorf("Close = %v after %v", err, took)
		}
		wantCalls(t, "a", a, "1", "2", "3")
		wantCalls(t, "b", b, "1", "2", "3")
	})
}

func TestQuietHoursAreOfOneTarget(t *testing.T) {
	bubble(t, notify.FanoutOptions{}, func(t *testing.T, _ func(...*target) *notify.Fanout, _ func() string) {
		asleep, awake := newTarget(), newTarget()
		f := notify.NewFanout(notify.FanoutOptions{},
			notify.Target{Name: "slack", Notifier: asleep, Quiet: quiet(t, "0:00-24:00", "UTC")}, notify.Target{Name: "log", Notifier: awake})
		for _, e := range []notify.Event{
			{ID: "1", Kind: notify.Scaled}, {ID: "2", Kind: notify.NeedsExceedMax, Phase: notify.Opened}, {ID: "3", Kind: notify.Ping},
		} {
			if err := f.Notify(t.Context(), e); err != nil {
				t.Error(err)
			}
		}
		if _, err := closeIn(t, f, time.Minute); err != nil {
			t.Error(err)
		}
		wantCalls(t, "the target with quiet hours", asleep, "2")
		wantCalls(t, "the other", awake, "1", "2", "3")
	})
}

func TestABrokenTargetTouchesNeitherTheCallerNorTheOthers(t *testing.T) {
	bubble(t, notify.FanoutOptions{Queue: 2}, func(t *testing.T, open func(...*target) *notify.Fanout, _ func() string) {
		good := newTarget()
		f := open(newTarget(always(hangs)...), newTarget(always(fails(errDown))...),
			newTarget(always(func(context.Context) error { panic("oops") })...), good)
		start := time.Now()
		for i := range 5 {
			send(t, f, notify.Scaled, fmt.Sprint(i))
			if d := time.Since(start); d != 0 {
				t.Errorf("Notify took %v", d)
			}
			synctest.Wait()
		}
		wantCalls(t, "the good target", good, "0", "1", "2", "3", "4")
		if _, err := closeIn(t, f, time.Second); err == nil {
			t.Error("Close says that all was delivered")
		}
	})
}

func TestRetriesBackOffWithJitter(t *testing.T) {
	first := map[time.Duration]bool{}
	for range 10 {
		bubble(t, notify.FanoutOptions{Attempts: 4}, func(t *testing.T, open func(...*target) *notify.Fanout, logged func() string) {
			a := newTarget(always(fails(errDown))...)
			f := open(a)
			send(t, f, notify.Scaled, "1")
			time.Sleep(time.Minute)
			wantCalls(t, "the target", a, "1", "1", "1", "1")
			at := a.times()
			for i, want := range []time.Duration{time.Second, 2 * time.Second, 4 * time.Second} {
				if wait := at[i+1] - at[i]; wait < want/2 || wait > want*3/2 {
					t.Errorf("wait %d was %v, want %v give or take half", i, wait, want)
				}
			}
			first[at[1]] = true
			if l := logged(); strings.Count(l, "\n") != 1 || !strings.Contains(l, `level=WARN msg="a notice was not delivered"`) ||
				!strings.Contains(l, `target=t0 type=scaled id=1 attempts=4 error="it is down"`) {
				t.Errorf("logged:\n%s", l)
			}
			if _, err := closeIn(t, f, time.Second); err != nil {
				t.Errorf("Close reports events that failed before: %v", err)
			}
		})
	}
	if len(first) < 5 {
		t.Errorf("ten first waits were of %d lengths", len(first))
	}
}

func TestHowAnErrorIsRetried(t *testing.T) {
	tooMany := errors.New("too many requests")
	for name, c := range map[string]struct {
		script []func(context.Context) error
		calls  int
		wait   time.Duration // before the second call, ±0; 0 = not checked
		given  string        // the error that OnError gets
	}{
		"the second attempt arrives":         {script: []func(context.Context) error{fails(errDown)}, calls: 2},
		"three attempts by default":          {script: always(fails(errDown)), calls: 3, given: "it is down"},
		"the last error counts":              {script: []func(context.Context) error{fails(errDown), fails(errDown), fails(tooMany)}, calls: 3, given: "too many requests"},
		"permanent":                          {script: always(fails(notify.Permanent(errDown))), calls: 1, given: "it is down"},
		"permanent deep inside":              {script: always(fails(fmt.Errorf("x: %w", notify.Permanent(errDown)))), calls: 1, given: "x: it is down"},
		"retry after":                        {script: []func(context.Context) error{fails(notify.RetryIn(tooMany, 42*time.Second))}, calls: 2, wait: 42 * time.Second},
		"retry after, wrapped":               {script: []func(context.Context) error{fails(fmt.Errorf("x: %w", notify.RetryIn(tooMany, 7*time.Second)))}, calls: 2, wait: 7 * time.Second},
		"retry after for ever":               {script: []func(context.Context) error{fails(notify.RetryIn(tooMany, 1<<62))}, calls: 2, wait: time.Hour},
		"retry after nothing":                {script: []func(context.Context) error{fails(notify.RetryIn(tooMany, 0))}, calls: 2},
		"retry after, but permanent":         {script: always(fails(notify.Permanent(notify.RetryIn(tooMany, time.Second)))), calls: 1, given: "too many requests"},
		"a hanging attempt ends at its time": {script: []func(context.Context) error{hangs, hangs, hangs}, calls: 3, given: "context deadline exceeded"},
		"a panic is not tried again":         {script: always(func(context.Context) error { panic("oops") }), calls: 1, given: "the notifier panicked: oops"},
	} {
		t.Run(name, func(t *testing.T) {
			given := make(chan string, 9)
			o := notify.FanoutOptions{OnError: func(target string, e notify.Event, err error) {
				given <- fmt.Sprint(target, " ", e.ID, " ", err)
			}}
			bubble(t, o, func(t *testing.T, open func(...*target) *notify.Fanout, logged func() string) {
				a := newTarget(c.script...)
				f := open(a)
				send(t, f, notify.Scaled, "1")
				time.Sleep(2 * time.Hour)
				if n := len(a.got()); n != c.calls {
					t.Fatalf("%d attempts, want %d", n, c.calls)
				}
				if at := a.times(); c.wait != 0 && at[1]-at[0] != c.wait {
					t.Errorf("waited %v, want %v", at[1]-at[0], c.wait)
				}
				if strings.Contains(name, "panic") && !strings.Contains(logged(), "level=ERROR") {
					t.Errorf("the panic is not logged as an error:\n%s", logged())
				}
				if _, err := closeIn(t, f, time.Second); err != nil {
					t.Errorf("Close: %v", err)
				}
			})
			var got []string
			for len(given) > 0 {
				got = append(got, strings.TrimPrefix(<-given, "t0 1 "))
			}
			var want []string
			if c.given != "" {
				want = []string{c.given}
			}
			if !slices.Equal(got, want) {
				t.Errorf("OnError got %q, want %q", got, want)
			}
		})
	}
}

func TestAnAttemptHasItsOwnDeadline(t *testing.T) {
	bubble(t, notify.FanoutOptions{Timeout: 3 * time.Second, Attempts: 1}, func(t *testing.T, open func(...*target) *notify.Fanout, _ func() string) {
		a := newTarget(hangs, hangs)
		f := open(a)
		send(t, f, notify.Scaled, "1", "2")
		time.Sleep(time.Minute)
		if got := a.times(); len(got) != 2 || got[1] != 3*time.Second {
			t.Errorf("calls at %v, want at 0 and 3 s", got)
		}
		_, _ = closeIn(t, f, time.Second)
	})
}

func TestAFullQueueDropsPingsAndTestsFirst(t *testing.T) {
	var dropped []string
	o := notify.FanoutOptions{Queue: 3, Timeout: time.Minute, OnError: func(_ string, e notify.Event, err error) {
		if errors.Is(err, notify.ErrQueueFull) {
			dropped = append(dropped, e.ID)
		}
	}}
	bubble(t, o, func(t *testing.T, open func(...*target) *notify.Fanout, logged func() string) {
		slow := func(ctx context.Context) error { time.Sleep(30 * time.Second); return nil }
		a := newTarget(slow)
		f := open(a)
		send(t, f, notify.Scaled, "in flight")
		synctest.Wait()
		send(t, f, notify.Scaled, "1")
		send(t, f, notify.Ping, "p1")
		send(t, f, notify.Test, "t1")
		send(t, f, notify.Ping, "p2")         // drops p1
		send(t, f, notify.Scaled, "2", "3")   // drop t1 and p2
		send(t, f, notify.Scaled, "too late") // dropped: nothing in the queue is worth less
		send(t, f, notify.Ping, "ping late")  // dropped
		time.Sleep(time.Minute)
		wantCalls(t, "the target", a, "in flight", "1", "2", "3")
		if want := []string{"p1", "t1", "p2", "too late", "ping late"}; !slices.Equal(dropped, want) {
			t.Errorf("dropped %q, want %q", dropped, want)
		}
		const jam, end = "the notifier's queue is full, so notices are dropped", `msg="the notifier's queue is empty again" target=t0 dropped=5`
		send(t, f, notify.Scaled, "later") // not one of the dropped ones
		time.Sleep(time.Second)
		if l := logged(); strings.Count(l, jam) != 1 || strings.Count(l, end) != 1 || strings.Count(l, "\n") != 2 {
			t.Errorf("logged:\n%s", l)
		}
		_, _ = closeIn(t, f, time.Second)
	})
}

func TestMarkedErrorsKeepTheirCause(t *testing.T) {
	for _, err := range []error{notify.Permanent(errDown), notify.RetryIn(errDown, time.Second), notify.Permanent(notify.RetryIn(errDown, 1))} {
		if !errors.Is(err, errDown) || err.Error() != errDown.Error() {
			t.Errorf("%#v hides its cause", err)
		}
	}
	if notify.Permanent(nil) != nil || notify.RetryIn(nil, 1) != nil || notify.IsPermanent(errDown) || notify.IsPermanent(nil) {
		t.Error("nil or an ordinary error is marked")
	}
}
