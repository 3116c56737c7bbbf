package bot_test

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/bot/decide"
)

// disk keeps a bot's memory as text, like a file.
type disk struct{ text []byte }

func (d *disk) remember(m bot.Memory) (err error) {
	d.text, err = json.Marshal(m)
	return err
}

// Only the first memory is kept, as if the bot were killed while the platform makes its change.
func (d *disk) killed(o *bot.Options) {
	d.text = nil
	o.Remember = func(m bot.Memory) error {
		if d.text != nil {
			return nil
		}
		return d.remember(m)
	}
}

func (d *disk) load(t *testing.T) bot.Memory {
	t.Helper()
	var m bot.Memory
	if d.text != nil {
		if err := json.Unmarshal(d.text, &m); err != nil {
			t.Fatal(err)
		}
	}
	return m
}

// A new bot continues in the same world from the memory on disk.
func (w *world) restart(t *testing.T, d *disk, change func(*bot.Options)) {
	w.begin(func(o *bot.Options) { o.Memory, o.Remember = d.load(t), d.remember }, change)
}

func keeping(t *testing.T, dynos int, change func(*bot.Options)) (*world, *disk) {
	w, d := newWorld(dynos), &disk{}
	w.restart(t, d, change)
	return w, d
}

func TestRestartGoesOn(t *testing.T) {
	policies := func(o *bot.Options) { o.Policy.CooldownUp, o.Policy.ManualHold = 5*time.Minute, 10*time.Minute }
	t.Run("from the runs", func(t *testing.T) {
		w, d := keeping(t, 2, policies)
		w.beat(slow, slow)
		w.restart(t, d, policies)
		w.beat(slow)
		wantResizes(t, w, 3)
	})
	t.Run("from cooldowns, and takes nobody's change for a hand's", func(t *testing.T) {
		w, d := keeping(t, 1, policies)
		w.beat(times(3, slow)...)
		w.restart(t, d, policies)
		r := w.beat(times(9, slow)...)
		wantResizes(t, w, 2)
		if r.Decision.ManualChange != nil {
			t.Errorf("adopted %+v", r.Decision.ManualChange)
		}
		w.platform.n = 3
		w.restart(t, d, policies)
		if r := w.beat(right); r.Decision.ManualChange == nil {
			t.Error("a change by hand while the bot was away was not seen")
		}
	})
	t.Run("and tells nothing twice", func(t *testing.T) {
		w, d := keeping(t, 3, policies)
		w.beat(times(3, slow)...)
		for range 5 {
			w.restart(t, d, policies)
			w.beat(slow)
		}
		wantTold(t, w, "needs_exceed_max opened")
		w.restart(t, d, policies)
		w.beat(times(3, right)...)
		wantTold(t, w, "needs_exceed_max resolved")
	})
	t.Run("from a pause", func(t *testing.T) {
		w, d := keeping(t, 1, policies)
		w.SetControl(func(c decide.Control) decide.Control { c.Up.On = true; return c }) // and is killed before the next tick
		w.restart(t, d, policies)
		w.beat(times(9, slow)...)
		wantResizes(t, w)
	})
}

// A bot that dies after the platform made its change, and before it saved that, does not ask again.
func TestDeathAfterAChangeRepeatsNothing(t *testing.T) {
	w, d := keeping(t, 1, nil)
	w.beat(slow, slow)
	w.restart(t, d, d.killed)
	w.beat(slow)
	wantResizes(t, w, 2)
	w.restart(t, d, nil)
	r := w.beat(slow, slow)
	wantResizes(t, w)
	wantWhy(t, r, "held at 2: 2 of 3 heartbeats in a row slower than 1000 ms (the last took 1500 ms)")
	w.beat(slow)
	wantResizes(t, w, 3)
}

// A change that was made is reported once after the restart, however late. One that was not made is not reported.
func TestAChangeWhoseAnswerNobodyHeardIsTold(t *testing.T) {
	for _, away := range []time.Duration{0, time.Hour} {
		for _, made := range []bool{true, false} {
			w, d := keeping(t, 1, nil)
			w.beat(slow, slow)
			w.platform.onResize = func(context.Context) error {
				if !made {
					return errors.New("cut off")
				}
				return nil
			}
			w.restart(t, d, d.killed)
			w.beat(slow)
			w.inbox.take()
			w.platform.onResize = nil
			w.now = w.now.Add(away)
			w.restart(t, d, nil)
			r := w.beat(right)
			got := w.inbox.changes()
			if want := map[bool][][2]int{true: {{1, 2}}}[made]; !slices.Equal(got, want) || r.Decision.ManualChange != nil {
				t.Errorf("away for %v, made %v: told %v, want %v; adopted %v", away, made, got, want, r.Decision.ManualChange)
			}
			w.inbox.take()
			w.platform.n = 1 + len(got)
			w.beat(times(5, right)...)
			w.now = w.now.Add(time.Hour)
			w.platform.n = 2 + len(got)
			if r := w.beat(right); r.Decision.ManualChange == nil || slices.Contains(w.inbox.take(), "scaled") {
				t.Errorf("away for %v, made %v: a change by hand later is taken for the bot's own", away, made)
			}
		}
	}
}

// A second change at the same tick is reported after the first.
func TestAChangeThatNobodyHeardOfIsToldBeforeTheNext(t *testing.T) {
	w, d := newWorld(1), &disk{}
	hasty := func(o *bot.Options) { o.Policy.Fails = decide.InARow(1) }
	w.restart(t, d, func(o *bot.Options) { hasty(o); d.killed(o) })
	w.beat(slow)
	w.inbox.take()
	w.restart(t, d, hasty)
	w.beat(slow)
	if got, want := w.inbox.changes(), [][2]int{{1, 2}, {2, 3}}; !slices.Equal(got, want) {
		t.Errorf("told %v, want %v", got, want)
	}
}

func TestMemorySurvivesJSON(t *testing.T) {
	w, d := newWorld(3), &disk{}
	var kept bot.Memory
	w.restart(t, d, func(o *bot.Options) {
		o.Policy.Stabilization = time.Minute
		o.Notices.ScaleDiff, o.Notices.ScaleDiffPeriod = 1, time.Hour
		o.Remember = func(m bot.Memory) error { kept = m; return d.remember(m) }
	})
	w.SetControl(func(c decide.Control) decide.Control {
		c.Down = decide.Pause{On: true, Until: noon.Add(time.Hour)}
		return c
	})
	w.beat(append(times(5, slow), noData, fast, fast)...)
	if got := d.load(t); !reflect.DeepEqual(got, kept) {
		t.Errorf("back from JSON:\n%+v\nwant\n%+v", got, kept)
	}
}

func TestMemoryThatIsNotKeptStopsNothing(t *testing.T) {
	w := newWorld(1, func(o *bot.Options) { o.Remember = func(bot.Memory) error { return errors.New("disk full") } })
	w.beat(times(3, slow)...)
	wantResizes(t, w, 2)
}
