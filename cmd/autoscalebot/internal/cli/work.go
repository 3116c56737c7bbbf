package cli

import (
	"context"
	"errors"
	"time"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/bot/metrics"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
	"github.com/autoscalebot/autoscalebot/notify"
)

// A work is the bot of one process type with all that it works with.
type work struct {
	s      *settings.Settings
	h      host
	p      parts
	k      keeping
	m      *metrics.Metrics
	fanout *notify.Fanout
	told   *lateNotifier
	twins  *twins // nil where no history outlasts the bot
	o      bot.Options
	b      *bot.Bot
}

// beginAll makes the bots of all settings. Its error lists everything that could not be made; what was made is to be closed all the same.
func beginAll(ctx context.Context, all []*settings.Settings, h host, in *receivers) ([]*work, error) {
	var works []*work
	var problems settings.Problems
	for _, s := range all {
		w, err := begin(ctx, s, h, in)
		var ps settings.Problems
		switch {
		case errors.As(err, &ps):
			problems.Join(ps)
		case err != nil:
			return works, err
		default:
			works = append(works, w)
		}
	}
	if len(problems) > 0 {
		return works, problems
	}
	return works, nil
}

// begin makes the bot of one process type.
func begin(ctx context.Context, s *settings.Settings, h host, in *receivers) (*work, error) {
	w := &work{s: s, h: h}
	var err error
	if w.p, err = open(s, h, in); err != nil {
		return nil, err
	}
	if w.k, err = keep(ctx, s, h); err != nil {
		return nil, err
	}
	w.m = measure(s, h, w.p.targets, w.k.db)
	w.fanout = notify.NewFanout(notify.FanoutOptions{
		Log: h.log, OnError: w.m.NoticeFailed, OnDone: func(target string, e notify.Event) { w.b.Delivered(target, e) },
	}, w.k.targets(w.m.Targets(w.p.targets))...)
	h.log.Info("started", "version", version, "app", s.App(), "process_type", string(s.HerokuProcessType), "platform", string(s.Platform),
		"interval", time.Duration(s.HeartbeatInterval).String(), "dry_run", bool(s.DryRun), "history", w.k.place())
	if why := s.Flap(h.now); why != "" && byHeartbeat(s) {
		h.log.Warn("the bounds are too close together: " + why)
	}
	for _, text := range append(s.Silenced(), s.Hollow()...) {
		h.log.Warn(text)
	}
	for _, note := range s.Notes() {
		h.log.Warn("the settings file: " + note)
	}
	if wrong := s.ClientCertificate(h.now); wrong != "" {
		h.log.Warn("HEARTBEAT_CLIENT_CERT_FILE: " + wrong)
	}
	w.told = &lateNotifier{[]notify.Notifier{withPicture{w.fanout, w.k.db, s, h.log}}}
	w.o = options(s, w.p, w.told, h)
	w.o.Memory, w.o.Remember = w.k.memory, w.k.remember
	if w.k.remember != nil {
		for _, t := range w.p.targets {
			w.o.Targets = append(w.o.Targets, t.Name)
		}
	}
	w.o.Recorders = append(append(w.o.Recorders, w.k.recorders()...), w.m)
	if w.k.db != nil && w.k.shared {
		w.twins = newTwins(w.k.db, time.Duration(s.HeartbeatInterval), h.log)
		w.o.Recorders = append(w.o.Recorders, w.twins)
	}
	w.b = bot.New(w.o)
	if p, ok := w.p.platform.(serverPool); ok {
		news := &poolNews{s: s, to: w.b, status: p.Status}
		p.heard.listen(news.hear)
		w.b.RecordTo(news)
	}
	if w.twins != nil {
		w.twins.tell = w.b.Incident
	}
	w.resume(w.k.memory)
	if w.k.recallTo != nil {
		w.k.recallTo(func(m bot.Memory) {
			w.b.Recall(m)
			w.resume(m)
		})
	}
	for _, text := range append(s.Vain(), s.CommandNotes()...) {
		h.log.Warn(text)
	}
	return w, nil
}

// resume tells the events that the bot told before it was killed, and that did not reach everybody.
func (w *work) resume(m bot.Memory) {
	for _, u := range m.Undelivered {
		e := u.Event
		e.App, e.ProcessType = w.o.App, w.o.ProcessType
		if age := time.Since(e.Time); age >= bot.UndeliveredAge {
			w.h.log.Warn("a notice was not delivered before the bot ended, and is too old now", "type", string(e.Kind), "id", e.ID, "time", e.Time)
			continue
		}
		if err := w.fanout.Resume(e, u.Done); err != nil {
			w.h.log.Warn("a notice was not taken", "event", e.Kind, "error", err)
		}
	}
}

// run runs the bot until ctx or the platform's own processes end.
func (w *work) run(ctx context.Context) error {
	defer warnOfConflicts(ctx, w.p.platform, w.s, w.h)()
	defer together(openAdminServer(ctx, w.s, w.h, w.b, w.o, w.k.db, w.warnings), w.k.lease(ctx))()
	if w.twins != nil {
		defer w.twins.run(ctx)()
	}
	return alongside(ctx, w.p.platform, w.b.Run)
}

// warnings are sentences about the bot itself that people should read.
func (w *work) warnings() []string {
	all := w.k.warnings()
	if w.twins != nil {
		all = append(all, w.twins.warnings()...)
	}
	return all
}

// flush delivers the last notices until ctx ends.
func (w *work) flush(ctx context.Context) {
	if err := w.fanout.Close(ctx); err != nil {
		w.h.log.Warn("some notices were not delivered", "error", err)
	}
}
