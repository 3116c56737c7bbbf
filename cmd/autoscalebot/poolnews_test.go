package main

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/bot/pool"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
	"github.com/autoscalebot/autoscalebot/notify"
)

// heardOf keeps what it is told.
type heardOf struct{ events []notify.Event }

func (n *heardOf) Notify(_ context.Context, e notify.Event) error {
	n.events = append(n.events, e)
	return nil
}

// What is in a pool's way is told when it lasts, once, and when it has ended; what ends by itself is not.
func TestWhatIsInAPoolsWayIsToldWhenItLasts(t *testing.T) {
	s := settings.Defaults()
	s.HerokuAppName = "shop"
	to := &heardOf{}
	n := &poolNews{notifier: to, s: s, log: slog.New(slog.DiscardHandler)}
	now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	tick := func(d time.Duration) {
		for end := now.Add(d); now.Before(end); {
			now = now.Add(30 * time.Second)
			if err := n.Record(t.Context(), bot.Record{Time: now, App: "shop", ProcessType: "web", Dynos: 2}); err != nil {
				t.Fatal(err)
			}
		}
	}
	hear := func(k pool.EventKind, about pool.Obstacle, text string) {
		n.hear(pool.Event{Time: now, Kind: k, About: about, Text: text})
	}
	want := func(phases ...notify.Phase) {
		t.Helper()
		var got []string
		for _, e := range to.events {
			got = append(got, string(e.Kind)+string(e.Phase))
		}
		var all []string
		for _, p := range phases {
			all = append(all, string(notify.PoolBlocked)+string(p))
		}
		if strings.Join(got, " ") != strings.Join(all, " ") {
			t.Errorf("told was %v, want %v", got, all)
		}
	}
	hear(pool.Blocked, pool.ObstacleRead, "the provider cannot be read")
	tick(time.Minute)
	hear(pool.Cleared, pool.ObstacleRead, "")
	hear(pool.Blocked, pool.ObstacleWindow, "waits for the maintenance window")
	tick(10 * time.Minute)
	want()
	hear(pool.Blocked, pool.ObstacleCost, "one more would cost more than $1 an hour")
	tick(10 * time.Minute)
	want(notify.Opened)
	if e := to.events[0]; e.Reason != "one more would cost more than $1 an hour" || e.Incident == "" || e.App != "shop" || e.To != 2 || !strings.Contains(e.Subject(), "are not what they should be") {
		t.Errorf("told was %+v", e)
	}
	hear(pool.Blocked, pool.ObstacleCreate, "the provider refuses")
	hear(pool.Cleared, pool.ObstacleCost, "")
	tick(time.Minute)
	hear(pool.Cleared, pool.ObstacleCreate, "")
	tick(time.Minute)
	want(notify.Opened, notify.Resolved)
	if to.events[0].Incident != to.events[1].Incident {
		t.Error("the end is of another incident")
	}
}

// Of servers that fail one after the other not each is told.
func TestServersThatFailInARowAreToldTogether(t *testing.T) {
	to := &heardOf{}
	n := &poolNews{notifier: to, s: settings.Defaults(), log: slog.New(slog.DiscardHandler)}
	now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	for range 4 {
		n.hear(pool.Event{Time: now, Kind: pool.Broken, Server: "web-1", Text: "web-1 is taken away: it was not ready in time"})
		now = now.Add(2 * time.Minute)
	}
	if len(to.events) != 2 || to.events[0].Reason != "web-1 is taken away: it was not ready in time" || !strings.Contains(to.events[1].Reason, "; 2 others failed since") {
		t.Errorf("told was %+v", to.events)
	}
}
