package service

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/history"
	"github.com/autoscalebot/autoscalebot/bot/record"
	"github.com/autoscalebot/autoscalebot/notify"
)

const (
	// silentBeats is after how many of its intervals another bot that notes no heartbeat is taken to have ended, and
	// silentAtLeast for how long it must be silent at the least.
	silentBeats   = 4
	silentAtLeast = 10 * time.Second
)

// A registry is where bots of one app note their heartbeats. A history is one.
type registry interface {
	Beat(ctx context.Context, me history.Runner) (others []history.Runner, err error)
	Leave(ctx context.Context, me history.Runner) error
}

// otherBots tells people of other programs that run the same bot. It notes each heartbeat, beside the tick.
type otherBots struct {
	registry registry
	me       history.Runner
	// incident takes in whether there is another bot, and tells people of it.
	incident func(ctx context.Context, k notify.Kind, on bool, now time.Time,
		event func(notify.Phase, time.Time) notify.Event)
	log  *slog.Logger
	beat chan record.Record // holds the newest record that is not noted yet

	begun time.Time           // when this bot looked first, or again after it could not
	known map[string]otherBot // by ID

	mu      sync.Mutex
	warning string
}

// A otherBot is another bot as it was seen last.
type otherBot struct {
	beats int64
	// moved is when its heartbeats last grew while this bot looked, zero for not yet.
	moved time.Time
}

func newOtherBots(r registry, every time.Duration, log *slog.Logger) *otherBots {
	return &otherBots{
		registry: r, me: history.Runner{ID: rand.Text(), Name: ProcessName(), Every: every}, log: log,
		beat: make(chan record.Record, 1),
	}
}

// Record has the heartbeat noted, and returns at once.
func (t *otherBots) Record(_ context.Context, r record.Record) error {
	select {
	case t.beat <- r:
	default: // the one before it is still being noted
	}
	return nil
}

// run notes heartbeats until end is called.
func (t *otherBots) run(ctx context.Context) (end func()) {
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
				_ = t.registry.Leave(last, t.me) // or its silence tells
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
func (t *otherBots) look(ctx context.Context, r record.Record) {
	callCtx, cancel := context.WithTimeout(ctx, OpenTime)
	defer cancel()
	others, err := t.registry.Beat(callCtx, t.me)
	if err != nil {
		t.known = nil // those who noted heartbeats meanwhile may have ended since
		return        // the history itself tells that it cannot be written
	}
	alive, unsure := t.alive(others, time.Now())
	text := "no other autoscalebot notes its heartbeats in this history"
	if len(alive) > 0 {
		text = fmt.Sprintf("another autoscalebot scales %s of %s too: %s; this one is %s: end one of them",
			r.ProcessType, r.App, strings.Join(alive, " and "), t.me.Name)
	}
	if len(alive) == 0 && unsure {
		return // an incident from before a restart, or an outage of the history, may go on
	}
	t.mu.Lock()
	t.warning = ""
	if len(alive) > 0 {
		t.warning = text
	}
	t.mu.Unlock()
	t.incident(ctx, notify.SecondBot, len(alive) > 0, r.Time, func(phase notify.Phase, since time.Time) notify.Event {
		t.log.Warn(text)
		return notify.Event{
			ID: rand.Text(), Kind: notify.SecondBot, Time: r.Time, App: r.App, ProcessType: r.ProcessType,
			From: r.After(), To: r.After(),
			Min: r.Limits.Min, Max: r.Limits.Max, Reason: text, Phase: phase, Since: since,
			Incident: notify.IncidentID(r.App, r.ProcessType, notify.SecondBot, since),
		}
	})
}

// alive are the names of the others whose heartbeats go on: that have grown since this bot looked before, or begun
// since then. unsure: there are others that this bot has not watched for long enough yet to tell that they have ended.
func (t *otherBots) alive(others []history.Runner, now time.Time) (names []string, unsure bool) {
	first := t.known == nil
	if first {
		t.begun = now
	}
	next := map[string]otherBot{}
	for _, o := range others {
		was, known := t.known[o.ID]
		is := otherBot{beats: o.Beats, moved: was.moved}
		if known && o.Beats != was.beats || !known && !first {
			is.moved = now
		}
		next[o.ID] = is
		silent := max(silentBeats*max(o.Every, t.me.Every), silentAtLeast)
		if !is.moved.IsZero() && now.Sub(is.moved) < silent {
			names = append(names, o.Name)
		}
		unsure = unsure || is.moved.IsZero() && now.Sub(t.begun) < silent
	}
	t.known = next
	return names, unsure
}

func (t *otherBots) warnings() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.warning == "" {
		return nil
	}
	return []string{t.warning}
}
