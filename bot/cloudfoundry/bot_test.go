package cloudfoundry_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/bot/cloudfoundry"
	"github.com/autoscalebot/autoscalebot/bot/cloudfoundry/cloudfoundrytest"
	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/probe"
	"github.com/autoscalebot/autoscalebot/schedule"
)

type slowly struct{}

func (slowly) Probe(context.Context) probe.Reading {
	return probe.Reading{Signal: "heartbeat", Time: time.Now(), Value: 2000, Unit: "ms", Outcome: probe.Answered}
}

type limits schedule.Limits

func (l limits) At(time.Time) schedule.Limits           { return schedule.Limits(l) }
func (l limits) Rows(time.Time) (minRow, maxRow string) { return "", "" }

// The scenarios that App Autoscaler's own tests verify of the engine that changes the instances.
func TestScenariosOfAppAutoscaler(t *testing.T) {
	for _, c := range []struct {
		name              string
		instances, up, to int
		change            func(*cloudfoundrytest.Server)
		calls             int // that scale
		why               string
	}{
		{name: "2 and 1 more", instances: 2, up: 1, to: 3, calls: 1, why: "scaled 2 → 3: 1 heartbeat in a row slower than 1000 ms"},
		{
			name: "an app that is stopped is ignored", instances: 2, up: 1, to: 2,
			change: func(s *cloudfoundrytest.Server) { s.Stop("my-app") },
			why:    "held at 2: the app is stopped, so the bot leaves the app alone",
		},
		{
			name: "a label keeps the autoscaler away", instances: 2, up: 1, to: 2,
			change: func(s *cloudfoundrytest.Server) { s.SetLabel("my-app", cloudfoundry.DisableLabel, "true") },
			why:    "held at 2: the app has the label app-autoscaler.cloudfoundry.org/disable-autoscaling, so the bot leaves the app alone",
		},
		{name: "6 of 6 and 1 more is no call", instances: 6, up: 1, to: 6, why: "desired 7, but the maximum is 6"},
		{name: "5 of 6 and 2 more is 6", instances: 5, up: 2, to: 6, calls: 1, why: "desired 7, but the maximum is 6"},
		{
			name: "a deployment is waited for", instances: 2, up: 1, to: 2,
			change: func(s *cloudfoundrytest.Server) { s.Deploy("my-app", time.Now()) },
			why:    "desired 3, but an earlier change is still in progress",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			srv := cloudfoundrytest.NewServer(t)
			srv.AddApp(cloudfoundrytest.App{Name: "my-app", Processes: []cloudfoundrytest.Process{{Type: "web", Instances: c.instances}}})
			p := platform(t, options(srv))
			if c.change != nil {
				c.change(srv)
			}
			var kept bot.Memory
			b := bot.New(bot.Options{
				App: "my-app", ProcessType: "web", Interval: time.Minute, Probers: []probe.Prober{slowly{}}, Schedule: limits{Min: 1, Max: 6}, Scaler: p,
				Policy: decide.Policy{
					HeartbeatRule: decide.HeartbeatRule{MaxResponseMS: 1000, MinResponseMS: 200, Fails: decide.InARow(1), Passes: decide.InARow(1)},
					Up:            decide.Step{Dynos: c.up}, Down: decide.Step{Dynos: 1},
					Safeguards: decide.Safeguards{CooldownUp: time.Hour, CooldownDown: time.Hour},
				},
				Remember: func(m bot.Memory) error { kept = m; return nil },
			})
			r := b.Tick(t.Context(), time.Now())
			if got := r.Headline() + ": " + r.Why(); !strings.Contains(got, c.why) {
				t.Errorf("the record says %q, want %q", got, c.why)
			}
			scales := 0
			for _, call := range srv.Calls() {
				if call.Method == http.MethodPost && strings.HasSuffix(call.Path, "/scale") {
					scales++
				}
			}
			if n := r.After(); n != c.to || scales != c.calls {
				t.Errorf("%d instances after %d calls, want %d after %d", n, scales, c.to, c.calls)
			}
			if cooling := !kept.State.LastUp.IsZero(); cooling != (c.calls > 0) {
				t.Errorf("a cooldown is under way: %v, after %d calls", cooling, scales)
			}
		})
	}
}
