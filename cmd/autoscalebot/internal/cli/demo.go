package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/bot/history"
	"github.com/autoscalebot/autoscalebot/bot/local"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/demo"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/service"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
	"github.com/autoscalebot/autoscalebot/probe"
	"github.com/autoscalebot/autoscalebot/schedule"
)

// demoWave needs about five processes of the sample app at its crest and one at its foot.
var demoWave = demo.Wave{Low: 6, High: 85, Period: time.Minute}

func newDemo() *cobra.Command {
	var o demoOptions
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Watch the bot scale a sample app on this machine: no account, no settings",
		Long: `Starts a small sample app as real processes behind the local router, puts a wave of requests on it that grows and falls,
and runs the bot on it with a heartbeat a second. Response times rise, dynos come, times fall, dynos go, each with its reason.
It ends with a summary at Ctrl-C, or by itself with --for.

With --pool the processes are servers that take their time to boot, and are put behind a HAProxy of its own where there is one on this
machine, drained, and destroyed. It scales by the heartbeat and by how busy the servers' CPUs are. Kill one of the processes, and see it replaced.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runDemo(cmd.Context(), o, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	cmd.Flags().DurationVar(&o.duration, "for", 0, "end after this long, such as 90s (default: at Ctrl-C)")
	cmd.Flags().BoolVar(&o.json, "json", false,
		"print the bot's records as JSON lines, and the summary on standard error")
	cmd.Flags().BoolVar(&o.pool, "pool", false, "scale servers behind a load balancer instead of dynos")
	cmd.Flags().StringVar(&o.balancer, "balancer", demo.Auto, "what --pool puts the servers behind: "+demo.HAProxy+
		", "+demo.BuiltIn+", or "+demo.Auto+" for what there is")
	cmd.Flags().StringVar(&o.svg, "svg", "", "write a picture of the run to this file when it ends")
	return cmd
}

type demoOptions struct {
	duration time.Duration
	json     bool
	svg      string
	pool     bool
	balancer string
}

// demoSettings are the defaults, but for a faster beat and bounds that fit the sample app.
func demoSettings() *settings.Settings {
	s := settings.Defaults()
	s.Platform, s.LocalAddr = "local", "127.0.0.1:0"
	s.HerokuAppName = "demo"
	s.HeartbeatInterval, s.HeartbeatJitter = settings.Seconds(time.Second), 0
	s.MaxResponseTime, s.MinResponseTime = 150, 38
	s.Fails.Quorum, s.Passes.Quorum = decide.InARow(2), decide.InARow(4)
	s.MaxDynos = schedule.Fixed(6)
	table, err := schedule.New(s.MinDynos, s.MaxDynos, s.TimeZone.Location)
	if err != nil {
		panic(err) // 1 to 6 is right in every zone
	}
	s.Table = table
	return s
}

// A stage is what the demo scales: the platform, where its app answers, and the signals beside the heartbeat.
type stage struct {
	platform bot.Scaler
	url      string
	signals  []probe.Prober
	close    func()
}

func runDemo(ctx context.Context, o demoOptions, stdout, stderr io.Writer) error {
	exe, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this program, which is the sample app too: %w", err)
	}
	app := "exec " + shellQuote(exe) + " sample-app"
	s := demoSettings()
	h := service.NewHost(s, stdout, io.Discard)
	sc := &screen{out: stdout, wave: demoWave, json: o.json, live: service.IsTerminal(stdout) && !o.json}
	set := dynoStage
	if o.pool {
		set = serverStage
	}
	st, err := set(ctx, o, s, h, app, sc)
	if err != nil {
		return err
	}
	defer st.close()
	p := service.Parts{Platform: st.platform, Signals: st.signals}
	if p.Heartbeat, err = service.OpenHeartbeat(s, st.platform); err != nil {
		return err
	}
	// What a demo shows is gone when it ends, and its page is for this machine alone.
	s.History, s.DashboardAddr = history.Memory, "127.0.0.1:0"
	v, err := service.New(ctx, s, p, h)
	if err != nil {
		return err
	}
	defer v.Close(ctx)
	v.Bot.RecordTo(sc)
	sc.open(time.Now())
	defer sc.stop()
	err = service.Alongside(ctx, st.platform, func(ctx context.Context) error {
		if o.duration > 0 {
			var cancel context.CancelFunc
			ctx, cancel = context.WithTimeout(ctx, o.duration)
			defer cancel()
		}
		page, end := service.Serve(ctx, []*service.Service{v}, h, &service.Receivers{})
		defer end()
		sc.start(time.Now(), o.duration, st.url, page)
		var wg sync.WaitGroup
		defer wg.Wait()
		wg.Go(func() { sc.wave.Run(ctx, st.url, &sc.story.Tally) })
		return v.Bot.Run(ctx)
	})
	if err != nil {
		return err
	}
	sc.stop()
	return sc.finish(o, stderr)
}

func dynoStage(
	ctx context.Context, _ demoOptions, s *settings.Settings, h service.Host, app string, _ *screen,
) (stage, error) {
	platform, err := local.New(local.Options{
		Command: app, Env: s.CommandEnviron(), Addr: string(s.LocalAddr), Dynos: s.Table.At(h.Now).Min, Log: h.Log,
	})
	if err != nil {
		return stage{}, err
	}
	url, err := platform.WebURL(ctx)
	return stage{platform: platform, url: url, close: platform.Kill}, err
}

func shellQuote(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }
