package service

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/pool"
	"github.com/autoscalebot/autoscalebot/bot/record"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
	"github.com/autoscalebot/autoscalebot/notify"
)

// A notice of an obstacle waits this long, as many obstacles end by themselves, such as a failed call.
const blockedFor = 2 * time.Minute

// A poolNotices sends a notice for each failed server, and an incident for the obstacles of a pool. Incidents open and
// end at heartbeats.
type poolNotices struct {
	current func() *settings.Settings
	to      notifier
	// status returns the obstacles in their present words; nil if only events report them.
	status func() pool.Status

	mu         sync.Mutex
	blocked    map[pool.Obstacle]obstacle
	began      time.Time     // first heartbeat
	known      bool          // since then the pool had an obstacle, or was found settled
	last       record.Record // the newest
	failed     time.Time     // last notice of a failed server
	unreported int           // servers that failed since
}

// A notifier sends notices that do not come from a tick, and keeps them until they are delivered. It is the bot.
type notifier interface {
	Tell(ctx context.Context, e notify.Event)
	Incident(ctx context.Context, k notify.Kind, on bool, now time.Time,
		event func(notify.Phase, time.Time) notify.Event)
	Ongoing(k notify.Kind) bool
}

type obstacle struct {
	since time.Time
	text  string
}

func (n *poolNotices) take(e pool.Event) {
	n.mu.Lock()
	defer n.mu.Unlock()
	switch e.Kind {
	case pool.Broken:
		n.serverFailed(e)
	case pool.Blocked:
		was, ok := n.blocked[e.About]
		if !ok {
			was.since = e.Time
		}
		was.text = e.Text
		if n.blocked == nil {
			n.blocked = map[pool.Obstacle]obstacle{}
		}
		n.blocked[e.About] = was
	case pool.Cleared:
		delete(n.blocked, e.About)
	case pool.Created, pool.Joined, pool.Destroyed: // the notice of the scaling covers them
	}
}

// With a broken image one server after the other fails. Only some of them get a notice.
func (n *poolNotices) serverFailed(e pool.Event) {
	if e.Time.Sub(n.failed) < notify.ShortestReminder {
		n.unreported++
		return
	}
	text := e.Text
	if n.unreported > 0 {
		text += fmt.Sprintf("; %d others failed since the last notice", n.unreported)
	}
	n.failed, n.unreported = e.Time, 0
	n.to.Tell(context.Background(), n.event(notify.ServerFailed, e.Time, text))
}

func (n *poolNotices) Record(ctx context.Context, r record.Record) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.last = r; n.began.IsZero() {
		n.began = r.Time
	}
	var texts []string
	now := n.blockedNow()
	lasting := false
	for _, about := range slices.Sorted(maps.Keys(n.blocked)) {
		o := n.blocked[about]
		if about == pool.ObstacleWindow { // waiting for the window is not a problem
			continue
		}
		texts = append(texts, cmp.Or(now[about], o.text))
		lasting = lasting || r.Time.Sub(o.since) >= blockedFor
	}
	n.known = n.known || len(texts) > 0 || r.Settled && r.Time.Sub(n.began) >= blockedFor
	// After a restart an obstacle takes a while to be seen again.
	goesOn := n.to.Ongoing(notify.PoolBlocked) && (len(texts) > 0 || !n.known)
	n.to.Incident(ctx, notify.PoolBlocked, lasting || goesOn, r.Time,
		func(phase notify.Phase, since time.Time) notify.Event {
			e := n.event(notify.PoolBlocked, r.Time, strings.Join(texts, "; "))
			e.Phase, e.Since, e.Incident = phase, since,
				notify.IncidentID(r.App, r.ProcessType, notify.PoolBlocked, since)
			if phase != notify.Resolved {
				e.Advice = "Run autoscalebot status. It shows each server and what blocks the pool."
			}
			switch {
			case phase == notify.Resolved:
				e.Reason = "nothing blocks the pool now"
			case len(texts) == 0:
				e.Reason = "the bot restarted and does not know yet whether this is over"
			}
			return e
		})
	return nil
}

func (n *poolNotices) blockedNow() map[pool.Obstacle]string {
	if n.status == nil {
		return nil
	}
	return n.status().Blocked
}

// The numbers are those of the newest heartbeat.
func (n *poolNotices) event(k notify.Kind, at time.Time, why string) notify.Event {
	s := n.current()
	l := s.Table.At(at)
	e := notify.Event{
		ID: rand.Text(), Kind: k, Time: at, App: s.App(), ProcessType: string(s.HerokuProcessType), From: -1,
		To: -1, Min: l.Min, Max: l.Max,
		Reason: why, DryRun: bool(s.DryRun), Dyno: notify.Dyno{Unit: "server"},
	}
	if !n.last.Time.IsZero() {
		e.From, e.To = n.last.After(), n.last.After()
	}
	return e
}
