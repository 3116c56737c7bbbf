package service

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/bot/adaptive"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
	"github.com/autoscalebot/autoscalebot/notify"
	"github.com/autoscalebot/autoscalebot/probe"
)

// Parts are the opened adapters of a bot.
type Parts struct {
	Platform  bot.Scaler
	Heartbeat probe.Prober   // nil without a heartbeat
	Signals   []probe.Prober // in the order of [WantedSignals]
	Control   probe.Prober   // nil without a control URL
	Targets   []notify.Target
	Model     *adaptive.Model // replaces the load model of the settings; nil for that
}

// Open opens the parts that the settings name. The error is a [settings.Problems] that lists all failures.
func Open(s *settings.Settings, h Host, in *Receivers) (Parts, error) {
	var p Parts
	var problems settings.Problems
	var err error
	p.Platform, err = platforms()[string(s.Platform)](s, h)
	problems.Note("PLATFORM "+string(s.Platform), err)
	if s.HasHeartbeat() {
		p.Heartbeat, err = OpenHeartbeat(s, p.Platform)
		problems.Note("HEARTBEAT_…", err)
	}
	p.Signals, err = openSignals(s, in, p.Platform, h.Log)
	problems.Note("SIGNALS", err)
	p.Control, err = control(s)
	problems.Note("CONTROL_URL", err)
	p.Targets = openTargets(s, h, &problems)
	if len(problems) > 0 {
		return Parts{}, problems
	}
	return p, nil
}

// The heartbeat comes first.
func (p Parts) probers() []probe.Prober {
	if p.Heartbeat == nil {
		return p.Signals
	}
	return append([]probe.Prober{p.Heartbeat}, p.Signals...)
}

// OpenHeartbeat returns the prober of the settings' heartbeat. A relative URL is resolved against the app's URL, if the
// platform knows it.
func OpenHeartbeat(s *settings.Settings, platform bot.Scaler) (probe.Prober, error) {
	var base func(context.Context) (string, error)
	if p, ok := platform.(bot.WebURLer); ok {
		base = p.WebURL
	}
	h, err := probe.NewHeartbeat(probe.HeartbeatOptions{
		URL: string(s.HeartbeatURL), Base: base, Method: strings.ToUpper(string(s.HeartbeatMethod)),
		Header: http.Header(s.HeartbeatHeaders), Token: s.HeartbeatToken.Reveal(),
		Timeout: s.Timeout(), UserAgent: UserAgent(), AllProxy: settings.AllProxy(),
		KeepAlive: bool(s.HeartbeatKeepAlive), Measure: probe.Measure(s.HeartbeatMeasure),
		Statuses: s.HeartbeatStatuses.Statuses, FailOn: s.HeartbeatFailOn.Statuses,
		Keyword: string(s.HeartbeatKeyword), Redirects: probe.Redirects(s.HeartbeatRedirects),
		Host: string(s.HeartbeatHost), ClientCertFile: string(s.HeartbeatCertFile),
		ClientKeyFile: string(s.HeartbeatKeyFile),
	})
	if err != nil {
		return nil, err
	}
	n := int(s.HeartbeatSamples)
	return probe.Samples(h, probe.SampleOptions{
		N: n, Percentile: float64(s.HeartbeatPercent), Fails: s.HeartbeatFailOn.Outcomes,
		// All begin within a tenth of the timeout, which is at most 80 % of the interval, so all end within the
		// interval.
		Gap: s.Timeout() / time.Duration(10*n),
	}), nil
}

func control(s *settings.Settings) (probe.Prober, error) {
	if s.Control() == "" {
		return nil, nil
	}
	return probe.NewHeartbeat(probe.HeartbeatOptions{
		URL: s.Control(), Timeout: s.Timeout(), UserAgent: UserAgent(),
		AllProxy: settings.AllProxy(),
	})
}
