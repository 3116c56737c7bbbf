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

// blockedFor is how long something must be in a pool's way until people are told: what ends by itself before that, such
// as a call that failed once, helps nobody to know.
const blockedFor = 2 * time.Minute

// poolNotices tells people of a pool: of each server that failed, and of what is in the pool's way as an incident. It
// goes by the heartbeats for when to tell of what lasts.
type poolNotices struct {
	s  *settings.Settings
	to notifier
	// status tells what is in the way now, in words that change while it lasts; nil where only events tell.
	status func() pool.Status

	mu sync.Mutex
	// blocked is what is in the way, and since when.
	blocked map[pool.Obstacle]obstacle
	// began is when the first heartbeat was, and seen says that something was in the way since then, or the pool was
	// found to be what it should be.
	began time.Time
	known bool
	// last is the newest record.
	last record.Record
	// failed is when people were told last of a server that failed, and unsaid how many failed since.
	failed     time.Time
	unreported int
}

// A notifier notifies people of what was found beside the ticks, and keeps that until everybody has received it. It is
// the bot.
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
	case pool.Created, pool.Joined, pool.Destroyed: // of which the change of their number tells
	}
}

// serverFailed tells of one. Where one after the other fails, as with an image that does not work, people are not told
// of each.
func (n *poolNotices) serverFailed(e pool.Event) {
	if e.Time.Sub(n.failed) < notify.ShortestReminder {
		n.unreported++
		return
	}
	text := e.Text
	if n.unreported > 0 {
		text += fmt.Sprintf("; %d others failed since the last notice of this", n.unreported)
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
		if about == pool.ObstacleWindow { // which is as it is meant to be
			continue
		}
		texts = append(texts, cmp.Or(now[about], o.text))
		lasting = lasting || r.Time.Sub(o.since) >= blockedFor
	}
	n.known = n.known || len(texts) > 0 || r.Settled && r.Time.Sub(n.began) >= blockedFor
	// What was in the way before a restart takes a while to be seen again.
	goesOn := n.to.Ongoing(notify.PoolBlocked) && (len(texts) > 0 || !n.known)
	n.to.Incident(ctx, notify.PoolBlocked, lasting || goesOn, r.Time,
		func(phase notify.Phase, since time.Time) notify.Event {
			e := n.event(notify.PoolBlocked, r.Time, strings.Join(texts, "; "))
			e.Phase, e.Since, e.Incident = phase, since,
				notify.IncidentID(r.App, r.ProcessType, notify.PoolBlocked, since)
			switch {
			case phase == notify.Resolved:
				e.Reason = "nothing is in its way any more"
			case len(texts) == 0:
				e.Reason = "it is not known yet whether that is over, since the bot has started again"
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

// event is one with the numbers of the newest heartbeat.
func (n *poolNotices) event(k notify.Kind, at time.Time, why string) notify.Event {
	l := n.s.Table.At(at)
	e := notify.Event{
		ID: rand.Text(), Kind: k, Time: at, App: n.s.App(), ProcessType: string(n.s.HerokuProcessType), From: -1,
		To: -1, Min: l.Min, Max: l.Max,
		Reason: why, DryRun: bool(n.s.DryRun),
	}
	if !n.last.Time.IsZero() {
		e.From, e.To = n.last.After(), n.last.After()
	}
	return e
}
