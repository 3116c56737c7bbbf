package service

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/bot/adaptive"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
	"github.com/autoscalebot/autoscalebot/probe"
	"github.com/autoscalebot/autoscalebot/probe/cpu"
	"github.com/autoscalebot/autoscalebot/probe/jobs"
	"github.com/autoscalebot/autoscalebot/probe/json"
	"github.com/autoscalebot/autoscalebot/probe/logcache"
	"github.com/autoscalebot/autoscalebot/probe/logdrain"
	"github.com/autoscalebot/autoscalebot/probe/otlp"
	"github.com/autoscalebot/autoscalebot/probe/postgres"
	"github.com/autoscalebot/autoscalebot/probe/prometheus"
	"github.com/autoscalebot/autoscalebot/probe/push"
	"github.com/autoscalebot/autoscalebot/probe/rabbitmq"
	"github.com/autoscalebot/autoscalebot/probe/redis"
)

// A signalSource is what the constructor of a signal needs.
type signalSource struct {
	settings.Signal
	timeout  time.Duration
	in       *Receivers
	platform bot.Scaler
	log      *slog.Logger
	settings *settings.Settings
}

func openJSON(s signalSource) (probe.Prober, error) {
	path, desired := strings.CutPrefix(s.What, "!")
	return json.New(json.Options{
		Name: s.Name, URL: s.URL, Path: path, Desired: desired, Combine: json.Combine(s.Options["combine"]),
		Unit:  s.Options["unit"],
		Token: s.Options["token"], Timeout: s.timeout, UserAgent: UserAgent(),
	})
}

func openPostgres(s signalSource) (probe.Prober, error) {
	return postgres.New(postgres.Options{
		Name: s.Name, URL: s.URL, Query: s.What, Unit: s.Options["unit"],
		Timeout: s.timeout,
	})
}

func openPrometheus(s signalSource) (probe.Prober, error) {
	return prometheus.New(prometheus.Options{
		Name: s.Name, URL: s.URL, Query: s.What, Combine: prometheus.Combine(s.Options["combine"]),
		Unit:  s.Options["unit"],
		Token: s.Options["token"], Timeout: s.timeout, UserAgent: UserAgent(),
	})
}

func openRabbitMQ(s signalSource) (probe.Prober, error) {
	u, err := url.Parse(s.URL)
	if err != nil {
		return nil, errors.New("is not a URL")
	}
	queues, err := settings.SplitNames(s.What)
	if err != nil {
		return nil, err
	}
	vhost := strings.TrimPrefix(u.Path, "/")
	u.Path, u.RawPath = "", ""
	return rabbitmq.New(rabbitmq.Options{
		Name: s.Name, URL: u.String(), VHost: vhost, Queues: queues, Count: rabbitmq.Count(s.Options["count"]),
		Unit: s.Options["unit"], Timeout: s.timeout, UserAgent: UserAgent(),
	})
}

func openRedis(s signalSource) (probe.Prober, error) {
	keys, err := settings.SplitNames(s.What)
	if err != nil {
		return nil, err
	}
	tls, err := redisTLS(s)
	if err != nil {
		return nil, err
	}
	return redis.New(redis.Options{
		Name: s.Name, URL: s.URL, Keys: keys, Group: s.Options["group"], Unit: s.Options["unit"], TLS: tls,
		Timeout: s.timeout,
	})
}

// Nil for the system's CA certificates.
func redisTLS(s signalSource) (*tls.Config, error) {
	switch check := s.Options["tls"]; check {
	case "":
		return nil, nil
	case "unverified":
		return &tls.Config{InsecureSkipVerify: true}, nil // the settings ask for it explicitly
	default:
		return nil, fmt.Errorf("tls=%s: must be tls=unverified, or not set", check)
	}
}

func openJobs(s signalSource) (probe.Prober, error) {
	source, err := jobSource(s)
	if err != nil {
		return nil, err
	}
	return jobs.New(source, s.Name, s.Value)
}

func jobSource(s signalSource) (jobs.Source, error) {
	queues, err := s.Queues()
	if err != nil {
		return nil, err
	}
	tls, err := redisTLS(s)
	if err != nil {
		return nil, err
	}
	if r, _ := jobs.Find(s.Runner); r.SQL {
		return postgres.NewJobs(postgres.JobsOptions{
			Runner: s.Runner, URL: s.URL, Queues: queues, Schema: s.Options["schema"], Timeout: s.timeout,
		})
	}
	return redis.NewJobs(redis.JobsOptions{
		Runner: s.Runner, URL: s.URL, Queues: queues, Prefix: s.Options["prefix"], TLS: tls, Timeout: s.timeout,
	})
}

func openPush(s signalSource) (probe.Prober, error) {
	p, err := s.in.pushed.Prober(s.Name, s.What, push.Newest)
	return inUnit(p, s.Options["unit"]), err
}

func openOTLP(s signalSource) (probe.Prober, error) {
	q, err := otlp.ParseQuery(s.What)
	if err != nil {
		return nil, err
	}
	p, err := s.in.otlp.Metric(s.Name, q, otlp.Take(cmp.Or(s.Options["take"], string(otlp.Mean))))
	return inUnit(p, s.Options["unit"]), err
}

// An empty unit keeps the prober's own.
func inUnit(p probe.Prober, unit string) probe.Prober {
	if unit == "" {
		return p
	}
	return withUnit{p, unit}
}

type withUnit struct {
	probe.Prober
	unit string
}

func (w withUnit) Probe(ctx context.Context) probe.Reading {
	r := w.Prober.Probe(ctx)
	r.Unit = w.unit
	return r
}

// The error is a [settings.Problems] that lists all failures.
func openSignals(s *settings.Settings, in *Receivers, platform bot.Scaler, l *slog.Logger) ([]probe.Prober, error) {
	var out []probe.Prober
	var problems settings.Problems
	for _, name := range WantedSignals(s) {
		p, err := openSignal(s, name, in, platform, l)
		if err != nil {
			problems = append(problems, settings.Problem{Name: "SIGNALS " + name, What: err.Error()})
			continue
		}
		out = append(out, p)
	}
	if len(problems) > 0 {
		return nil, problems
	}
	return out, nil
}

// WantedSignals returns the names of the signals that the bot reads: those of the rules, in their order, then those of
// the adaptive policy.
func WantedSignals(s *settings.Settings) []string {
	var names []string
	add := func(name string) {
		if name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	for _, r := range s.Rules {
		add(r.Signal)
		add(r.By)
	}
	for _, r := range s.ScalingRules {
		if r.Signal != probe.HeartbeatSignal {
			add(r.Signal)
		}
	}
	if s.Policy == "adaptive" && s.HerokuProcessType == "web" { // only web has requests in the router's log
		for _, name := range adaptive.RouterSignals() {
			if s.BuiltIn(name) && !s.FromLogCache(name) { // its metrics are too old
				add(name)
			}
		}
	}
	return names
}

func openSignal(
	s *settings.Settings, name string, in *Receivers, platform bot.Scaler, l *slog.Logger,
) (probe.Prober, error) {
	if sig, ok := s.Signals.Find(name); ok {
		return signalKinds()[sig.Kind](signalSource{sig, s.Timeout(), in, platform, l, s})
	}
	switch {
	case s.FromLogCache(name):
		c, err := openLogCache(s, name, platform)
		if err != nil {
			return nil, err
		}
		return c.Prober(logcache.Signal(name))
	case name == string(cpu.CPU) || name == string(cpu.Memory):
		return cpu.New(cpu.Options{Signal: cpu.Signal(name)})
	case in.otlp != nil:
		return in.otlp.Prober(otlp.Signal(name))
	}
	return in.drain(string(s.HerokuProcessType)).Prober(logdrain.Signal(name))
}

// IsReceived reports whether a signal is sent to the bot, instead of requested by it.
func IsReceived(s *settings.Settings, name string) bool {
	if sig, ok := s.Signals.Find(name); ok {
		return sig.Kind == "push" || sig.Kind == "otlp"
	}
	return !s.FromLogCache(name) && name != string(cpu.CPU) && name != string(cpu.Memory)
}
