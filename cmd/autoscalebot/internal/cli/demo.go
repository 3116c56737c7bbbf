package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/bot/history"
	"github.com/autoscalebot/autoscalebot/bot/local"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/demo"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/service"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
	"github.com/autoscalebot/autoscalebot/probe"
	"github.com/autoscalebot/autoscalebot/schedule"
)

// The highest load keeps 2.2 processes of the sample app busy, the lowest one 0.4. It passes the capacity of one after
// 5 s.
var demoWave = demo.Wave{Low: 10, High: 50, Period: demoLength, Lead: 9 * time.Second}

const (
	demoLength   = 75 * time.Second
	demoInterval = time.Second
	// A heartbeat every second instead of every 30 s: the demo is 30 times as fast as the defaults.
	demoHaste = 30
)

func newDemo() *cobra.Command {
	var o demoOptions
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Watch the bot scale a sample app on this machine",
		Long: `Start two copies of a sample app as processes on this machine, send both the
same load, which rises and falls, and let a bot scale each of them: one with
the adaptive policy, which is recommended, the other by counting slow and fast
heartbeats. You need no account and no settings. The screen shows both, with
the reason of each change, and ends with the result in one sentence. So do the
dashboards of the two bots, at DASHBOARD_ADDR or at a free port. Press Ctrl-C to
end the demo earlier.

The demo is 30 times as fast as the defaults: it takes a heartbeat every second
instead of every 30 s, and shortens the hold time of the adaptive policy to
match.

With --pool the bot scales servers instead: processes that take time to boot,
which the bot puts behind HAProxy, drains and destroys. Without HAProxy on this
machine it uses a built-in balancer. It scales by the heartbeat and by the CPU
use of the servers. Kill one of the processes to see it replaced.`,
		Example: `  autoscalebot demo
  autoscalebot demo --policy adaptive
  autoscalebot demo --pool
  autoscalebot demo --svg demo.svg`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !cmd.Flags().Changed("for") && !o.pool {
				o.duration = demoLength
			}
			return runDemo(cmd.Context(), o, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	cmd.Flags().Var(lengthFlag{to: &o.duration}, "for",
		"end after this `duration`, such as 90s; 0 = at Ctrl-C (default 1m15s, with --pool 0)")
	cmd.Flags().StringVar(&o.policy, "policy", "", "show only one `policy`: "+demo.Count+" or "+demo.Adaptive)
	cmd.Flags().BoolVar(&o.json, "json", false,
		"print the bots' records as JSON lines, each with its policy, and the summary to standard error")
	cmd.Flags().BoolVar(&o.pool, "pool", false, "scale servers behind a balancer")
	cmd.Flags().StringVar(&o.balancer, "balancer", demo.Auto, "`kind` of balancer of --pool: "+demo.HAProxy+", "+
		demo.BuiltIn+", or "+
		demo.Auto+" for HAProxy if it is installed")
	cmd.Flags().StringVar(&o.svg, "svg", "", "write a picture of the run to this `file` at the end")
	return cmd
}

type demoOptions struct {
	duration time.Duration
	policy   string // empty for both
	json     bool
	svg      string
	pool     bool
	balancer string
}

func (o demoOptions) check() (page *settings.Settings, err error) {
	var m mistakes
	if o.policy != "" && o.policy != demo.Count && o.policy != demo.Adaptive {
		m.add("--policy", "%q: must be %s or %s", o.policy, demo.Count, demo.Adaptive)
	} else if o.policy != "" && o.pool {
		m.add("--policy", "cannot be combined with --pool")
	}
	if !slices.Contains([]string{demo.Auto, demo.HAProxy, demo.BuiltIn}, o.balancer) {
		m.add("--balancer", "invalid balancer %q: must be %s, %s or %s", o.balancer, demo.Auto, demo.HAProxy,
			demo.BuiltIn)
	}
	if info, err := os.Stat(filepath.Dir(o.svg)); o.svg != "" && (err != nil || !info.IsDir()) {
		m.add("--svg", "%q: the folder %s does not exist", o.svg, filepath.Dir(o.svg))
	}
	page, err = settings.LoadPage()
	m.settings(err)
	if err == nil && page.DashboardAddr != "" {
		l, err := net.Listen("tcp", string(page.DashboardAddr))
		if err != nil {
			m.add("DASHBOARD_ADDR", "%v. Choose another address, or port 0 for any free one", err)
		} else {
			_ = l.Close()
		}
	}
	if len(m.problems) > 0 {
		return nil, m.problems
	}
	return page, nil
}

func (o demoOptions) policies() []string {
	switch {
	case o.pool:
		return []string{demo.Count}
	case o.policy != "":
		return []string{o.policy}
	}
	return []string{demo.Adaptive, demo.Count}
}

// The defaults, with a shorter interval and with thresholds for the sample app.
func demoSettings(policy string, page *settings.Settings) *settings.Settings {
	s := settings.Defaults()
	s.Platform, s.LocalAddr = "local", "127.0.0.1:0"
	s.HerokuAppName, s.Policy = "demo", settings.Word(policy)
	s.HeartbeatInterval, s.HeartbeatJitter = settings.Seconds(demoInterval), 0
	s.MaxResponseTime, s.MinResponseTime = 500, 100
	s.MaxDynos = schedule.Fixed(6)
	table, err := schedule.New(s.MinDynos, s.MaxDynos, s.TimeZone.Location)
	if err != nil {
		panic(err) // 1 to 6 is valid in every zone
	}
	s.Table = table
	// The history ends with the demo.
	s.History = history.Memory
	s.Page, s.AdminToken = page.Page, page.AdminToken
	if s.DashboardAddr == "" {
		s.DashboardAddr = "127.0.0.1:0"
	}
	return s
}

// A stage is what a bot of the demo scales: the platform, the URL of its app, and the signals next to the heartbeat.
type stage struct {
	platform bot.Scaler
	url      string
	signals  []probe.Prober
	close    func()
}

// A contest is one bot of the demo with its app and its story.
type contest struct {
	stage
	story   *demo.Story
	service *service.Service
}

func (c *contest) end(ctx context.Context) {
	if c.service != nil {
		c.service.Close(ctx)
	}
	c.close()
}

func runDemo(ctx context.Context, o demoOptions, stdout, stderr io.Writer) error {
	page, err := o.check()
	if err != nil {
		return err
	}
	sc := newDemoScreen(o, stdout)
	var all []*contest
	defer func() {
		var wg sync.WaitGroup
		defer wg.Wait()
		for _, c := range all {
			wg.Go(func() { c.end(ctx) })
		}
	}()
	var h service.Host
	for _, policy := range o.policies() {
		s := demoSettings(policy, page)
		if len(o.policies()) > 1 {
			s.HerokuProcessType = settings.Text(policy) // the name of its dashboard
		}
		h = service.NewHost(s, stdout, io.Discard)
		c, err := newContest(ctx, o, s, h, sc)
		if c != nil {
			all = append(all, c)
		}
		if err != nil {
			return err
		}
	}
	sc.open(time.Now())
	defer sc.stop()
	if err := play(ctx, o, all, h, sc); err != nil {
		return err
	}
	sc.stop()
	return sc.finish(o, stderr)
}

// The contest must be ended even after an error, if it is not nil.
func newContest(
	ctx context.Context, o demoOptions, s *settings.Settings, h service.Host, sc *screen,
) (*contest, error) {
	exe, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program, which is also the sample app: %w", err)
	}
	app := "exec " + shellQuote(exe) + " sample-app"
	story := &demo.Story{Policy: string(s.Policy)}
	set := dynoStage
	if o.pool {
		set = serverStage
	}
	st, err := set(ctx, o, s, h, app, sc, story)
	if err != nil {
		return nil, err
	}
	c := &contest{stage: st, story: story}
	p := service.Parts{Platform: st.platform, Signals: st.signals}
	if p.Heartbeat, err = service.OpenHeartbeat(s, st.platform); err != nil {
		return c, err
	}
	if s.Policy == demo.Adaptive {
		model, err := service.Model(s)
		if err != nil {
			return c, err
		}
		p.Model = model.Hasten(demoHaste)
	}
	if c.service, err = service.New(ctx, s, p, h); err != nil {
		return c, err
	}
	story.URL = st.url
	story.Tally.Bound = time.Duration(float64(s.MaxResponseTime) * float64(time.Millisecond))
	c.service.Bot.RecordTo(sc.add(story))
	return c, nil
}

// The bots and the load begin once all apps have started.
func play(ctx context.Context, o demoOptions, all []*contest, h service.Host, sc *screen) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var ready, ended sync.WaitGroup
	ready.Add(len(all))
	begin := make(chan struct{})
	errs := make(chan error, len(all))
	for _, c := range all {
		ended.Go(func() {
			defer cancel()
			arrived := sync.OnceFunc(ready.Done)
			defer arrived()
			errs <- service.Alongside(ctx, c.platform, func(ctx context.Context) error {
				arrived()
				select {
				case <-begin:
				case <-ctx.Done():
					return nil
				}
				return c.service.Bot.Run(ctx)
			})
		})
	}
	ready.Wait()
	var err error
	if ctx.Err() == nil {
		err = load(ctx, o, all, h, sc, func() { close(begin) })
	}
	cancel()
	ended.Wait()
	close(errs)
	for one := range errs {
		err = cmp.Or(err, one)
	}
	return err
}

// Sends the load until ctx or the time of the demo ends.
func load(ctx context.Context, o demoOptions, all []*contest, h service.Host, sc *screen, begin func()) error {
	var services []*service.Service
	var targets []demo.Target
	for _, c := range all {
		services = append(services, c.service)
		targets = append(targets, demo.Target{URL: c.url, Tally: &c.story.Tally})
	}
	at, end := service.Serve(ctx, services, h, &service.Receivers{})
	defer end()
	if at == "" {
		return errors.New("the dashboards cannot be served: another program uses the address. Choose another " +
			"DASHBOARD_ADDR")
	}
	if o.duration > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, o.duration)
		defer cancel()
	}
	sc.start(time.Now(), o.duration, at)
	begin()
	sc.run.Load.Run(ctx, targets...)
	return nil
}

func dynoStage(
	ctx context.Context, _ demoOptions, s *settings.Settings, h service.Host, app string, _ *screen, _ *demo.Story,
) (stage, error) {
	platform, err := local.New(local.Options{
		Command: app, Env: s.CommandEnviron(), Addr: string(s.LocalAddr), Dynos: s.Table.At(h.Now).Min, Log: h.Log,
	})
	if err != nil {
		return stage{}, err
	}
	url, err := platform.WebURL(ctx)
	return stage{platform: asDynos{platform}, url: url, close: platform.Kill}, err
}

// The sample app's processes stand for dynos.
type asDynos struct{ *local.Platform }

func (asDynos) Unit() string { return "dyno" }

func shellQuote(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }
