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

// It is long because the machine may be busy, not because a notifier may be slow.
const waitTime = 5 * time.Second

// A Fixture is a notifier under test, and the far end at which its notices arrive.
type Fixture struct {
	// Notifier is what is tested.
	Notifier notify.Notifier
	// Arrived returns all that has arrived at the far end so far, one text a notice, with the event's Subject in it as
	// people see it.
	Arrived func() []string
	// Pictures returns the PNGs of all pictures that have arrived at the far end so far. Nil where none is told.
	Pictures func() [][]byte
	// Tells says which events the notifier tells; the others end in no error and do not arrive. Nil means all.
	Tells func(notify.Event) bool
	// Batches says that the notifier is to be a [notify.BatchNotifier], because people read what it tells.
	Batches bool
	// Hang makes the far end accept what comes and answer nothing, for the rest of the test. Nil where nothing can
	// hang.
	Hang func()
	// Refuse makes the far end refuse what comes, for the rest of the test, and repeat in its answer all it knows: the
	// secrets too. Nil where nothing can refuse.
	Refuse func()
	// Vanish makes the far end unreachable for the rest of the test. Nil where nothing can vanish.
	Vanish func()
	// Secrets must appear in no error.
	Secrets []string
}

// Run holds a notifier to the contract of [notify.Notifier], and of [notify.BatchNotifier] if it is one. open makes a
// fresh fixture and registers its own clean-up.
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
		{"a far end that is not there is an error without secrets", vanished},
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
			// The far end may have goroutines for connections that the notifier closed; goleak gives them time to end.
			// A far end that hangs does so until its clean-up; there the package's own goleak.VerifyTestMain looks.
			if err := goleak.Find(before); err != nil && !t.Failed() && !strings.Contains(c.name, "hangs") {
				t.Errorf("goroutines are left: %v", err)
			}
		})
	}
}

// Event returns a full event of kind k.
func Event(k notify.Kind) notify.Event {
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	return notify.Event{
		ID: "evt_2zQ8", Kind: k, Phase: notify.Reminded, Incident: "inc_7Kp4", Time: at, App: "dancing-forest",
		ProcessType: "web", From: 2, To: 3, Min: 1,
		Max: 3, Reason: "the last 3 heartbeats took more than 1000 ms", ResponseTimeMS: 1534.2,
		Since: at.Add(-65 * time.Minute),
	}
}

func deliversEveryKind(t *testing.T, f Fixture) {
	kinds := []notify.Kind{
		notify.Scaled, notify.ScaleFailed, notify.NeedsExceedMax, notify.IneffectiveScaleUps, notify.NeedsBelowMin,
		notify.ScaleDiffExceeded,
		notify.HeartbeatUnreachable, notify.HeartbeatRecovered, notify.SignalUnreachable, notify.LeftAlone,
		notify.ServerFailed, notify.PoolBlocked, notify.SecondBot, notify.NoDecisions, notify.Ping, notify.Test,
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
				t.Errorf("Notify beside others: %v", err)
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

// The secret stands neither in the error's text nor in that of any error inside it.
func wantError(t *testing.T, f Fixture, err error) {
	t.Helper()
	if err == nil {
		t.Fatal("there was no error")
	}
	NoSecrets(t, err, f.Secrets...)
}

// NoSecrets holds err, and every error inside it, to tell none of the secrets in whatever form it is printed.
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
