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
	// Another bot counts as ended after silentBeats of its intervals without a heartbeat, and at least silentAtLeast.
	silentBeats   = 4
	silentAtLeast = 10 * time.Second
)

// A registry is a place where the bots of an app note their heartbeats, such as a history.
type registry interface {
	Beat(ctx context.Context, me history.Runner) (others []history.Runner, err error)
	Leave(ctx context.Context, me history.Runner) error
}

const stopOne = "Stop one of them."

// An otherBots notifies people of other bots for the same process type. It notes each heartbeat outside the tick.
type otherBots struct {
	registry registry
	me       history.Runner
	// incident opens, continues or ends the incident.
	incident func(ctx context.Context, k notify.Kind, on bool, now time.Time,
		event func(notify.Phase, time.Time) notify.Event)
	log  *slog.Logger
	beat chan record.Record // the newest record that is not noted yet

	begun time.Time           // time of the first look, also of the first one following a failure
	known map[string]otherBot // by ID

	mu      sync.Mutex // guards the rest, and me
	warning string
}

func (t *otherBots) self() history.Runner {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.me
}

// Takes a new interval between heartbeats.
func (t *otherBots) use(every time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.me.Every = every
}

// An otherBot is what is known of another bot.
type otherBot struct {
	beats int64
	moved time.Time // when this bot last saw beats grow; zero for never
}

func newOtherBots(r registry, every time.Duration, log *slog.Logger) *otherBots {
	return &otherBots{
		registry: r, me: history.Runner{ID: rand.Text(), Name: ProcessName(), Every: every}, log: log,
		beat: make(chan record.Record, 1),
	}
}

// Record queues the record, and returns at once.
func (t *otherBots) Record(_ context.Context, r record.Record) error {
	select {
	case t.beat <- r:
	default: // the previous record is still in progress
	}
	return nil
}

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
				_ = t.registry.Leave(last, t.self()) // else the silence shows it
				return
			}
		}
	}()
	return func() {
		cancel()
		<-ended
	}
}

func (t *otherBots) look(ctx context.Context, r record.Record) {
	callCtx, cancel := context.WithTimeout(ctx, OpenTime)
	defer cancel()
	others, err := t.registry.Beat(callCtx, t.self())
	if err != nil {
		t.known = nil // other bots may have come and gone meanwhile
		return        // the history itself reports the failure
	}
	alive, unsure := t.alive(others, time.Now())
	text := "no other autoscalebot uses this history"
	if len(alive) > 0 {
		text = fmt.Sprintf("another autoscalebot scales %s of %s too: %s. This one is %s",
			r.ProcessType, r.App, strings.Join(alive, " and "), t.me.Name)
	}
	if len(alive) == 0 && unsure {
		return // an incident from before a restart or a failure may continue
	}
	t.mu.Lock()
	t.warning = ""
	if len(alive) > 0 {
		t.warning = text + ". " + stopOne
	}
	t.mu.Unlock()
	t.incident(ctx, notify.SecondBot, len(alive) > 0, r.Time, func(phase notify.Phase, since time.Time) notify.Event {
		t.log.Warn(text)
		advice := ""
		if phase != notify.Resolved {
			advice = stopOne
		}
		return notify.Event{
			ID: rand.Text(), Kind: notify.SecondBot, Time: r.Time, App: r.App, ProcessType: r.ProcessType,
			From: r.After(), To: r.After(), Dyno: notify.Dyno{Unit: r.Unit},
			Min: r.Limits.Min, Max: r.Limits.Max, Reason: text, Advice: advice, Phase: phase, Since: since,
			Incident: notify.IncidentID(r.App, r.ProcessType, notify.SecondBot, since),
		}
	})
}

// A bot is alive if its heartbeats have grown or begun since the last look. unsure is set if a bot may have ended, but
// was not watched long enough.
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
		silent := max(silentBeats*max(o.Every, t.self().Every), silentAtLeast)
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
