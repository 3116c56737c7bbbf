package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/bot/history"
	"github.com/autoscalebot/autoscalebot/notify"
)

const (
	// silentBeats is after how many of its intervals another bot that notes no heartbeat is taken to have ended, and silentAtLeast for how
	// long it must be silent at the least.
	silentBeats   = 4
	silentAtLeast = 10 * time.Second
)

// A roll is where bots of one app note their heartbeats. A history is one.
type roll interface {
	Beat(ctx context.Context, me history.Runner) (others []history.Runner, err error)
	Leave(ctx context.Context, me history.Runner) error
}

// twins tells people of other programs that run the same bot. It notes each heartbeat, beside the tick.
type twins struct {
	roll     roll
	me       history.Runner
	notifier notify.Notifier
	reminder time.Duration
	log      *slog.Logger
	beat     chan bot.Record // holds the newest record that is not noted yet

	seen map[string]twin // by ID
	open notify.Incidents

	mu      sync.Mutex
	warning string
}

// A twin is another bot as it was seen last.
type twin struct {
	beats int64
	// moved is when its heartbeats last grew while this bot looked, zero for not yet.
	moved time.Time
}

func newTwins(r roll, every, reminder time.Duration, notifier notify.Notifier, log *slog.Logger) *twins {
	return &twins{
		roll: r, me: history.Runner{ID: rand.Text(), Name: holder(), Every: every}, notifier: notifier, reminder: reminder, log: log,
		beat: make(chan bot.Record, 1),
	}
}

// Record has the heartbeat noted, and returns at once.
func (t *twins) Record(_ context.Context, r bot.Record) error {
	select {
	case t.beat <- r:
	default: // the one before it is still being noted
	}
	return nil
}

// run notes heartbeats until end is called.
func (t *twins) run(ctx context.Context) (end func()) {
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case r := <-t.beat:
				t.look(ctx, r)
			case <-ctx.Done():
				last, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTime)
				defer cancel()
				_ = t.roll.Leave(last, t.me) // or its silence tells
				return
			}
		}
	}()
	return func() {
		cancel()
		<-ended
	}
}

// look notes a heartbeat, and tells when another bot is found to be alive, and when none is any more.
func (t *twins) look(ctx context.Context, r bot.Record) {
	callCtx, cancel := context.WithTimeout(ctx, openTime)
	defer cancel()
	others, err := t.roll.Beat(callCtx, t.me)
	if err != nil {
		return // the history itself tells that it cannot be written
	}
	alive := t.alive(others, time.Now())
	phase, since := t.open.Update(notify.SecondBot, len(alive) > 0, r.Time, t.reminder)
	text := "no other autoscalebot notes its heartbeats in this history"
	if len(alive) > 0 {
		text = fmt.Sprintf("another autoscalebot scales %s of %s too: %s; this one is %s: end one of them",
			r.ProcessType, r.App, strings.Join(alive, " and "), t.me.Name)
	}
	t.mu.Lock()
	t.warning = ""
	if len(alive) > 0 {
		t.warning = text
	}
	t.mu.Unlock()
	if phase == "" {
		return
	}
	t.log.Warn(text)
	e := notify.Event{
		ID: rand.Text(), Kind: notify.SecondBot, Time: r.Time, App: r.App, ProcessType: r.ProcessType, From: r.After(), To: r.After(),
		Min: r.Limits.Min, Max: r.Limits.Max, Reason: text, Phase: phase, Since: since,
		Incident: notify.IncidentID(r.App, r.ProcessType, notify.SecondBot, since),
	}
	if err := t.notifier.Notify(context.WithoutCancel(ctx), e); err != nil {
		t.log.Warn("a notice was not taken", "event", e.Kind, "error", err)
	}
}

// alive are the names of the others whose heartbeats go on: that have grown since this bot looked before, or begun since then.
func (t *twins) alive(others []history.Runner, now time.Time) (names []string) {
	first := t.seen == nil
	next := map[string]twin{}
	for _, o := range others {
		was, known := t.seen[o.ID]
		is := twin{beats: o.Beats, moved: was.moved}
		if known && o.Beats != was.beats || !known && !first {
			is.moved = now
		}
		next[o.ID] = is
		if !is.moved.IsZero() && now.Sub(is.moved) < max(silentBeats*max(o.Every, t.me.Every), silentAtLeast) {
			names = append(names, o.Name)
		}
	}
	t.seen = next
	return names
}

func (t *twins) warnings() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.warning == "" {
		return nil
	}
	return []string{t.warning}
}
