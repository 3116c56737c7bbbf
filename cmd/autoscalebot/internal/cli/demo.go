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

// The highest load needs about five processes of the sample app, and the lowest load needs one.
var demoWave = demo.Wave{Low: 6, High: 85, Period: time.Minute}

func newDemo() *cobra.Command {
	var o demoOptions
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Watch the bot scale a sample app on this machine",
		Long: `Start a sample app as processes on this machine, send it a load that rises and
falls, and let the bot scale it with a heartbeat every second. You need no
account and no settings. The screen shows each decision with its reason, and
the demo's web page shows the same. Press Ctrl-C to end the demo with a
summary.

With --pool the bot scales servers instead: processes that take time to boot,
which the bot puts behind HAProxy, drains and destroys. Without HAProxy on this
machine it uses a built-in balancer. It scales by the heartbeat and by the CPU
use of the servers. Kill one of the processes to see it replaced.`,
		Example: `  autoscalebot demo
  autoscalebot demo --pool
  autoscalebot demo --for 70s --svg demo.svg`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runDemo(cmd.Context(), o, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	cmd.Flags().DurationVar(&o.duration, "for", 0, "end after this time, such as 90s (default: at Ctrl-C)")
	cmd.Flags().BoolVar(&o.json, "json", false,
		"print the bot's records as JSON lines, and the summary to standard error")
	cmd.Flags().BoolVar(&o.pool, "pool", false, "scale servers behind a balancer")
	cmd.Flags().StringVar(&o.balancer, "balancer", demo.Auto, "`kind` of balancer of --pool: "+demo.HAProxy+", "+
		demo.BuiltIn+", or "+
		demo.Auto+" for HAProxy if it is installed")
	cmd.Flags().StringVar(&o.svg, "svg", "", "write a picture of the run to this `file` at the end")
	return cmd
}

type demoOptions struct {
	duration time.Duration
	json     bool
	svg      string
	pool     bool
	balancer string
}

// The defaults, with a shorter interval and with thresholds for the sample app.
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
		panic(err) // 1 to 6 is valid in every zone
	}
	s.Table = table
	return s
}

// A stage is what the demo scales: the platform, the URL of its app, and the signals next to the heartbeat.
type stage struct {
	platform bot.Scaler
	url      string
	signals  []probe.Prober
	close    func()
}

func runDemo(ctx context.Context, o demoOptions, stdout, stderr io.Writer) error {
	exe, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this program, which is also the sample app: %w", err)
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
	// The history ends with the demo, and the page is for this machine only.
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
