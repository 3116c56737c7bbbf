package cli

import (
	"context"
	"time"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/bot/local"
	"github.com/autoscalebot/autoscalebot/bot/pool"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/demo"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/service"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
	"github.com/autoscalebot/autoscalebot/probe"
	"github.com/autoscalebot/autoscalebot/probe/cpu"
)

// Slower than the wave of dynos, because servers boot later.
var poolWave = demo.Wave{Low: 6, High: 65, Period: 90 * time.Second}

// The boot time of a server in the demo, shorter than in any cloud.
const demoBoot = 1500 * time.Millisecond

// The servers are processes, in a pool behind HAProxy or the built-in balancer.
func serverStage(
	ctx context.Context, o demoOptions, s *settings.Settings, h service.Host, app string, sc *screen, story *demo.Story,
) (stage, error) {
	front, err := demo.OpenFront(ctx, o.balancer)
	if err != nil {
		return stage{}, err
	}
	provider, err := local.NewProvider(local.ProviderOptions{
		Command: app, Env: s.CommandEnviron(), Log: h.Log, Boot: demoBoot,
		Sizes: []pool.Size{{Name: "small", CPUs: 1, Memory: 1024, Price: 0.009}},
	})
	if err != nil {
		front.Close()
		return stage{}, err
	}
	end := func() {
		provider.Close()
		front.Close()
	}
	servers, err := pool.New(pool.Options{
		Name: "web", Provider: provider, Balancer: front,
		Health: pool.HTTPCheck{Path: demo.HealthPath, Timeout: time.Second}, Limits: s.ServerLimits,
		HealthyAfter: 2, Timing: pool.Timing{
			DrainTimeout: 5 * time.Second, ReplaceAfter: 5 * time.Second, Settle: -1, Busy: 200 * time.Millisecond,
			Rest: 500 * time.Millisecond,
		},
		Log: h.Log, Notify: func(e pool.Event) { sc.tell(story, e) },
	})
	if err != nil {
		end()
		return stage{}, err
	}
	busy := demo.NewCPU(servers.Addresses)
	// The CPU must agree, so the heartbeat needs less evidence.
	s.Fails.Quorum, s.Passes.Quorum = decide.InARow(2), decide.InARow(3)
	s.Rules = []decide.SignalRule{{
		Signal: string(cpu.CPU), Max: 60, Min: 25, Fails: decide.InARow(2),
		Passes: decide.InARow(3),
	}}
	_, most := s.ServerLimits(h.Now)
	story.Pool = &demo.Pool{Front: front.Name, Max: most}
	sc.servers = func() (list []demo.Server) {
		for _, st := range servers.Servers() {
			one := demo.Server{ServerStatus: st}
			one.CPU, one.Measured = busy.Of(st.Address)
			list = append(list, one)
		}
		return list
	}
	return stage{platform: pooled{servers, front.URL}, url: front.URL, signals: []probe.Prober{busy}, close: end}, nil
}

type pooled struct {
	*pool.Pool
	url string
}

func (p pooled) WebURL(context.Context) (string, error) { return p.url, nil }

var _ bot.WebURLer = pooled{}
