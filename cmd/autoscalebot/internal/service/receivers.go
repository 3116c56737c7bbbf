package service

import (
	"errors"
	"net/http"

	"github.com/autoscalebot/autoscalebot/bot/throttle"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
	"github.com/autoscalebot/autoscalebot/probe/logdrain"
	"github.com/autoscalebot/autoscalebot/probe/otlp"
	"github.com/autoscalebot/autoscalebot/probe/push"
)

// Receivers are the endpoints for data that Heroku's log service or the apps send to the bot.
type Receivers struct {
	drains []drain
	pushed *push.Store // nil if switched off
	otlp   *otlp.Drain // nil if switched off
}

type drain struct {
	*logdrain.Drain
	processType string
}

// OpenReceivers opens the receivers that the settings switch on. The error is a [settings.Problems] that lists all
// failures.
func OpenReceivers(all []*settings.Settings, h Host) (*Receivers, error) {
	in, s := &Receivers{}, all[0] // all process types share the receivers
	var problems settings.Problems
	note := func(name string, err error) {
		if err != nil {
			problems = append(problems, settings.Problem{Name: name, What: err.Error()})
		}
	}
	var err error
	if s.TakesLogDrain() {
		in.drains, err = openDrains(all, h)
		note("LOGDRAIN_…", err)
	}
	if s.TakesPush() {
		app, guids := s.PushedApp()
		in.pushed, err = push.New(push.Options{
			Tokens: []string{s.PushToken.Reveal()}, App: app,
			GUIDs: guids, Log: h.Log,
		})
		note("PUSH_TOKEN", err)
	}
	if s.TakesOTLP() {
		in.otlp, err = openOTLPReceiver(s, h)
		note("OTLP_…", err)
	}
	if len(problems) > 0 {
		return nil, problems
	}
	return in, nil
}

func openDrains(all []*settings.Settings, h Host) ([]drain, error) {
	var out []drain
	for _, s := range all {
		d, err := logdrain.New(logdrain.Options{
			Tokens: settings.Split(s.LogdrainTokens.Reveal()), Password: s.LogdrainPassword.Reveal(),
			ProcessType: string(s.HerokuProcessType),
			// The heartbeat itself goes through the router, so the log always has requests.
			ExpectRequests: s.HasHeartbeat() && s.Platform == "heroku", Log: h.Log,
		})
		if err != nil {
			return nil, err // the same for all process types
		}
		out = append(out, drain{d, string(s.HerokuProcessType)})
	}
	return out, nil
}

func (in *Receivers) drain(processType string) *logdrain.Drain {
	for _, d := range in.drains {
		if d.processType == processType {
			return d.Drain
		}
	}
	return nil
}

func openOTLPReceiver(s *settings.Settings, h Host) (*otlp.Drain, error) {
	o := otlp.Options{Tokens: []string{s.OTLPToken.Reveal()}, MemoryQuota: float64(s.OTLPQuota) * 1e6, Log: h.Log}
	var errs []error
	for _, q := range []struct {
		text settings.Text
		to   *otlp.Query
	}{{s.OTLPRequests, &o.Requests}, {s.OTLPLoad, &o.Load}, {s.OTLPMemory, &o.Memory}} {
		var err error
		if *q.to, err = otlp.ParseQuery(string(q.text)); err != nil {
			errs = append(errs, err)
		}
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return otlp.New(o)
}

// /logdrain is for the first process type, and /logdrain/NAME for each.
func (in *Receivers) mount(mux *http.ServeMux, l *throttle.Limiter) {
	for i, d := range in.drains {
		if i == 0 {
			mux.Handle("/logdrain", l.Handler(d, nil))
		}
		mux.Handle("/logdrain/"+d.processType, l.Handler(d, nil))
	}
	if in.pushed != nil {
		// App Autoscaler's form of an error, as for all refused pushes.
		pushed := l.Handler(in.pushed, map[string]string{"code": "Too-Many-Requests", "message": throttle.TooMany})
		mux.Handle("/v1/apps/", pushed)
		mux.Handle("/metrics/", pushed)
	}
	if in.otlp != nil {
		mux.Handle("/v1/metrics", l.Handler(in.otlp, nil))
	}
}
