package bot_test

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"testing"
	"testing/synctest"
	"time"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/bot/record"
	"github.com/autoscalebot/autoscalebot/probe"
	"github.com/autoscalebot/autoscalebot/schedule"
)

func TestWhyExplainsEveryDecision(t *testing.T) {
	for _, c := range []struct {
		name           string
		dynos          int
		set            func(*world)
		beats          []probe.Reading
		headline, want string
	}{
		{"right", 2, nil, times(1, right), "held at 2", "500 ms is ok (between 200 and 1000 ms)"},
		{"on the way up", 2, nil, times(2, slow), "held at 2", "2 of 3 heartbeats in a row slower than 1000 ms (the last took 1500 ms)"},
		{"up", 2, nil, times(3, slow), "scaled 2 → 3", "3 heartbeats in a row slower than 1000 ms (the last took 1500 ms)"},
		{"down", 2, nil, append(times(4, fast), took(7.25)), "scaled 2 → 1", "5 heartbeats in a row faster than 200 ms (the last took 7.2 ms)"},
		{"up, by the queue time", 2, nil, times(3, queued), "scaled 2 → 3", "3 heartbeats in a row slower than 1000 ms (the last waited 1200 ms in the queue)"},
		{"failing", 2, nil, times(3, failed(probe.ServerError, "status 503 Service Unavailable")), "scaled 2 → 3", "3 heartbeats in a row failed or slower than 1000 ms (the last: status 503 Service Unavailable)"},
		{"at the maximum", 3, nil, times(4, slow), "held at 3", "4 heartbeats in a row slower than 1000 ms (the last took 1500 ms); desired 4, but the maximum is 3"},
		{"at the minimum", 1, nil, times(5, fast), "held at 1", "5 heartbeats in a row faster than 200 ms (the last took 50 ms); desired 0, but the minimum is 1"},
		{"outside the limits", 7, nil, times(1, slow), "scaled 7 → 3", "7 is above the maximum of 3"},
		{"blind", 2, nil, times(1, noData), "held at 2", "no data: unreachable: connection refused by 127.0.0.1:5000"},
		{"left alone", 0, nil, times(1, slow), "held at 0", "somebody set 0 dynos, so the bot leaves the app alone"},
		{"unsettled", 2, func(w *world) { w.platform.unsettled = true }, times(3, slow), "held at 2", "3 heartbeats in a row slower than 1000 ms (the last took 1500 ms); desired 3, but an earlier change is still in progress"},
		{"the change fails", 2, func(w *world) { w.platform.resizeErr = errors.New("update formation: 422") }, times(3, slow), "scaling 2 → 3 failed", "3 heartbeats in a row slower than 1000 ms (the last took 1500 ms); update formation: 422"},
		{"the count is not told", 2, func(w *world) { w.platform.sizeErr = errPlatform }, times(1, slow), "the number of dynos could not be read", "1 of 3 heartbeats in a row slower than 1000 ms (the last took 1500 ms); read formation: 503 Service Unavailable"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(c.dynos)
			if c.set != nil {
				c.set(w)
			}
			r := w.beat(c.beats...)
			if got := r.Headline(); got != c.headline {
				t.Errorf("headline %q, want %q", got, c.headline)
			}
			if got := r.Why(); got != c.want {
				t.Errorf("why\n%q, want\n%q", got, c.want)
			}
		})
	}
}

func TestUnsettledPlatformIsNotAsked(t *testing.T) {
	w := newWorld(2)
	w.platform.unsettled = true
	w.beat(times(5, slow)...)
	wantResizes(t, w)
	w.platform.unsettled = false
	w.beat(slow)
	wantResizes(t, w, 3)
}

func TestDryRunChangesNothing(t *testing.T) {
	w := newWorld(5, func(o *bot.Options) { o.DryRun = true })
	r := w.beat(times(4, slow)...)
	wantResizes(t, w)
	if got, want := r.Headline(), "dry run: would scale 5 → 3"; got != want {
		t.Errorf("headline %q, want %q", got, want)
	}
	wantTold(t, w, "scaled")
}

func TestPlatformFailureForgetsNothing(t *testing.T) {
	w := newWorld(2)
	w.beat(slow, slow)
	w.platform.sizeErr = errPlatform
	w.beat(slow)
	w.platform.sizeErr = nil
	w.platform.resizeErr = errors.New("update formation: 503")
	w.beat(slow, slow)
	w.platform.resizeErr = nil
	w.beat(slow, slow)
	wantResizes(t, w, 3, 3, 3) // two failures, then the change, then a new run
}

func TestInterruptedTickDecidesNothing(t *testing.T) {
	w := newWorld(2)
	w.beat(slow, slow)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	w.heart.next = failed(probe.Timeout, "canceled")
	r := w.Tick(ctx, noon)
	if r.Action != record.Interrupted || len(w.platform.resizes) != 0 || len(w.inbox.events) != 0 {
		t.Errorf("a tick that was canceled: action %q, asked for %v, told %v", r.Action, w.platform.resizes, w.inbox.take())
	}
}

func TestRecordSurvivesJSON(t *testing.T) {
	for _, c := range []struct {
		name  string
		dynos int
		beats []probe.Reading
	}{
		{"scaled", 2, times(3, slow)},
		{"clamped", 3, times(3, slow)},
		{"blind", 2, times(1, noData)},
	} {
		w := newWorld(c.dynos)
		r := w.beat(c.beats...)
		text, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		var back record.Record
		if err := json.Unmarshal(text, &back); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(back, r) {
			t.Errorf("%s: back from JSON:\n%+v\nwant\n%+v", c.name, back, r)
		}
		var why struct{ Why string }
		if err := json.Unmarshal(text, &why); err != nil || why.Why != r.Why() {
			t.Errorf("%s: why in JSON is %q, %v", c.name, why.Why, err)
		}
	}
}

func TestBotGoesOnFromItsLimits(t *testing.T) {
	w := newWorld(3)
	w.beat(slow, slow)
	*w.limits = always(schedule.Limits{Min: 1, Max: 2})
	w.beat(slow)       // corrected to 2: the run starts again
	w.beat(slow, slow) // two of three
	wantResizes(t, w, 2)
}

func TestARecordSaysWhichRowsItsLimitsComeFrom(t *testing.T) {
	series := func(text string) schedule.Series {
		s, err := schedule.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	table, err := schedule.New(series("2"), series("0:00=3, mon-fri 9:00=5"), nil)
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(7, func(o *bot.Options) { o.Schedule = table })
	r := w.beat(right)
	if want := "7 is above the maximum of 5 (mon-fri 9:00=5)"; r.Why() != want || r.MinRow != "" || r.MaxRow != "mon-fri 9:00=5" {
		t.Errorf("why %q, rows %q and %q, want %q", r.Why(), r.MinRow, r.MaxRow, want)
	}
}

func TestARecordSaysHowLongTheHeartbeatTook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(2)
		w.platform.onResize = func(context.Context) error { time.Sleep(1250 * time.Millisecond); return nil }
		if r := w.beat(times(3, slow)...); r.DurationMS != 1250 {
			t.Errorf("a tick of 1.25 s took %g ms", r.DurationMS)
		}
	})
}
