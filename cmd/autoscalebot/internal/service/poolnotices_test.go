package service

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/bot/pool"
	"github.com/autoscalebot/autoscalebot/bot/record"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
	"github.com/autoscalebot/autoscalebot/notify"
)

type heardOf struct{ events []notify.Event }

func (n *heardOf) Notify(_ context.Context, e notify.Event) error {
	n.events = append(n.events, e)
	return nil
}

// A bot with one notifier and a memory.
func toldTo(to notify.Notifier, memory *bot.Memory) *bot.Bot {
	o := bot.Options{App: "shop", ProcessType: "web", Scaler: fixedSize(2), Notifier: to, Targets: []string{"somebody"}}
	if memory != nil {
		o.Memory = *memory
		o.Remember = func(m bot.Memory) error {
			*memory = m
			return nil
		}
	}
	return bot.New(o)
}

// A fixedSize is a platform with this number of dynos.
type fixedSize int

func (n fixedSize) Size(context.Context) (int, bool, error) { return int(n), true, nil }
func (fixedSize) Resize(ctx context.Context, n int) error   { return nil }

// An obstacle from before a kill is the same incident afterwards. It ends once the bot knows that it is over, not at the first heartbeat.
func TestWhatIsInAPoolsWayOutlivesAKill(t *testing.T) {
	for name, c := range map[string]struct {
		settled bool // of the pool after the restart
		blocked time.Duration
		want    string
	}{
		"it is over":                        {true, 0, "opened resolved"},
		"it goes on, and is found soon":     {false, time.Minute, "opened"},
		"it goes on, and is found late":     {false, 8 * time.Minute, "opened"},
		"it goes on, and counts as settled": {true, 30 * time.Second, "opened"},
		"the pool is still on its way":      {false, 0, "opened"},
	} {
		t.Run(name, func(t *testing.T) {
			s := settings.Defaults()
			s.HerokuAppName = "shop"
			to, memory := &heardOf{}, &bot.Memory{}
			now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
			block := func(n *poolNotices) {
				n.take(pool.Event{Time: now, Kind: pool.Blocked, About: pool.ObstacleCreate, Text: "the provider refuses"})
			}
			tick := func(n *poolNotices, settled bool) {
				now = now.Add(30 * time.Second)
				if err := n.Record(t.Context(), record.Record{Time: now, App: "shop", ProcessType: "web", Dynos: 2, Settled: settled}); err != nil {
					t.Fatal(err)
				}
			}
			n := &poolNotices{current: fixed(s), to: toldTo(to, memory)}
			block(n)
			for range 10 {
				tick(n, false)
			}
			n = &poolNotices{current: fixed(s), to: toldTo(to, memory)} // after a kill and a restart
			for restart := now; now.Sub(restart) < 10*time.Minute; tick(n, c.settled) {
				if c.blocked > 0 && now.Sub(restart) >= c.blocked {
					block(n)
				}
			}
			var phases []string
			for _, e := range to.events {
				phases = append(phases, string(e.Phase))
				if e.Incident != to.events[0].Incident {
					t.Error("there are two incidents")
				}
			}
			if strings.Join(phases, " ") != c.want {
				t.Errorf("told was %v, want %s", phases, c.want)
			}
		})
	}
}

// The notice of a failed server is kept until it is delivered.
func TestAServerThatFailedIsToldAfterAKill(t *testing.T) {
	memory := &bot.Memory{}
	to := &heardOf{}
	b := toldTo(to, memory)
	n := &poolNotices{current: fixed(settings.Defaults()), to: b}
	n.take(pool.Event{Time: time.Now(), Kind: pool.Broken, Server: "web-1", Text: "web-1 is no more, and not by the bot"})
	if len(memory.Undelivered) != 1 || memory.Undelivered[0].Event.Kind != notify.ServerFailed || len(to.events) != 1 || to.events[0].Unit != "server" {
		t.Fatalf("kept was %+v, told %+v", memory.Undelivered, to.events)
	}
	b.Delivered("somebody", to.events[0])
	if len(memory.Undelivered) != 0 {
		t.Errorf("what has reached everybody is kept: %+v", memory.Undelivered)
	}
}

// A lasting obstacle is reported once, and again at its end. One that ends by itself is not reported.
func TestWhatIsInAPoolsWayIsToldWhenItLasts(t *testing.T) {
	s := settings.Defaults()
	s.HerokuAppName = "shop"
	to := &heardOf{}
	n := &poolNotices{current: fixed(s), to: toldTo(to, nil)}
	now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	tick := func(d time.Duration) {
		for end := now.Add(d); now.Before(end); {
			now = now.Add(30 * time.Second)
			if err := n.Record(t.Context(), record.Record{Time: now, App: "shop", ProcessType: "web", Dynos: 2}); err != nil {
				t.Fatal(err)
			}
		}
	}
	hear := func(k pool.EventKind, about pool.Obstacle, text string) {
		n.take(pool.Event{Time: now, Kind: k, About: about, Text: text})
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
	if e := to.events[0]; e.Reason != "one more would cost more than $1 an hour" || e.Incident == "" || e.App != "shop" || e.To != 2 || !strings.Contains(e.Subject(), "cannot get its servers") {
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

// The notice has the obstacle's words at the time of sending, not those of its beginning.
func TestTheNoticeSaysWhatIsInTheWayNow(t *testing.T) {
	to := &heardOf{}
	now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	text := "web-2 is not active after 31 s"
	n := &poolNotices{current: fixed(settings.Defaults()), to: toldTo(to, nil), status: func() pool.Status {
		return pool.Status{Blocked: map[pool.Obstacle]string{pool.ObstacleCreate: text}}
	}}
	n.take(pool.Event{Time: now, Kind: pool.Blocked, About: pool.ObstacleCreate, Text: text})
	n.take(pool.Event{Time: now, Kind: pool.Blocked, About: pool.ObstacleRead, Text: "the provider cannot be read"})
	text = "web-3 is not active after 40 s"
	if err := n.Record(t.Context(), record.Record{Time: now.Add(3 * time.Minute), App: "shop", ProcessType: "web", Dynos: 2}); err != nil {
		t.Fatal(err)
	}
	if len(to.events) != 1 || to.events[0].Reason != "web-3 is not active after 40 s; the provider cannot be read" {
		t.Errorf("told was %+v", to.events)
	}
}

// Of several servers that fail in a row only some are reported.
func TestServersThatFailInARowAreToldTogether(t *testing.T) {
	to := &heardOf{}
	n := &poolNotices{current: fixed(settings.Defaults()), to: toldTo(to, nil)}
	now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	for range 4 {
		n.take(pool.Event{Time: now, Kind: pool.Broken, Server: "web-1", Text: "web-1 is taken away: it was not ready in time"})
		now = now.Add(2 * time.Minute)
	}
	if len(to.events) != 2 || to.events[0].Reason != "web-1 is taken away: it was not ready in time" || !strings.Contains(to.events[1].Reason, "; 2 others failed since") {
		t.Errorf("told was %+v", to.events)
	}
}

func fixed(s *settings.Settings) func() *settings.Settings {
	return func() *settings.Settings { return s }
}
