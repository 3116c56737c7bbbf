// Package service turns settings into a running bot: it opens the adapters that the settings name, connects the bot to
// its history, page and notifiers, and runs it.
package service

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/bot/metrics"
	"github.com/autoscalebot/autoscalebot/bot/notice"
	"github.com/autoscalebot/autoscalebot/bot/record"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
	"github.com/autoscalebot/autoscalebot/notify"
)

// A Service is the bot of one process type with its adapters.
type Service struct {
	Bot *bot.Bot

	host      Host
	kept      keeping
	metrics   *metrics.Metrics
	fanout    *notify.Fanout
	notifiers *lateNotifier
	others    *otherBots // nil without a history in a file or database
	log       *lateRecorder
	page      livePage
	reloader  atomic.Pointer[reloader] // nil before the bot runs, and in the demo

	mu       sync.Mutex // guards the rest
	settings *settings.Settings
	parts    Parts
}

func (v *Service) inForce() (*settings.Settings, Parts) {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.settings, v.parts
}

func (v *Service) current() *settings.Settings {
	s, _ := v.inForce()
	return s
}

func (v *Service) zone() *time.Location { return v.current().TimeZone.Location }

func (v *Service) processType() string { return string(v.current().HerokuProcessType) }

// The error lists all failures. The caller closes the returned services even after an error.
func openServices(ctx context.Context, all []*settings.Settings, h Host, in *Receivers) ([]*Service, error) {
	var made []*Service
	var problems settings.Problems
	for _, s := range all {
		v, err := openService(ctx, s, h, in)
		var ps settings.Problems
		switch {
		case errors.As(err, &ps):
			problems.Join(ps)
		case err != nil:
			return made, err
		default:
			made = append(made, v)
		}
	}
	if len(problems) > 0 {
		return made, problems
	}
	return made, nil
}

func openService(ctx context.Context, s *settings.Settings, h Host, in *Receivers) (*Service, error) {
	p, err := Open(s, h, in)
	if err != nil {
		return nil, err
	}
	return New(ctx, s, p, h)
}

// New returns the service of one process type with opened parts, and logs doubtful settings. The caller must close it.
// The error is a [settings.Problems] if settings are wrong.
func New(ctx context.Context, s *settings.Settings, p Parts, h Host) (*Service, error) {
	kept, err := keep(ctx, s, h)
	if err != nil {
		return nil, err
	}
	v := &Service{settings: s, host: h, parts: p, kept: kept, metrics: measure(s, h, p.Targets, kept.db)}
	v.fanout = notify.NewFanout(notify.FanoutOptions{
		Log: h.Log, OnError: v.metrics.NoticeFailed,
		OnDone: func(target string, e notify.Event) { v.Bot.Delivered(target, e) },
	}, kept.targets(v.metrics.Targets(p.Targets))...)
	v.notifiers = &lateNotifier{[]notify.Notifier{withPicture{v.fanout, kept.db, v.current, h.Log}}}
	v.greet()
	v.Bot = bot.New(v.startOptions())
	v.bind()
	v.resume(kept.memory)
	if kept.recallTo != nil {
		kept.recallTo(func(m bot.Memory) {
			v.Bot.Recall(m)
			v.resume(m)
		})
	}
	return v, nil
}

func (v *Service) greet() {
	s, log := v.settings, v.host.Log
	log.Info("started", "version", Version(), "app", s.App(), "process_type", string(s.HerokuProcessType), "platform",
		string(s.Platform),
		"interval", time.Duration(s.HeartbeatInterval).String(), "dry_run", bool(s.DryRun), "history", v.kept.place())
	for _, text := range doubts(s, v.host.Now) {
		log.Warn(text)
	}
}

func doubts(s *settings.Settings, now time.Time) []string {
	var all []string
	if why := s.Flap(now); why != "" && s.ByHeartbeat() {
		all = append(all, "the thresholds are too close together: "+why)
	}
	all = append(append(all, s.Silenced()...), s.Hollow()...)
	for _, note := range s.Notes() {
		all = append(all, "the settings file: "+note)
	}
	if wrong := s.ClientCertificate(now); wrong != "" {
		all = append(all, "HEARTBEAT_CLIENT_CERT_FILE: "+wrong)
	}
	return append(append(all, s.Unused()...), s.CommandNotes()...)
}

func (v *Service) optionsOf(s *settings.Settings, p Parts) bot.Options {
	o := Options(s, p, v.notifiers, v.host)
	o.Memory, o.Remember = v.kept.memory, v.kept.remember
	if v.kept.remember != nil {
		for _, t := range p.Targets {
			o.Targets = append(o.Targets, t.Name)
		}
	}
	return o
}

func (v *Service) startOptions() bot.Options {
	o := v.optionsOf(v.settings, v.parts)
	v.log = newLateRecorder(o.Recorders...)
	o.Recorders = append(append([]record.Recorder{v.log}, v.kept.recorders()...), v.metrics)
	if v.kept.db != nil && v.kept.shared {
		v.others = newOtherBots(v.kept.db, time.Duration(v.settings.HeartbeatInterval), v.host.Log)
		o.Recorders = append(o.Recorders, v.others)
	}
	return o
}

// The pool and the search for other bots send notices through the bot.
func (v *Service) bind() {
	if p, ok := v.parts.Platform.(serverPool); ok {
		notices := &poolNotices{current: v.current, to: v.Bot, status: p.Status}
		p.events.listen(notices.take)
		p.live.bot.Store(v.Bot)
		v.Bot.RecordTo(notices)
	}
	if v.others != nil {
		v.others.incident = v.Bot.Incident
	}
}

// Sends the notices that were not delivered before a kill.
func (v *Service) resume(m bot.Memory) {
	s := v.current()
	for _, u := range m.Undelivered {
		e := u.Event
		e.App, e.ProcessType = s.App(), string(s.HerokuProcessType)
		if age := time.Since(e.Time); age >= notice.UndeliveredAge {
			v.host.Log.Warn("a notice was not delivered before the bot ended, and is now too old", "type",
				string(e.Kind), "id", e.ID, "time", e.Time)
			continue
		}
		if err := v.fanout.Resume(e, u.Done); err != nil {
			v.host.Log.Warn("a notice was not accepted", "event", e.Kind, "error", err)
		}
	}
}

func (v *Service) run(ctx context.Context) error {
	s, p := v.inForce()
	defer warnOfConflicts(ctx, p.Platform, s, v.host)()
	defer together(v.openAdminServer(ctx), v.kept.lease(ctx))()
	if v.others != nil {
		defer v.others.run(ctx)()
	}
	return Alongside(ctx, p.Platform, v.Bot.Run)
}

func (v *Service) warnings() []string {
	return append(v.ownWarnings(), v.reloader.Load().warnings()...)
}

// The page of the first process type shows a refused settings file as an incident.
func (v *Service) pageWarnings() []string {
	if r := v.reloader.Load(); r != nil && r.services[0] == v {
		return v.ownWarnings()
	}
	return v.warnings()
}

func (v *Service) ownWarnings() []string {
	all := v.kept.warnings()
	if v.others != nil {
		all = append(all, v.others.warnings()...)
	}
	return all
}

func (v *Service) flush(ctx context.Context) {
	if err := v.fanout.Close(ctx); err != nil {
		v.host.Log.Warn("some notices were not delivered", "error", err)
	}
}

// Close delivers the last notices and writes the rest of the history. It takes a few seconds at most.
func (v *Service) Close(ctx context.Context) {
	flushCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), flushTime)
	defer cancel()
	v.flush(flushCtx)
	v.kept.close(ctx, v.host)
}
