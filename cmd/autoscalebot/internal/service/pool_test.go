package service

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/bot/digitalocean"
	"github.com/autoscalebot/autoscalebot/bot/digitalocean/digitaloceantest"
	"github.com/autoscalebot/autoscalebot/bot/pool"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings/settingstest"
	"github.com/autoscalebot/autoscalebot/notify"
	"github.com/autoscalebot/autoscalebot/probe"
	"github.com/autoscalebot/autoscalebot/schedule"
)

// A latency is the response time of an app in milliseconds.
type latency struct {
	mu sync.Mutex
	ms float64
}

func (l *latency) set(ms float64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ms = ms
}

func (l *latency) Probe(context.Context) probe.Reading {
	l.mu.Lock()
	defer l.mu.Unlock()
	return probe.Reading{Signal: probe.HeartbeatSignal, Time: time.Now(), Outcome: probe.Answered, Status: 200, Value: l.ms, Unit: "ms"}
}

type inbox struct {
	mu     sync.Mutex
	events []notify.Event
}

func (n *inbox) Notify(_ context.Context, e notify.Event) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.events = append(n.events, e)
	return nil
}

func (n *inbox) first(k notify.Kind, p notify.Phase) (notify.Event, bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, e := range n.events {
		if e.Kind == k && e.Phase == p {
			return e, true
		}
	}
	return notify.Event{}, false
}

// What people set for a time holds for the pool too.
func TestAPoolHasTheLimitsInForce(t *testing.T) {
	l := &live{}
	l.settings.Store(maxima(t, "0:00=4, 2099-01-01 0:00=9"))
	now := time.Now()
	want := func(least, most int) {
		t.Helper()
		if a, b := l.limits(now); a != least || b != most {
			t.Errorf("the limits are %d to %d, want %d to %d", a, b, least, most)
		}
	}
	want(1, 4)
	b := bot.New(bot.Options{Interval: time.Minute, Schedule: l.settings.Load().Table, Scaler: fixedSize(2)})
	l.bot.Store(b)
	want(1, 4)
	if err := b.OverrideLimits(schedule.Limits{Min: 3, Max: 8}, time.Time{}, now.Add(time.Hour), "ann"); err != nil {
		t.Fatal(err)
	}
	now = time.Now()
	want(3, 8)
}

// A droplet that stays in the state new is reported long before it is destroyed. Meanwhile the bot can scale down.
func TestADropletThatStaysNewIsToldOf(t *testing.T) {
	srv := digitaloceantest.NewServer(t)
	for _, pair := range []string{
		"PLATFORM=pool", "POOL_PROVIDER=digitalocean", "POOL_BALANCER=none", "HEALTH_CHECK_PATH=none", "HEARTBEAT_URL=http://127.0.0.1:1/", "HEROKU_APP_NAME=shop",
		"HISTORY=none", "DIGITALOCEAN_TOKEN=" + srv.Token, "DIGITALOCEAN_REGION=fra1", "DIGITALOCEAN_IMAGE=ubuntu-24-04-x64", "SIZES=s-1vcpu-1gb",
		"HEARTBEAT_INTERVAL_IN_SECONDS=10", "NUMBER_OF_FAILS_TO_SCALE_UP_AFTER=2", "NUMBER_OF_PASSES_TO_SCALE_DOWN_AFTER=2", "MAX_DYNOS=2",
		"DEPLOY_GRACE_IN_SECONDS=0",
	} {
		name, value, _ := strings.Cut(pair, "=")
		t.Setenv(name, value)
	}
	s, err := settingstest.Load()
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		srv.AddDroplet(digitaloceantest.Droplet{Name: "web-1", Tags: []string{"autoscalebot:web"}, Size: "s-1vcpu-1gb", Created: time.Now().Add(-time.Hour)})
		srv.Takes("create", 24*time.Hour)
		o, err := dropletOptions(s)
		if err != nil {
			t.Fatal(err)
		}
		o.Transport = srv.Transport()
		provider, err := digitalocean.New(o)
		if err != nil {
			t.Fatal(err)
		}
		h := Host{Log: slog.New(slog.DiscardHandler), Now: time.Now()}
		platform, err := newPool(s, h, provider, nil)
		if err != nil {
			t.Fatal(err)
		}
		app, people := &latency{ms: 5000}, &inbox{}
		p := platform.(serverPool)
		options := Options(s, Parts{Platform: platform, Heartbeat: app}, people, h)
		b := bot.New(options)
		news := &poolNotices{current: fixed(s), to: b}
		p.events.listen(news.take)
		b.RecordTo(news)

		ctx, cancel := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { _ = Alongside(ctx, platform, b.Run) })
		// The result is the time of the condition.
		within := func(most time.Duration, what string, is func() bool) time.Time {
			t.Helper()
			for until := time.Now().Add(most); time.Now().Before(until); time.Sleep(time.Second) {
				if is() {
					return time.Now()
				}
			}
			t.Errorf("not within %v: %s\n%s", most, what, p.Status())
			return time.Now()
		}
		ordered := within(2*time.Minute, "the order", func() bool { return len(srv.Droplets()) == 2 })
		var told notify.Event
		within(4*time.Minute, "the notice", func() (ok bool) { told, ok = people.first(notify.PoolBlocked, notify.Opened); return ok })
		if !strings.Contains(told.Reason, "web-2") || told.App != "shop" {
			t.Errorf("the notice is %+v", told)
		}
		app.set(1) // now one server is enough
		down := within(4*time.Minute, "one server is wanted", func() bool { return p.Status().Want == 1 })
		if after := down.Sub(ordered); after >= time.Duration(s.PoolActive) {
			t.Errorf("it goes down after %v, when the server is given up in any case", after)
		}
		within(4*time.Minute, "the end of the incident", func() bool { _, ok := people.first(notify.PoolBlocked, notify.Resolved); return ok })
		if d := srv.Droplets(); len(d) == 0 || d[0].Name != "web-1" {
			t.Errorf("%v are left", d)
		}
		cancel()
		running.Wait()
	})
}

// A largeCatalog lists only a few sizes, like a cloud with hundreds, and finds any by its name.
type largeCatalog struct {
	pool.Provider
	pool.Cataloger
}

func (largeCatalog) Sizes(context.Context) ([]pool.Size, error) {
	return []pool.Size{{Name: "small", Price: 0.01}}, nil
}

func (largeCatalog) Size(_ context.Context, name string) (pool.Size, error) {
	if name != "metal" {
		return pool.Size{}, errors.New("there is no such size")
	}
	return pool.Size{Name: "metal", Price: 5}, nil
}

func TestSizesBesideThoseThatAreListed(t *testing.T) {
	var log strings.Builder
	s := settings.Defaults()
	s.PoolProvider, s.Sizes = "ec2", []string{"small", "metal", "mini"}
	sizes := poolSizes(s, Host{Log: slog.New(slog.NewTextHandler(&log, nil))}, largeCatalog{})
	want := []pool.Size{{Name: "small", Price: 0.01}, {Name: "metal", Price: 5}, {Name: "mini"}}
	if !slices.Equal(sizes, want) {
		t.Errorf("the sizes are %+v, want %+v", sizes, want)
	}
	if strings.Count(log.String(), "level=WARN") != 1 || !strings.Contains(log.String(), "size=mini") {
		t.Errorf("the log says\n%s", log.String())
	}
}

// A downCatalog is a provider that does not answer.
type downCatalog struct {
	pool.Provider
	pool.Cataloger
	asked int
}

func (d *downCatalog) Sizes(context.Context) ([]pool.Size, error) {
	d.asked++
	return nil, errors.New("503")
}

func TestAProviderThatDoesNotListItsSizesIsAskedAndReportedOnce(t *testing.T) {
	var log strings.Builder
	s := settings.Defaults()
	s.PoolProvider, s.Sizes = "ec2", []string{"small", "metal", "mini"}
	down := &downCatalog{}
	sizes := poolSizes(s, Host{Log: slog.New(slog.NewTextHandler(&log, nil))}, down)
	if len(sizes) != 3 || sizes[2].Name != "mini" || down.asked != 1 || strings.Count(log.String(), "level=WARN") != 1 {
		t.Errorf("asked %d times, the sizes are %+v, the log says\n%s", down.asked, sizes, log.String())
	}
}
