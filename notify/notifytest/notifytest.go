// Package notifytest is the conformance suite that every notifier passes.
package notifytest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/autoscalebot/autoscalebot/notify"
)

// Longer than any notifier needs, for a busy machine.
const waitTime = 5 * time.Second

// A Fixture is a notifier under test and the far end at which its notices arrive.
type Fixture struct {
	// Notifier is the notifier under test.
	Notifier notify.Notifier
	// Arrived returns the notices that have arrived at the far end, one text each, with the event's Subject as people
	// see it.
	Arrived func() []string
	// Pictures returns the PNGs that have arrived at the far end. Nil if the notifier sends no pictures.
	Pictures func() [][]byte
	// Tells reports whether the notifier sends an event. It drops the others without an error. Nil means it sends all.
	Tells func(notify.Event) bool
	// Batches means that the notifier must be a [notify.BatchNotifier].
	Batches bool
	// Hang makes the far end accept requests and never respond, for the rest of the test. Nil if it cannot hang.
	Hang func()
	// Refuse makes the far end refuse requests for the rest of the test, and repeat everything it received, including
	// secrets. Nil if it cannot refuse.
	Refuse func()
	// Vanish makes the far end unreachable for the rest of the test. Nil if it cannot vanish.
	Vanish func()
	// Secrets must not appear in any error.
	Secrets []string
}

// Run tests a notifier against the contract of [notify.Notifier], and of [notify.BatchNotifier] if it is one. open
// makes a new fixture and registers its clean-up.
func Run(t *testing.T, open func(t *testing.T) Fixture) {
	for _, c := range []struct {
		name string
		test func(*testing.T, Fixture)
	}{
		{"delivers every kind of event", deliversEveryKind},
		{"strange events arrive too", strangeEvents},
		{"works from several goroutines", concurrent},
		{"an ended context delivers nothing", endedContext},
		{"ends with its context when the far end hangs", hangs},
		{"a refusal is an error without secrets", refused},
		{"an unreachable far end is an error without secrets", vanished},
		{"several events arrive as one notice", batch},
		{"the longest batch arrives as one notice", longestBatch},
		{"a picture arrives with its notice", picture},
		{"a notice arrives without its picture", noPicture},
		{"a batch arrives with its newest picture", batchPicture},
		{"a batch with an ended context delivers nothing", batchEndedContext},
		{"a batch ends with its context when the far end hangs", batchHangs},
		{"a batch that is refused is an error without secrets", batchRefused},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := open(t)
			before := goleak.IgnoreCurrent()
			c.test(t, f)
			// goleak waits for the far end's goroutines of closed connections. A far end that hangs ends in its
			// clean-up; the package's own goleak.VerifyTestMain checks that.
			if err := goleak.Find(before); err != nil && !t.Failed() && !strings.Contains(c.name, "hangs") {
				t.Errorf("goroutines are left: %v", err)
			}
		})
	}
}

// Event returns an event of kind k with all fields set.
func Event(k notify.Kind) notify.Event {
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	return notify.Event{
		ID: "evt_2zQ8", Kind: k, Phase: notify.Reminded, Incident: "inc_7Kp4", Time: at, App: "dancing-forest",
		ProcessType: "web", From: 2, To: 3, Min: 1,
		Max: 3, Reason: "3 heartbeats in a row slower than 1000 ms (the last took 1534 ms)", Advice: "Raise MAX_DYNOS.",
		ResponseTimeMS: 1534.2, Since: at.Add(-65 * time.Minute),
	}
}

func deliversEveryKind(t *testing.T, f Fixture) {
	kinds := []notify.Kind{
		notify.Scaled, notify.ScaleFailed, notify.NeedsExceedMax, notify.IneffectiveScaleUps, notify.NeedsBelowMin,
		notify.ScaleDiffExceeded,
		notify.HeartbeatUnreachable, notify.HeartbeatRecovered, notify.SignalUnreachable, notify.LeftAlone,
		notify.ServerFailed, notify.PoolBlocked, notify.SecondBot, notify.NoDecisions, notify.Ping, notify.Test,
		notify.ManualChange, notify.BudgetForecast, notify.BudgetReached, notify.Offline, notify.Paused,
		notify.Override, notify.Limits,
	}
	for _, k := range kinds {
		if err := f.Notifier.Notify(t.Context(), Event(k)); err != nil {
			t.Errorf("Notify(%s): %v", k, err)
		}
	}
	got := f.Arrived()
	if len(got) != len(kinds) {
		t.Fatalf("%d notices arrived, want %d", len(got), len(kinds))
	}
	for i, k := range kinds {
		if want := Event(k).Subject(); !strings.Contains(got[i], want) {
			t.Errorf("what arrived for %s does not hold %q:\n%s", k, want, got[i])
		}
	}
}

func strangeEvents(t *testing.T, f Fixture) {
	events := []notify.Event{
		{ID: "only-an-id"},
		{ID: "only-an-incident", Phase: notify.Opened, Incident: "a b\r\nX: y <é>" + strings.Repeat("x", 1000)},
		{
			ID: "a b\r\nX: y <é>", Kind: "of_a_later\r\nversion",
			App:    "a\r\nBcc: x@example.com\r\n\r\n.\r\n<!channel> & <b>",
			Reason: strings.Repeat("ü\r\n.\r\n", 5000),
		},
	}
	want := 0
	for _, e := range events {
		if f.Tells == nil || f.Tells(e) {
			want++
		}
		if err := f.Notifier.Notify(t.Context(), e); err != nil {
			t.Errorf("Notify of a strange event: %v", err)
		}
	}
	if got := f.Arrived(); len(got) != want {
		t.Errorf("%d notices arrived, want %d", len(got), want)
	}
}

func concurrent(t *testing.T, f Fixture) {
	const n = 8
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() {
			if err := f.Notifier.Notify(t.Context(), Event(notify.Scaled)); err != nil {
				t.Errorf("Notify in parallel: %v", err)
			}
		})
	}
	wg.Wait()
	if got := f.Arrived(); len(got) != n {
		t.Errorf("%d notices arrived, want %d", len(got), n)
	}
}

func endedContext(t *testing.T, f Fixture) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := f.Notifier.Notify(ctx, Event(notify.Scaled))
	wantError(t, f, err)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("the error %v is not context.Canceled", err)
	}
	if got := f.Arrived(); len(got) != 0 {
		t.Errorf("%d notices arrived", len(got))
	}
}

func hangs(t *testing.T, f Fixture) {
	if f.Hang == nil {
		t.Skip("nothing can hang here")
	}
	f.Hang()
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	start := time.Now()
	err := f.Notifier.Notify(ctx, Event(notify.Scaled))
	if d := time.Since(start); d > waitTime {
		t.Errorf("Notify returned %v after its context had ended", d-100*time.Millisecond)
	}
	wantError(t, f, err)
	if !errors.Is(err, context.DeadlineExceeded) || notify.IsPermanent(err) {
		t.Errorf("the error %v is not context.DeadlineExceeded, or it is permanent", err)
	}
}

func refused(t *testing.T, f Fixture) {
	if f.Refuse == nil {
		t.Skip("nothing can be refused here")
	}
	f.Refuse()
	wantError(t, f, f.Notifier.Notify(t.Context(), Event(notify.Scaled)))
}

func vanished(t *testing.T, f Fixture) {
	if f.Vanish == nil {
		t.Skip("nothing can vanish here")
	}
	f.Vanish()
	err := f.Notifier.Notify(t.Context(), Event(notify.Scaled))
	wantError(t, f, err)
	if notify.IsPermanent(err) {
		t.Errorf("the error %v is permanent, though the far end may come back", err)
	}
}

func wantError(t *testing.T, f Fixture, err error) {
	t.Helper()
	if err == nil {
		t.Fatal("there was no error")
	}
	NoSecrets(t, err, f.Secrets...)
}

// NoSecrets fails t if err, or an error inside it, contains a secret in any printed form.
func NoSecrets(t *testing.T, err error, secrets ...string) {
	t.Helper()
	var walk func(error)
	walk = func(err error) {
		if err == nil {
			return
		}
		for _, form := range []string{err.Error(), fmt.Sprintf("%+v", err), fmt.Sprintf("%#v", err)} {
			for _, s := range secrets {
				if strings.Contains(form, s) {
					t.Errorf("a secret is in the error, or in a %T inside it", err)
				}
			}
		}
		switch e := err.(type) {
		case interface{ Unwrap() error }:
			walk(e.Unwrap())
		case interface{ Unwrap() []error }:
			for _, inner := range e.Unwrap() {
				walk(inner)
			}
		}
	}
	walk(err)
}
