package service

import (
	"context"
	"crypto/rand"
	"errors"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/admin"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
	"github.com/autoscalebot/autoscalebot/notify"
	"github.com/autoscalebot/autoscalebot/probe"
)

// A reloader reads the settings again while the bots run. Either everything that has changed comes into force, or
// nothing.
type reloader struct {
	ctx      context.Context // of the run, until end
	cancel   context.CancelFunc
	host     Host
	in       *Receivers
	services []*Service
	watch    *watch

	turn sync.Mutex // of a reload
	all  []*settings.Settings

	closing sync.WaitGroup // of exchanged parts

	mu    sync.Mutex
	last  *admin.Reload        // the newest that changed or refused something; nil before the first
	tried settings.FileContent // the newest that was read
}

func newReloader(
	ctx context.Context, all []*settings.Settings, h Host, in *Receivers, services []*Service, w *watch,
) *reloader {
	r := &reloader{host: h, in: in, services: services, watch: w, all: all, tried: all[0].Content()}
	r.ctx, r.cancel = context.WithCancel(ctx)
	for _, v := range services {
		v.reloader.Store(r)
	}
	r.incident(admin.Reload{Time: h.Now}, "the settings file is valid")
	return r
}

// For a moment at which the bot has no reloader yet.
var errNotYet = errors.New("the bot is starting. Try again")

var errNoFile = errors.New("there is no settings file to read again: AUTOSCALE_FILE is not set, and the environment " +
	"of a running process cannot change. Restart the bot to change its settings")

var errOnce = errors.New("AUTOSCALE_FILE is not a regular file, so it cannot be read again. Restart the " +
	"bot to change " +
	"its settings")

// A pipe, for one, can be read only once. What else is wrong with the file is a mistake like others.
func again(path string) error {
	if path == "" {
		return errNoFile
	}
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() && !info.IsDir() {
		return errOnce
	}
	return nil
}

// Reload reads the settings again, and puts in force what has changed. by says who asks. The error is for people: a
// [settings.Problems] with all mistakes, or the reason why nothing can be read. Nothing has changed then.
func (r *reloader) reload(by string) (admin.Reload, error) {
	r.turn.Lock()
	defer r.turn.Unlock()
	if err := again(settings.FilePath()); err != nil {
		r.host.Log.Warn("the settings cannot be read again", "who", by, "reason", err.Error())
		return admin.Reload{}, err
	}
	done := admin.Reload{Time: time.Now().Round(0), By: by}
	r.mu.Lock()
	r.tried = settings.ReadFile(settings.FilePath())
	r.mu.Unlock()
	err := r.apply(&done)
	if err != nil {
		done.Refused = strings.Split(err.Error(), "\n")
	}
	r.mu.Lock()
	if len(done.Changed)+len(done.Refused) > 0 || r.last != nil && len(r.last.Refused) > 0 {
		r.last = &done
	}
	r.mu.Unlock()
	r.report(done, err)
	return done, err
}

func (r *reloader) apply(done *admin.Reload) error {
	next, err := settings.LoadAll()
	if err != nil {
		return err
	}
	changes, err := settings.Changes(r.all, next)
	if err != nil {
		return err
	}
	if err := r.exchange(next, changes); err != nil {
		return err
	}
	for _, c := range changes {
		done.Changed = append(done.Changed, c.String())
	}
	for _, name := range settings.Overridden(r.all, next) {
		done.Notes = append(done.Notes, name+" is set in the environment, so its new value in the file has no effect")
	}
	r.all = next
	return nil
}

func (r *reloader) exchange(next []*settings.Settings, changes []settings.Change) error {
	h, err := r.host.share(next)
	if err != nil {
		return err
	}
	var problems settings.Problems
	prepared := make([]exchange, len(next))
	for i, s := range next {
		if prepared[i], err = r.services[i].prepare(s, changesOf(changes, s), h, r.in); err != nil {
			problems.Note("", err)
		}
	}
	if len(problems) > 0 {
		return problems
	}
	for i, x := range prepared {
		done := r.services[i].exchange(x)
		r.watch.use(i, x.settings)
		if x.former != nil {
			r.closing.Go(func() { r.closeAfter(done, x.former) })
		}
	}
	return nil
}

// The former prober may be in use until done.
func (r *reloader) closeAfter(done <-chan struct{}, former probe.Prober) {
	select {
	case <-done:
	case <-r.ctx.Done():
	}
	if c, ok := former.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

func changesOf(all []settings.Change, s *settings.Settings) (out []settings.Change) {
	for _, c := range all {
		if c.ProcessType == "" || c.ProcessType == string(s.HerokuProcessType) {
			out = append(out, c)
		}
	}
	return out
}

func (r *reloader) report(done admin.Reload, err error) {
	log := r.host.Log.With("who", done.By)
	for _, note := range done.Notes {
		log.Warn(note)
	}
	switch {
	case err != nil:
		log.Error("the settings file was refused, so the former settings stay in force", "reason",
			inOneLine(done.Refused))
	case len(done.Changed) > 0:
		log.Info("the settings were reloaded", "changed", strings.Join(done.Changed, "; "))
		for _, v := range r.services {
			for _, text := range doubts(v.current(), done.Time) {
				log.Warn(text)
			}
		}
		r.services[0].Bot.Tell(r.ctx, r.event(notify.SettingsReloaded, done, strings.Join(done.Changed, "; ")))
	default:
		log.Info("the settings were read again, and none has changed")
	}
	reason := "the settings file is valid again"
	if err != nil {
		reason = "the former settings stay in force: " + inOneLine(done.Refused)
	}
	r.incident(done, reason)
}

// Opens the incident, or ends one that is open, perhaps since before the start.
func (r *reloader) incident(done admin.Reload, reason string) {
	e := r.event(notify.SettingsRefused, done, reason) // before Incident, which holds the bot's lock
	r.services[0].Bot.Incident(r.ctx, notify.SettingsRefused, len(done.Refused) > 0, done.Time,
		func(phase notify.Phase, since time.Time) notify.Event {
			e.Phase, e.Since = phase, since
			if phase != notify.Resolved {
				e.Advice = "Correct the file. To check it, run autoscalebot check. The bot reads it again when " +
					"it changes."
			}
			e.Incident = notify.IncidentID(e.App, e.ProcessType, e.Kind, since)
			return e
		})
}

// The heading of several lines ends in a colon.
func inOneLine(lines []string) string {
	var b strings.Builder
	for i, line := range lines {
		switch {
		case i > 0 && strings.HasSuffix(lines[i-1], ":"):
			b.WriteByte(' ')
		case i > 0:
			b.WriteString("; ")
		}
		b.WriteString(strings.TrimSpace(line))
	}
	return b.String()
}

func (r *reloader) event(k notify.Kind, done admin.Reload, reason string) notify.Event {
	v := r.services[0]
	s, limits := v.current(), v.current().Table.At(done.Time)
	n := dynosIn(v.Bot.State())
	return notify.Event{
		ID: rand.Text(), Kind: k, Time: done.Time, App: s.App(), ProcessType: string(s.HerokuProcessType), From: n,
		To: n, Min: limits.Min, Max: limits.Max, Reason: reason, DryRun: bool(s.DryRun),
		Dyno: notify.Dyno{Unit: v.Bot.Unit()},
	}
}

// -1 if it is unknown.
func dynosIn(st decide.State) int {
	if !st.Known {
		return -1
	}
	return st.Dynos
}

func (v *Service) reload(who string) (admin.Reload, error) {
	r := v.reloader.Load()
	if r == nil {
		return admin.Reload{}, errNotYet
	}
	return r.reload(who)
}

// The last reload, nil before the first.
func (r *reloader) lastReload() *admin.Reload {
	if r == nil {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.last
}

func (r *reloader) warnings() []string {
	last := r.lastReload()
	if last == nil || len(last.Refused) == 0 {
		return nil
	}
	return []string{"the settings file was refused, so the former settings stay in force: " +
		strings.Join(last.Refused, "\n")}
}
