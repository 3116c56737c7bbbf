package bot_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/bot/notice"
	"github.com/autoscalebot/autoscalebot/notify"
)

// An event is in the memory from before it is sent until every target is done with it, for at most 15 minutes.
func TestEventsAreKeptUntilAllAreDoneWithThem(t *testing.T) {
	w, d := newWorld(1), &disk{}
	var atNotice notice.Queue
	w.restart(t, d, func(o *bot.Options) {
		o.Targets = []string{"mail", "chat", "chat"}
		o.Notices.EveryPing = true
		o.Notifier = notices(func(e notify.Event) {
			if e.Kind == notify.Scaled {
				atNotice = d.load(t).Undelivered
			}
			_ = w.inbox.Notify(t.Context(), e)
		})
	})
	w.beat(times(3, slow)...)
	if len(atNotice) != 1 || atNotice[0].Event.Kind != notify.Scaled {
		t.Fatalf("when it was told, %+v was kept", atNotice)
	}
	e := atNotice[0].Event
	for _, c := range []struct {
		target string
		want   int
	}{{"history", 1}, {"mail", 1}, {"chat", 1}, {"chat", 0}, {"chat", 0}} {
		w.Delivered(c.target, e)
		if got := d.load(t).Undelivered; len(got) != c.want {
			t.Errorf("after %s is done with it, %+v is kept", c.target, got)
		}
	}
	w.Incident(t.Context(), notify.SecondBot, true, w.now, func(p notify.Phase, since time.Time) notify.Event {
		return notify.Event{ID: "second", Kind: notify.SecondBot, Phase: p, Since: since, Time: w.now}
	})
	w.Delivered("mail", notify.Event{ID: "second"})
	w.beat(right)
	if got := d.load(t).Undelivered; len(got) != 1 || !slices.Equal(got[0].Done, []string{"mail"}) {
		t.Errorf("kept %+v, want one with mail done", got)
	}
	w.now = w.now.Add(notice.UndeliveredAge)
	w.beat(right)
	if got := d.load(t).Undelivered; len(got) != 0 {
		t.Errorf("after %v %+v is kept", notice.UndeliveredAge, got)
	}
}

// An incident that ticks do not detect continues after a restart, and ends once.
func TestIncidentsBesideTheTicksOutlastARestart(t *testing.T) {
	w, d := newWorld(1), &disk{}
	begin := func() { w.restart(t, d, nil) }
	look := func(on bool) {
		w.Incident(t.Context(), notify.SecondBot, on, w.now, func(p notify.Phase, since time.Time) notify.Event {
			return notify.Event{Kind: notify.SecondBot, Phase: p, Since: since}
		})
	}
	begin()
	w.beat(right)
	look(true)
	begin()
	w.beat(right)
	look(true)
	w.beat(right)
	begin()
	look(false)
	begin()
	look(false)
	wantTold(t, w, "second_bot opened", "second_bot resolved")
}

type notices func(notify.Event)

func (n notices) Notify(_ context.Context, e notify.Event) error {
	n(e)
	return nil
}

// Such incidents from before the start that are read later continue next to those opened since.
func TestIncidentsBesideTheTicksAreRecalled(t *testing.T) {
	w := newWorld(1)
	event := func(notify.Phase, time.Time) notify.Event { return notify.Event{Time: w.now} }
	w.Incident(t.Context(), notify.SecondBot, true, w.now, event)
	began := w.now.Add(-time.Hour)
	w.Recall(bot.Memory{Beside: notify.Incidents{notify.PoolBlocked: {Since: began, Notified: began}}})
	if !w.Ongoing(notify.SecondBot) || !w.Ongoing(notify.PoolBlocked) || w.Ongoing(notify.Paused) {
		t.Error("not both of them go on")
	}
	w.Incident(t.Context(), notify.PoolBlocked, false, w.now, func(p notify.Phase, since time.Time) notify.Event {
		if p != notify.Resolved || !since.Equal(began) {
			t.Errorf("told is %s since %v", p, since)
		}
		return notify.Event{Time: w.now}
	})
}
