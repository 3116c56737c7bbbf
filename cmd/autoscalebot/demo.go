package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/bot/history"
	"github.com/autoscalebot/autoscalebot/bot/local"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/demo"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
	"github.com/autoscalebot/autoscalebot/notify"
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
It ends with a summary at Ctrl-C, or by itself with --for.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runDemo(cmd.Context(), o, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	cmd.Flags().DurationVar(&o.duration, "for", 0, "end after this long, such as 90s (default: at Ctrl-C)")
	cmd.Flags().BoolVar(&o.json, "json", false, "print the bot's records as JSON lines, and the summary on standard error")
	cmd.Flags().StringVar(&o.svg, "svg", "", "write a picture of the run to this file when it ends")
	return cmd
}

func newSampleApp() *cobra.Command {
	return &cobra.Command{
		Use:    "sample-app",
		Short:  "The demo's sample app, on $PORT",
		Hidden: true,
		Args:   cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return demo.RunApp(cmd.Context(), os.Getenv("PORT"))
		},
	}
}

type demoOptions struct {
	duration time.Duration
	json     bool
	svg      string
}

// demoSettings are the defaults, but for a faster beat and bounds that fit the sample app.
func demoSettings() *settings.Settings {
	s := settings.Defaults()
	s.Platform, s.LocalAddr = "local", "127.0.0.1:0"
	s.HerokuAppName = "demo"
	s.HeartbeatInterval, s.HeartbeatJitter = settings.Seconds(time.Second), 0
	s.MaxResponseTime, s.MinResponseTime = 150, 38
	s.Fails.Quorum, s.Passes.Quorum = bot.InARow(2), bot.InARow(4)
	s.MaxDynos = schedule.Fixed(6)
	table, err := schedule.New(s.MinDynos, s.MaxDynos, s.TimeZone.Location)
	if err != nil {
		panic(err) // 1 to 6 is right in every zone
	}
	s.Table = table
	return s
}

func runDemo(ctx context.Context, o demoOptions, stdout, stderr io.Writer) error {
	exe, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this program, which is the sample app too: %w", err)
	}
	s := demoSettings()
	h := newHost(s, stdout, io.Discard)
	platform, err := local.New(local.Options{
		Command: "exec " + shellQuote(exe) + " sample-app", Env: settings.EnvironWithoutSecrets(), Addr: string(s.LocalAddr),
		Dynos: s.Table.At(h.now).Min, Log: h.log,
	})
	if err != nil {
		return err
	}
	url, err := platform.WebURL(ctx)
	if err != nil {
		return err
	}
	p := parts{platform: platform}
	if p.prober, err = heartbeat(s, platform); err != nil {
		return err
	}
	// What a demo shows is gone when it ends, and its page is for this machine alone.
	s.History, s.DashboardAddr = history.Memory, "127.0.0.1:0"
	k, err := keep(ctx, s, h)
	if err != nil {
		return err
	}
	defer k.close(ctx, h)
	m := measure(s, h, nil)
	sc := &screen{out: stdout, url: url, wave: demoWave, json: o.json, live: isTerminal(stdout) && !o.json}
	err = alongside(ctx, platform, func(ctx context.Context) error {
		if o.duration > 0 {
			var cancel context.CancelFunc
			ctx, cancel = context.WithTimeout(ctx, o.duration)
			defer cancel()
		}
		told := &circle{[]notify.Notifier{k.db}}
		options := options(s, p, told, h)
		options.Recorders = append(k.recorders(), m, sc)
		b := bot.New(options)
		page, end := serve(ctx, []*work{{s: s, h: h, p: p, k: k, m: m, told: told, o: options, b: b}}, h, &inlets{})
		defer end()
		sc.page = page
		sc.start(time.Now(), o.duration)
		defer sc.stop()
		var wg sync.WaitGroup
		defer wg.Wait()
		wg.Go(func() { demoWave.Run(ctx, url) })
		return b.Run(ctx)
	})
	if err != nil {
		return err
	}
	return sc.finish(o, stderr)
}

// shellQuote makes one word of text for a shell.
func shellQuote(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }

// A screen is a Recorder that shows the records: a live view on a terminal, else a line each.
type screen struct {
	out        io.Writer
	url        string
	page       string // where the web page is
	wave       demo.Wave
	json, live bool
	story      demo.Story
}

const (
	enterScreen = "\x1b[?1049h\x1b[?25l" // the alternate screen, without a cursor
	leaveScreen = "\x1b[?25h\x1b[?1049l"
)

func (sc *screen) start(now time.Time, duration time.Duration) {
	sc.story.Start = now
	if duration > 0 {
		sc.story.End = now.Add(duration)
	}
	switch {
	case sc.live:
		fmt.Fprint(sc.out, enterScreen)
	case !sc.json:
		fmt.Fprintf(sc.out, "the sample app answers at %s; watch the bot at %s\n", sc.url, sc.page)
	}
}

// Record shows the next record.
func (sc *screen) Record(_ context.Context, r bot.Record) error {
	if r.Action == bot.Interrupted {
		return nil
	}
	rate := sc.wave.Rate(r.Time.Sub(sc.story.Start))
	sc.story.Add(r, rate)
	switch {
	case sc.json:
		return json.NewEncoder(sc.out).Encode(r)
	case sc.live:
		return sc.draw(r.Time)
	}
	_, err := fmt.Fprintln(sc.out, sc.story.Line(r, rate))
	return err
}

// draw draws the view over the one before, line by line, so that nothing flickers.
func (sc *screen) draw(now time.Time) error {
	columns, rows := 80, 24
	if f, ok := sc.out.(*os.File); ok {
		if c, r, err := term.GetSize(int(f.Fd())); err == nil {
			columns, rows = c, r
		}
	}
	frame := sc.story.Frame(sc.page, now, columns, rows)
	_, err := fmt.Fprint(sc.out, "\x1b[H"+strings.ReplaceAll(frame, "\n", "\x1b[K\n")+"\x1b[J")
	return err
}

func (sc *screen) stop() {
	if sc.live {
		fmt.Fprint(sc.out, leaveScreen)
	}
}

// finish prints the summary, beside the records where those are JSON, and writes the picture.
func (sc *screen) finish(o demoOptions, stderr io.Writer) error {
	out := sc.out
	if sc.json {
		out = stderr
	}
	if _, err := fmt.Fprintf(out, "\n%s", sc.story.Sum(time.Now())); err != nil {
		return err
	}
	if o.svg == "" {
		return nil
	}
	return os.WriteFile(o.svg, []byte(sc.story.SVG()), 0o644)
}
