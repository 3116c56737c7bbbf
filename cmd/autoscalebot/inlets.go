package main

import (
	"errors"
	"net/http"

	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
	"github.com/autoscalebot/autoscalebot/probe/logdrain"
	"github.com/autoscalebot/autoscalebot/probe/otlp"
	"github.com/autoscalebot/autoscalebot/probe/push"
)

// inlets take what is sent to the bot, by Heroku's log service or by apps themselves.
type inlets struct {
	drain  *logdrain.Drain // nil for none
	pushed *push.Store     // nil for none
	told   *otlp.Drain     // nil for none
}

// openInlets opens those that the settings switch on. Its error lists all that could not be opened.
func openInlets(s *settings.Settings, h host) (*inlets, error) {
	in := &inlets{}
	var problems settings.Problems
	if s.Drained() {
		d, err := logdrain.New(logdrain.Options{
			Tokens: list(s.LogdrainTokens.Reveal()), Password: s.LogdrainPassword.Reveal(), ProcessType: string(s.HerokuProcessType),
			// Where the heartbeat goes through the router, there always are requests.
			ExpectRequests: s.HasHeartbeat() && s.Platform == "heroku", Log: h.log,
		})
		if err != nil {
			problems = append(problems, settings.Problem{Name: "LOGDRAIN_…", What: err.Error()})
		}
		in.drain = d
	}
	if s.Pushed() {
		p, err := push.New(push.Options{Tokens: []string{s.PushToken.Reveal()}, Log: h.log})
		if err != nil {
			problems = append(problems, settings.Problem{Name: "PUSH_TOKEN", What: err.Error()})
		}
		in.pushed = p
	}
	if s.Told() {
		d, err := openTold(s, h)
		if err != nil {
			problems = append(problems, settings.Problem{Name: "OTLP_…", What: err.Error()})
		}
		in.told = d
	}
	if len(problems) > 0 {
		return nil, problems
	}
	return in, nil
}

// openTold opens what takes OpenTelemetry's metrics.
func openTold(s *settings.Settings, h host) (*otlp.Drain, error) {
	o := otlp.Options{Tokens: []string{s.OTLPToken.Reveal()}, MemoryQuota: float64(s.OTLPQuota) * 1e6, Log: h.log}
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

// mount serves them.
func (in *inlets) mount(mux *http.ServeMux) {
	if in.drain != nil {
		mux.Handle("/logdrain", in.drain)
	}
	if in.pushed != nil {
		mux.Handle("/v1/apps/", in.pushed)
		mux.Handle("/metrics/", in.pushed)
	}
	if in.told != nil {
		mux.Handle("/v1/metrics", in.told)
	}
}
