package notify_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/autoscalebot/autoscalebot/bot/rapidtest"
	"github.com/autoscalebot/autoscalebot/notify"
)

// Events of one message are recorded as "1+2+3". Reminders do not join.
type batcher struct{ *target }

func newBatcher(script ...func(context.Context) error) *target {
	a := newTarget(script...)
	a.batches = true
	return a
}

func (b batcher) Joins(e notify.Event) bool { return e.Phase != notify.Reminded }

func (b batcher) NotifyAll(ctx context.Context, all notify.Batch) error {
	ids := make([]string, len(all))
	for i, e := range all {
		ids[i] = e.ID
	}
	return b.Notify(ctx, notify.Event{ID: strings.Join(ids, "+")})
}

func remind(t *testing.T, f *notify.Fanout, id string) {
	t.Helper()
	if err := f.Notify(t.Context(), notify.Event{ID: id, Kind: notify.LeftAlone, Phase: notify.Reminded}); err != nil {
		t.Fatal(err)
	}
}

func TestWhatComesWithinTheWindowIsToldInOneMessage(t *testing.T) {
	const ms = time.Millisecond
	type at struct {
		after time.Duration // since the one before
		id    string        // "R1" is a reminder, which does not join
	}
	many := func(n int) (all []at) {
		for i := range n {
			all = append(all, at{0, fmt.Sprint(i)})
		}
		return all
	}
	for name, c := range map[string]struct {
		queue int
		send  []at
		want  string
	}{
		"one waits for the window":                {send: []at{{0, "1"}}, want: "1 at 3s"},
		"those of one moment":                     {send: []at{{0, "1"}, {0, "2"}, {0, "3"}}, want: "1+2+3 at 3s"},
		"the window begins with the first":        {send: []at{{0, "1"}, {2 * time.Second, "2"}, {999 * ms, "3"}, {2 * ms, "4"}, {0, "5"}}, want: "1+2+3 at 3s, 4+5 at 6.001s"},
		"far apart":                               {send: []at{{0, "1"}, {time.Minute, "2"}}, want: "1 at 3s, 2 at 1m3s"},
		"a full message leaves at once":           {send: many(12), want: "0+1+2+3+4+5+6+7+8+9 at 0s, 10+11 at 3s"},
		"a full one before what does not join":    {send: append(many(12), at{0, "R"}), want: "0+1+2+3+4+5+6+7+8+9 at 0s, 10+11 at 0s, R at 0s"},
		"what does not join does not wait":        {send: []at{{0, "R1"}, {0, "R2"}}, want: "R1 at 0s, R2 at 0s"},
		"nor what stands before it, for order":    {send: []at{{0, "1"}, {1 * time.Second, "2"}, {0, "R3"}, {0, "4"}, {0, "5"}}, want: "1+2 at 1s, R3 at 1s, 4+5 at 4s"},
		"one before what does not join":           {send: []at{{0, "1"}, {1 * time.Second, "R2"}}, want: "1 at 1s, R2 at 1s"},
		"a full queue does not wait":              {queue: 2, send: []at{{0, "1"}, {1 * time.Second, "2"}, {time.Second, "3"}}, want: "1+2 at 1s, 3 at 5s"},
		"a queue of one makes every one be alone": {queue: 1, send: []at{{0, "1"}, {1 * time.Second, "2"}}, want: "1 at 0s, 2 at 1s"},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, notify.FanoutOptions{Queue: c.queue}, func(t *testing.T, open func(...*target) *notify.Fanout, _ func() string) {
				a, plain := newBatcher(), newTarget()
				f := open(a, plain)
				for _, s := range c.send {
					time.Sleep(s.after)
					if strings.HasPrefix(s.id, "R") {
						remind(t, f, s.id)
					} else {
						send(t, f, notify.Scaled, s.id)
					}
				}
				synctest.Wait()
				if c.queue == 0 && len(plain.got()) != len(c.send) {
					t.Errorf("the target that does not batch has %d of %d so far", len(plain.got()), len(c.send))
				}
				time.Sleep(time.Minute)
				var got []string
				for i, call := range a.got() {
					got = append(got, fmt.Sprint(call, " at ", a.times()[i]))
				}
				if strings.Join(got, ", ") != c.want {
					t.Errorf("delivered %s, want %s", strings.Join(got, ", "), c.want)
				}
				if _, err := closeIn(t, f, time.Second); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

func TestTheWindowCanBeSet(t *testing.T) {
	bubble(t, notify.FanoutOptions{Window: time.Minute}, func(t *testing.T, open func(...*target) *notify.Fanout, _ func() string) {
		a := newBatcher()
		f := open(a)
		send(t, f, notify.Scaled, "1")
		time.Sleep(59 * time.Second)
		send(t, f, notify.Scaled, "2")
		wantCalls(t, "the target", a)
		time.Sleep(time.Second)
		synctest.Wait()
		wantCalls(t, "the target", a, "1+2")
		_, _ = closeIn(t, f, time.Second)
	})
}

func TestAMessageOfSeveralIsTriedAgainAsItWas(t *testing.T) {
	down := notify.RetryIn(errDown, 10*time.Second)
	bubble(t, notify.FanoutOptions{}, func(t *testing.T, open func(...*target) *notify.Fanout, logged func() string) {
		a := newBatcher(fails(down), fails(down))
		f := open(a)
		send(t, f, notify.Scaled, "1", "2")
		time.Sleep(5 * time.Second) // the first attempt has failed
		send(t, f, notify.Scaled, "3", "4")
		time.Sleep(time.Minute)
		wantCalls(t, "the target", a, "1+2", "1+2", "1+2", "3+4")
		if at := a.times(); at[3] != at[2] {
			t.Errorf("what had waited for the message before waited %v more", at[3]-at[2])
		}
		if logged() != "" {
			t.Errorf("logged:\n%s", logged())
		}
		_, _ = closeIn(t, f, time.Second)
	})
}

func TestAMessageOfSeveralIsGivenUpAsOne(t *testing.T) {
	for name, c := range map[string]struct {
		script []func(context.Context) error
		calls  int
	}{
		"after three attempts":    {always(fails(errDown)), 3},
		"after a permanent error": {always(fails(notify.Permanent(errDown))), 1},
		"after a panic":           {always(func(context.Context) error { panic("oops") }), 1},
		"hanging":                 {always(hangs), 3},
	} {
		t.Run(name, func(t *testing.T) {
			var given []string
			o := notify.FanoutOptions{OnError: func(_ string, e notify.Event, _ error) { given = append(given, e.ID) }}
			bubble(t, o, func(t *testing.T, open func(...*target) *notify.Fanout, logged func() string) {
				a := newBatcher(c.script...)
				f := open(a)
				send(t, f, notify.Scaled, "1", "2", "3")
				time.Sleep(time.Hour)
				synctest.Wait()
				wantCalls(t, "the target", a, slices.Repeat([]string{"1+2+3"}, c.calls)...)
				if !slices.Equal(given, []string{"1", "2", "3"}) {
					t.Errorf("OnError got %q", given)
				}
				if l := logged(); strings.Count(l, fmt.Sprintf("attempts=%d", c.calls)) != 3 || strings.Count(l, `msg="a notice was not delivered"`) != 3 {
					t.Errorf("logged:\n%s", l)
				}
				_, _ = closeIn(t, f, time.Second)
			})
		})
	}
}

func TestCloseDoesNotWaitForOthers(t *testing.T) {
	bubble(t, notify.FanoutOptions{}, func(t *testing.T, open func(...*target) *notify.Fanout, _ func() string) {
		a, b := newBatcher(), newBatcher(always(fails(errDown))...)
		f := open(a, b)
		send(t, f, notify.Scaled, "1")
		time.Sleep(time.Second)
		send(t, f, notify.LeftAlone, "2")
		synctest.Wait()
		wantCalls(t, "the target", a)
		took, err := closeIn(t, f, time.Minute)
		const want = "notify: t1 did not receive 2 notices (scaled, left_alone)"
		if took != 0 || err == nil || err.Error() != want {
			t.Errorf("Close = %v after %v, want %s", err, took, want)
		}
		wantCalls(t, "the target", a, "1+2")
		wantCalls(t, "the target that is down", b, "1+2")
	})
}

func TestCloseTellsHowManyHang(t *testing.T) {
	bubble(t, notify.FanoutOptions{Timeout: time.Hour}, func(t *testing.T, open func(...*target) *notify.Fanout, _ func() string) {
		stuck := make(chan struct{})
		f := open(newBatcher(func(context.Context) error { <-stuck; return nil }))
		send(t, f, notify.Scaled, "1", "2")
		time.Sleep(5 * time.Second)
		send(t, f, notify.LeftAlone, "3")
		_, err := closeIn(t, f, 5*time.Second)
		const want = "notify: t0 did not receive 3 notices (scaled, scaled, left_alone), and does not return"
		if err == nil || err.Error() != want {
			t.Errorf("Close = %v, want %s", err, want)
		}
		close(stuck)
		synctest.Wait()
	})
}

// The time of an event decides whether it falls in the quiet hours, not the end of the window.
func TestQuietHoursThatBeginInTheWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newBatcher()
		f := notify.NewFanout(notify.FanoutOptions{}, notify.Target{Name: "mail", Notifier: batcher{a}, Quiet: quiet(t, "22:00-7:00", "UTC")})
		ten := time.Date(2026, 3, 1, 22, 0, 0, 0, time.UTC)
		for _, e := range []notify.Event{
			{ID: "before", Kind: notify.Scaled, Time: ten.Add(-time.Second)},
			{ID: "quiet", Kind: notify.Scaled, Time: ten},
			{ID: "opened", Kind: notify.LeftAlone, Phase: notify.Opened, Time: ten.Add(time.Second)},
		} {
			if err := f.Notify(t.Context(), e); err != nil {
				t.Error(err)
			}
		}
		time.Sleep(time.Minute)
		wantCalls(t, "the target", a, "before+opened")
		_, _ = closeIn(t, f, time.Second)
	})
}

func TestAFullQueueDropsPingsFromWhatWaitsForAMessage(t *testing.T) {
	var dropped []string
	o := notify.FanoutOptions{Queue: 3, Timeout: time.Minute, OnError: func(_ string, e notify.Event, err error) {
		if errors.Is(err, notify.ErrQueueFull) {
			dropped = append(dropped, e.ID)
		}
	}}
	bubble(t, o, func(t *testing.T, open func(...*target) *notify.Fanout, _ func() string) {
		a := newBatcher(func(context.Context) error { time.Sleep(30 * time.Second); return nil })
		f := open(a)
		send(t, f, notify.Scaled, "1", "2")
		time.Sleep(5 * time.Second)
		send(t, f, notify.Ping, "p1")
		send(t, f, notify.Scaled, "3", "4", "5", "too late")
		time.Sleep(time.Minute)
		synctest.Wait()
		wantCalls(t, "the target", a, "1+2", "3+4+5")
		if want := []string{"p1", "too late"}; !slices.Equal(dropped, want) {
			t.Errorf("dropped %q, want %q", dropped, want)
		}
		_, _ = closeIn(t, f, time.Second)
	})
}

func TestWhatBeganTheWindowMayBeDropped(t *testing.T) {
	for range 50 { // for it is chance whether the target is faster
		bubble(t, notify.FanoutOptions{Queue: 2}, func(t *testing.T, open func(...*target) *notify.Fanout, logged func() string) {
			a := newBatcher()
			f := open(a)
			send(t, f, notify.Ping, "p")
			time.Sleep(time.Second)
			remind(t, f, "R1")
			remind(t, f, "R2")
			if _, err := closeIn(t, f, time.Second); err != nil {
				t.Error(err)
			}
			if got := strings.TrimPrefix(strings.Join(a.got(), " "), "p "); got != "R1 R2" || strings.Contains(logged(), "panicked") {
				t.Errorf("delivered %s, logged:\n%s", got, logged())
			}
		})
	}
}

// At any timing and with passing failures, every event arrives once, in order, in messages within the limit. What does
// not join has a message of its own.
func TestBatchesLoseAndRepeatNothing(t *testing.T) {
	rapidtest.Check(t, func(rt *rapid.T) {
		type sent struct {
			After  time.Duration
			Remind bool
		}
		events := rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) sent {
			after := rapid.SampledFrom([]time.Duration{0, 0, 0, time.Millisecond, time.Second, 2999 * time.Millisecond, time.Minute}).Draw(rt, "after")
			return sent{after, rapid.IntRange(0, 4).Draw(rt, "kind") == 0}
		}), 0, 40).Draw(rt, "events")
		failing := rapid.SliceOfN(rapid.Bool(), 0, 20).Draw(rt, "failing")
		end := rapid.SampledFrom([]time.Duration{0, time.Second, time.Hour}).Draw(rt, "end")
		var fault string
		bubble(t, notify.FanoutOptions{Attempts: 30}, func(t *testing.T, open func(...*target) *notify.Fanout, _ func() string) {
			var arrived []string
			var script []func(context.Context) error
			for _, f := range failing {
				err := error(nil)
				if f && end == time.Hour { // or else Close would give up
					err = errDown
				}
				script = append(script, fails(err))
			}
			a := newBatcher(script...)
			f := open(a)
			var want []string
			for i, e := range events {
				time.Sleep(e.After)
				id := fmt.Sprint("e", i)
				if e.Remind {
					id = fmt.Sprint("R", i)
					remind(t, f, id)
				} else {
					send(t, f, notify.Scaled, id)
				}
				want = append(want, id)
			}
			time.Sleep(end)
			if _, err := closeIn(t, f, time.Minute); err != nil {
				fault = err.Error()
			}
			for i, call := range a.got() {
				if i < len(failing) && failing[i] && end == time.Hour {
					continue
				}
				ids := strings.Split(call, "+")
				if len(ids) > notify.MaxBatch || len(ids) > 1 && strings.Contains(call, "R") {
					fault = "a message of " + call
				}
				arrived = append(arrived, ids...)
			}
			if !slices.Equal(arrived, want) {
				fault = fmt.Sprintf("arrived %q, want %q", arrived, want)
			}
		})
		if fault != "" {
			rt.Fatal(fault)
		}
	})
}
