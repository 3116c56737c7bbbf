package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/bot/baseline"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/service"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings/settingstest"
	"github.com/autoscalebot/autoscalebot/notify"
	"github.com/autoscalebot/autoscalebot/notify/memory"
	"github.com/autoscalebot/autoscalebot/probe"
)

// The golden scenarios were recorded from autoscalebot 2.1. This bot must do the same, from the names of the settings to the
// scale calls and the notices, except for these decisions:
//
//   - once: a notice at a limit is sent when it begins, not at every heartbeat;
//   - settings decide: 2.1 always sent "scaled" and "scale_failed", so the scenarios run with both switched on;
//   - no data: to 2.1 an error that is neither a timeout nor a 5xx was slow, so these scenarios run with HEARTBEAT_FAIL_ON=any.
//
// Further files in testdata/golden run too.
type goldenFile struct {
	Scenarios []goldenScenario
}

type goldenScenario struct {
	ID, Title  string
	Settings   map[string]json.RawMessage
	StartDynos int `json:"start_dynos"`
	Beats      []goldenBeat
}

type goldenBeat struct {
	ResponseMS    float64 `json:"response_ms"`
	Error         string
	Timeout       bool
	Clock         string
	ScaleAPIFails *bool `json:"scale_api_fails"`
	Expect        struct {
		ScaleCalls    []int `json:"scale_calls"`
		Notifications []string
		Dynos         int
	}
}

// The keys are the names of 2.1.
var goldenKinds = map[string]notify.Kind{
	"scaled": notify.Scaled, "scale_failed": notify.ScaleFailed,
	"above_max": notify.NeedsExceedMax, "below_min": notify.NeedsBelowMin,
}

func TestGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/golden/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden files: %v", err)
	}
	var ticks []string
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var g goldenFile
		if err := json.Unmarshal(text, &g); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		for _, sc := range g.Scenarios {
			t.Run(sc.ID+" "+sc.Title, func(t *testing.T) {
				_, lines := sc.run(t, sc.env())
				ticks = append(append(ticks, sc.ID), lines...)
			})
			t.Run(sc.ID+" with COMPATIBILITY", func(t *testing.T) {
				env := sc.env()
				env["COMPATIBILITY"] = "2.1"
				sc.run(t, env)
			})
		}
	}
	baseline.Compare(t, "testdata/baseline/golden.gz", ticks)
}

// 2.1 counted a refused connection as slow, and scaled to the maximum. This bot has no data, changes nothing, and says so.
func TestGoldenRefusedIsNotLoad(t *testing.T) {
	sc := goldenScenario{StartDynos: 1}
	for range 9 {
		b := goldenBeat{Error: "refused", ResponseMS: 5}
		b.Expect.Dynos = 1
		sc.Beats = append(sc.Beats, b)
	}
	told, _ := sc.run(t, map[string]string{})
	if len(told) != 1 || told[0].Kind != notify.HeartbeatUnreachable || told[0].Phase != notify.Opened {
		t.Errorf("told %v, want once that the heartbeat is unreachable", told)
	}
}

// 2.1 had no limit on ineffective scale-ups. With COMPATIBILITY neither has this bot.
func TestGoldenCompatibility(t *testing.T) {
	slow := func(calls []int, dynos int, kinds ...string) (b goldenBeat) {
		b.ResponseMS = 1500
		b.Expect.ScaleCalls, b.Expect.Dynos, b.Expect.Notifications = calls, dynos, kinds
		return b
	}
	sc := goldenScenario{StartDynos: 1}
	for n := range 6 {
		sc.Beats = append(sc.Beats, slow(nil, n+1), slow(nil, n+1), slow([]int{n + 2}, n+2, "scaled"))
	}
	sc.run(t, map[string]string{"NOTIFY_ON_EVERY_SCALE": "true", "MAX_DYNOS": "10", "COMPATIBILITY": "2.1"})
}

// With the decisions named above.
func (sc goldenScenario) env() map[string]string {
	env := map[string]string{"NOTIFY_ON_EVERY_SCALE": "true", "NOTIFY_ON_SCALE_FAILS": "true"}
	for name, value := range sc.Settings {
		if name != "NOTIFICATION_BACKENDS" { // memory replaces the test backend
			env[name] = strings.Trim(string(value), `"`)
		}
	}
	if slices.ContainsFunc(sc.Beats, func(b goldenBeat) bool { return b.reading().Outcome == probe.Unreachable }) {
		env["HEARTBEAT_FAIL_ON"] = "any"
	}
	return env
}

func (b goldenBeat) reading() probe.Reading {
	r := probe.Reading{Signal: "heartbeat", Value: b.ResponseMS, Unit: "ms", Outcome: probe.Answered, Status: 200}
	status, _ := strconv.Atoi(b.Error)
	switch {
	case b.Timeout:
		r.Outcome = probe.Timeout
	case status >= 500:
		r.Outcome, r.Status = probe.ServerError, status
	case b.Error != "":
		r.Outcome, r.Error = probe.Unreachable, b.Error
	}
	return r
}

// A goldenPlatform fails on request.
type goldenPlatform struct {
	n     int
	calls []int
	fails bool
}

func (p *goldenPlatform) Size(context.Context) (int, bool, error) { return p.n, true, nil }

func (p *goldenPlatform) Resize(_ context.Context, n int) error {
	p.calls = append(p.calls, n)
	if p.fails {
		return errors.New("the API fails, as the scenario says")
	}
	p.n = n
	return nil
}

type goldenProber struct{ next probe.Reading }

func (p *goldenProber) Probe(context.Context) probe.Reading { return p.next }

// It returns all notices, and the ticks as lines.
func (sc goldenScenario) run(t *testing.T, env map[string]string) (all []notify.Event, ticks []string) {
	settingstest.Env(t)
	t.Setenv("HEROKU_APP_NAME", "dancing-forest")
	t.Setenv("HEROKU_API_KEY", "0123-4567")
	for name, value := range env {
		t.Setenv(name, value)
	}
	s, err := settingstest.Load()
	if err != nil {
		t.Fatal(err)
	}
	backends := max(1, strings.Count(string(sc.Settings["NOTIFICATION_BACKENDS"]), "TestBackend"))
	synctest.Test(t, func(t *testing.T) {
		platform, prober := &goldenPlatform{n: sc.StartDynos}, &goldenProber{}
		inboxes := make([]memory.Notifier, backends)
		var targets []notify.Target
		for i := range inboxes {
			targets = append(targets, notify.Target{Name: fmt.Sprint("memory ", i), Notifier: &inboxes[i]})
		}
		h := service.Host{Stdout: io.Discard, Stderr: io.Discard, Log: slog.New(slog.DiscardHandler)}
		fanout := notify.NewFanout(notify.FanoutOptions{}, targets...)
		defer fanout.Close(t.Context())
		b := bot.New(service.Options(s, service.Parts{Platform: platform, Heartbeat: prober}, fanout, h))

		open := map[notify.Kind]bool{}
		for i, beat := range sc.Beats {
			if beat.ScaleAPIFails != nil {
				platform.fails = *beat.ScaleAPIFails
			}
			platform.calls, prober.next = nil, beat.reading()
			r := b.Tick(t.Context(), beat.time(t))
			synctest.Wait()
			ticks = append(ticks, baseline.Tick(r, inboxes[0].Events()))

			want := sc.wanted(t, beat, open)
			for n := range inboxes {
				if got := told(inboxes[n].Events(), open); !slices.Equal(got, want) {
					t.Errorf("beat %d told backend %d %v, want %v", i+1, n+1, got, want)
				}
			}
			all = append(all, inboxes[0].Events()...)
			for n := range inboxes {
				inboxes[n].Reset()
			}
			if !slices.Equal(platform.calls, beat.Expect.ScaleCalls) {
				t.Errorf("beat %d asked for %v, want %v", i+1, platform.calls, beat.Expect.ScaleCalls)
			}
			if platform.n != beat.Expect.Dynos {
				t.Errorf("beat %d left %d dynos, want %d", i+1, platform.n, beat.Expect.Dynos)
			}
		}
	})
	return all, ticks
}

// In UTC; noon if the scenario has no time.
func (b goldenBeat) time(t *testing.T) time.Time {
	if b.Clock == "" {
		return time.Date(2024, 1, 15, 12, 0, 0, 0, time.UTC)
	}
	at, err := time.Parse("2006-01-02T15:04", b.Clock)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// Without those of open incidents (decision: once).
func (sc goldenScenario) wanted(t *testing.T, b goldenBeat, open map[notify.Kind]bool) []notify.Kind {
	var out []notify.Kind
	for _, name := range b.Expect.Notifications {
		k, ok := goldenKinds[name]
		if !ok {
			t.Fatalf("the scenario expects an unknown notice %q", name)
		}
		if !open[k] {
			out = append(out, k)
		}
	}
	return out
}

// Only kinds that 2.1 had. The open incidents are kept.
func told(events []notify.Event, open map[notify.Kind]bool) []notify.Kind {
	var out []notify.Kind
	for _, e := range events {
		switch {
		case e.Kind == notify.HeartbeatUnreachable: // unknown to 2.1
		case e.Phase == notify.Resolved:
			open[e.Kind] = false
		case e.Phase == notify.Opened:
			open[e.Kind] = true
			out = append(out, e.Kind)
		case e.Phase == "":
			out = append(out, e.Kind)
		}
	}
	return out
}
