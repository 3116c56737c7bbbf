package notify_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/autoscalebot/autoscalebot/notify"
)

// A kept target keeps its order and what waits. A removed one delivers its last events and gets no more.
func TestTargetsAreExchangedWithoutLosingEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := func(context.Context) error { time.Sleep(time.Second); return nil }
		kept, removed, added := newTarget(always(slow)...), newTarget(always(slow)...), newTarget()
		f := notify.NewFanout(notify.FanoutOptions{}, notify.Target{Name: "kept", Notifier: kept},
			notify.Target{Name: "mail", Notifier: removed}, notify.Target{Name: "gone", Notifier: newTarget()})
		send(t, f, notify.Scaled, "1", "2", "3")
		night, err := notify.ParseQuiet("0:00-24:00", time.UTC)
		if err != nil {
			t.Fatal(err)
		}
		if err := f.Exchange(notify.Target{Name: "mail", Notifier: added}, notify.Target{Name: "kept"}); err != nil {
			t.Fatal(err)
		}
		send(t, f, notify.Scaled, "4")
		if err := f.Exchange(notify.Target{Name: "mail"}, notify.Target{Name: "kept", Quiet: night}); err != nil {
			t.Fatal(err)
		}
		send(t, f, notify.Scaled, "5")
		if took, err := closeIn(t, f, time.Minute); err != nil || took > 5*time.Second {
			t.Errorf("closing took %v: %v", took, err)
		}
		for name, got := range map[string][2][]string{
			"kept":    {kept.got(), {"1", "2", "3", "4"}},
			"removed": {removed.got(), {"1", "2", "3"}},
			"added":   {added.got(), {"4", "5"}},
		} {
			if !slices.Equal(got[0], got[1]) {
				t.Errorf("%s got %q, want %q", name, got[0], got[1])
			}
		}
		if err := f.Exchange(); !errors.Is(err, notify.ErrClosed) {
			t.Errorf("an exchange after Close: %v", err)
		}
	})
}

// What a removed target could not deliver is in the error of Close.
func TestARemovedTargetThatHangsIsReported(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := notify.NewFanout(notify.FanoutOptions{}, notify.Target{Name: "mail", Notifier: newTarget(always(hangs)...)})
		send(t, f, notify.Scaled, "1")
		synctest.Wait()
		if err := f.Exchange(); err != nil {
			t.Fatal(err)
		}
		if _, err := closeIn(t, f, time.Second); err == nil {
			t.Error("the hanging target is forgotten")
		}
	})
}
