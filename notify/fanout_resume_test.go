package notify_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/autoscalebot/autoscalebot/notify"
)

type notifierFunc func(context.Context, notify.Event) error

func (f notifierFunc) Notify(ctx context.Context, e notify.Event) error { return f(ctx, e) }

// A target that got an event, failed for good or is in quiet hours is done with it. One that Close cut short gets it from
// the next Fanout. No target gets it twice.
func TestWhoIsDoneIsNotToldAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var got, done []string
		has := func(name string) notifierFunc {
			return func(context.Context, notify.Event) error {
				mu.Lock()
				defer mu.Unlock()
				got = append(got, name)
				return nil
			}
		}
		hangs := func(ctx context.Context, _ notify.Event) error { <-ctx.Done(); return ctx.Err() }
		refuses := func(context.Context, notify.Event) error { return notify.Permanent(errors.New("gone")) }
		always, err := notify.ParseQuiet("0:00-24:00", time.UTC)
		if err != nil {
			t.Fatal(err)
		}
		o := notify.FanoutOptions{OnDone: func(target string, _ notify.Event) {
			mu.Lock()
			defer mu.Unlock()
			done = append(done, target)
		}}
		e := notify.Event{ID: "1", Kind: notify.Scaled, Time: time.Now()}
		f := notify.NewFanout(
			o, notify.Target{Name: "mail", Notifier: has("mail")}, notify.Target{Name: "slow", Notifier: notifierFunc(hangs)},
			notify.Target{Name: "gone", Notifier: notifierFunc(refuses)}, notify.Target{Name: "quiet", Notifier: has("quiet"), Quiet: always},
		)
		if err := f.Notify(t.Context(), e); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		if err := f.Close(ended); err == nil {
			t.Error("the slow one got it")
		}
		slices.Sort(done)
		if want := []string{"gone", "mail", "quiet"}; !slices.Equal(done, want) {
			t.Errorf("done are %q, want %q", done, want)
		}
		f = notify.NewFanout(
			o, notify.Target{Name: "mail", Notifier: has("mail again")}, notify.Target{Name: "slow", Notifier: has("slow")},
			notify.Target{Name: "slow", Notifier: has("another slow")},
		)
		if err := f.Resume(e, append(done, "slow")); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(t.Context()); err != nil {
			t.Error(err)
		}
		if want := []string{"mail", "another slow"}; !slices.Equal(got, want) {
			t.Errorf("delivered %q, want %q", got, want)
		}
	})
}
