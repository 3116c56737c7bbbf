package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/bot/heroku"
	"github.com/autoscalebot/autoscalebot/bot/words"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/service"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/starter"
	"github.com/autoscalebot/autoscalebot/probe"
)

const (
	initSamples   = 20
	initSampling  = time.Minute
	lookTime      = 30 * time.Second
	heartbeatDocs = "docs/heartbeat.md has pages for Rails, Django, Node and Go to copy."
)

// A guide asks for the settings of an app on Heroku, and measures the app. The answers become variables of its own
// environment, so they are read and checked like any settings.
type guide struct {
	*dialog
	flags *initCommand
	a     starter.Answers
	key   string
	s     *settings.Settings
	parts service.Parts

	now   int     // dynos, 0 if not known
	price float64 // of a dyno a month, 0 if not known
	alone bool    // there can be only one dyno of this size
}

// Nothing is written before every question is answered.
func (g *guide) run(ctx context.Context) (starter.File, error) {
	_ = os.Unsetenv("AUTOSCALE_FILE") // its settings would be in force, too
	if !g.silent {
		g.say("A few questions about your app on Heroku. Press Enter for the answer in brackets, Ctrl-C to stop: " +
			"nothing is written before the end.\n")
	}
	for _, step := range []func(context.Context) error{
		g.askApp, g.askHeartbeat, g.askThresholds, g.askLimits, g.askPolicy, g.askDryRun,
	} {
		err := step(ctx)
		if ctx.Err() != nil {
			err = errors.New("interrupted, so nothing was written")
		}
		if err != nil {
			return starter.File{}, err
		}
	}
	if g.flags.secrets {
		g.a.Key = g.key
	}
	return g.a.File(), nil
}

func setting(name, value string) {
	_ = os.Unsetenv(settings.Prefix + name) // it would win
	_ = os.Setenv(name, value)              // fails only for a NUL, which the settings refuse
}

func given(name string) string {
	if v := os.Getenv(settings.Prefix + name); v != "" {
		return v
	}
	return os.Getenv(name)
}

func (g *guide) load() error {
	all, err := settings.LoadAll()
	if err != nil {
		return err
	}
	g.s = all[0]
	h := service.NewHost(g.s, io.Discard, io.Discard)
	h.Once = true
	in, err := service.OpenReceivers(all, h)
	if err != nil {
		return err
	}
	g.parts, err = service.Open(g.s, h, in)
	return err
}

// On a terminal a wrong answer is explained, and the question asked again.
func (g *guide) wrong(err error) error {
	if g.silent || g.ctx.Err() != nil {
		return err
	}
	var ps settings.Problems
	if errors.As(err, &ps) && len(ps) > 0 {
		for _, p := range ps {
			g.warn("%s: %s", p.Name, p.What)
		}
		return nil
	}
	g.warn("%v", err)
	return nil
}

func (g *guide) askApp(ctx context.Context) error {
	setting("PLATFORM", "heroku")
	setting("HEROKU_PROCESS_TYPE", g.flags.process)
	g.a.ProcessType = g.flags.process
	for name, value := range map[string]string{ // so that all mistakes in flags are found now
		"HEARTBEAT_URL": g.flags.page, "MIN_DYNOS": g.flags.min, "MAX_DYNOS": g.flags.max,
	} {
		if value != "" {
			setting(name, value)
		}
	}
	app, key := g.flags.app, given("HEROKU_API_KEY")
	if app == "" {
		app = given("HEROKU_APP_NAME")
	}
	if g.silent {
		m := &mistakes{}
		if app == "" {
			m.add("--app", "is required: the name of the app on Heroku, as listed by: heroku apps")
		}
		if key == "" {
			m.add("HEROKU_API_KEY", "is not set in the environment. Create a key with: %s", settings.CreateHerokuKey)
		}
		if len(m.problems) > 0 {
			return m.problems
		}
	}
	asked := g.flags.app != ""
	for {
		var err error
		for app == "" || !asked {
			if app, err = g.text("App on Heroku", app); err != nil {
				return err
			}
			asked = app != "" || asked
		}
		if key == "" && g.key == "" {
			g.say("Create a key for the bot in another terminal. It is printed as Token:")
			fmt.Fprintln(g.out, "  "+settings.CreateHerokuKey) // in one piece, to be copied
		}
		for key == "" {
			if key, err = g.secret("API key (hidden as you type)"); err != nil {
				return err
			}
		}
		setting("HEROKU_APP_NAME", app)
		setting("HEROKU_API_KEY", key)
		g.a.App, g.key = app, key
		err = g.load()
		if err == nil {
			lookCtx, cancel := context.WithTimeout(ctx, lookTime)
			err = g.look(lookCtx)
			cancel()
		}
		if err == nil || ctx.Err() != nil {
			return err
		}
		if g.silent {
			return err
		}
		var e *heroku.Error
		var ps settings.Problems
		switch isAPI := errors.As(err, &e); {
		case errors.As(err, &ps):
			for _, p := range ps {
				switch p.Name {
				case "HEROKU_APP_NAME":
					asked = false
				case "HEROKU_API_KEY":
					key = ""
				default:
					return err
				}
			}
			_ = g.wrong(err)
		case isAPI && e.Status == http.StatusUnauthorized:
			g.warn("%s", e.Hint)
			key = ""
		case isAPI && e.Status == http.StatusNotFound && ofProcess(e):
			g.warn("%s", e.Hint)
			if g.a.ProcessType, err = g.text("Process type", g.a.ProcessType); err != nil {
				return err
			}
			setting("HEROKU_PROCESS_TYPE", g.a.ProcessType)
		case isAPI && e.Status == http.StatusNotFound:
			g.warn("%s", e.Hint)
			asked = false
		default:
			g.warn("%v", err)
			again, err := g.yes("Try again", true)
			if err != nil {
				return err
			}
			if !again {
				return errors.New("the app was not read, so nothing was written")
			}
		}
	}
}

func ofProcess(e *heroku.Error) bool {
	about := strings.ToLower(e.Message)
	return strings.Contains(about, "process type") || strings.Contains(about, "formation")
}

func (g *guide) look(ctx context.Context) error {
	n, _, err := g.parts.Platform.Size(ctx)
	if err != nil {
		return err
	}
	size, err := g.parts.Platform.(bot.Sizer).DynoSize(ctx)
	if err != nil {
		return err
	}
	g.now = n
	g.price, _ = priceOf(ctx, g.parts.Platform, g.s)
	text := fmt.Sprintf("%s now runs %d × %s (%s)", g.a.App, n, size, g.a.ProcessType)
	if g.price > 0 {
		text += fmt.Sprintf(", at %s a month each", inDollars(g.price))
	}
	g.add("%s.", text)
	g.alone = strings.EqualFold(size, "eco") || strings.EqualFold(size, "basic")
	if g.alone {
		g.warn("Heroku allows only one %s dyno, so the bot cannot scale this app. Change the size first: "+
			"heroku ps:type %s=standard-1x --app %s", size, g.a.ProcessType, g.a.App)
	}
	return nil
}

func (g *guide) askHeartbeat(ctx context.Context) error {
	page := g.flags.page
	if page == "" {
		page = given("HEARTBEAT_URL")
	}
	if page == "" {
		page = "/autoscalebot/heartbeat/"
	}
	if g.flags.policy != "count" { // the timeout depends on the interval
		setting("HEARTBEAT_INTERVAL_IN_SECONDS", starter.AdaptiveInterval)
	}
	last := ""
	for asked := g.flags.page != ""; ; asked = false {
		if !asked {
			answer, err := g.text("Heartbeat page, a path on the app or a URL", page)
			if err != nil {
				return err
			}
			page = answer
		}
		setting("HEARTBEAT_URL", page)
		g.a.HeartbeatURL = page
		if page == last {
			g.add("The page is kept without a measurement, with the default thresholds.")
			return nil
		}
		if err := g.load(); err != nil {
			if err = g.wrong(err); err != nil {
				return err
			}
			continue
		}
		if g.parts.Heartbeat == nil {
			return nil
		}
		all := g.measure(ctx)
		r := all.median()
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case r.Outcome == probe.Answered:
			g.measured(all)
			return nil
		}
		g.warn("%s: %s", r.Outcome, r.Error)
		if r.Outcome == probe.ClientError && r.Status == http.StatusNotFound {
			g.add("The app does not have this page yet. " + heartbeatDocs)
		} else if r.Hint != "" {
			g.add("%s", r.Hint)
		}
		if g.silent {
			g.add("Not measured, so the thresholds are the defaults.")
			return nil
		}
		last = page
		if r.Outcome == probe.ClientError && page != "/" {
			g.add("Until the page exists, the start page can stand in for it: answer /. To keep %s without a "+
				"measurement, answer it again.", page)
			page = "/"
			continue
		}
		g.add("Answer another page, or the same again to keep it without a measurement.")
	}
}

func (g *guide) measure(ctx context.Context) sample {
	c := &checker{}
	take, n, began := c.taker(ctx, g.parts), 0, time.Now()
	what := fmt.Sprintf("%d heartbeats", initSamples)
	g.bar(what, 0, "")
	all := takeSample(ctx, initSamples, initSampling, func() probe.Reading {
		r := take()
		n++
		left := time.Since(began) / time.Duration(n) * time.Duration(initSamples-n)
		left = min(left, initSampling-time.Since(began)).Truncate(time.Second) + time.Second
		g.bar(what, min(float64(n)/initSamples, 0.99), fmt.Sprintf("%d, %s left", n, words.Length(left)))
		return r
	})
	g.bar("", 1, "")
	return all
}

func (g *guide) measured(all sample) {
	r := all.median()
	g.a.Thresholds, g.a.Measured = starter.Propose(all.answered(), g.s.Timeout()), len(all)
	g.add("%d after %s, %s.", r.Status, words.Millis(g.a.Thresholds.Median), all.spread())
	if r.Measure != probe.MeasureQueue && all.idle() {
		g.warn("The app answers in less than 1 ms, like a static page. Such a page stays fast under load. Make it do " +
			"what the app's usual pages do. " + heartbeatDocs)
	}
}

func (g *guide) askThresholds(context.Context) error {
	t := &g.a.Thresholds
	if g.a.Measured == 0 {
		return nil
	}
	g.say("\nProposed thresholds:")
	g.add("slow above %g ms. %s", t.Max, t.WhyMax())
	g.add("fast below %g ms. %s", t.Min, t.WhyMin())
	ok, err := g.yes("Use these thresholds", true)
	if err != nil || ok {
		setting("MAX_RESPONSE_TIME_IN_MS", fmt.Sprint(t.Max))
		setting("MIN_RESPONSE_TIME_IN_MS", fmt.Sprint(t.Min))
		return err
	}
	for {
		high, err := g.text("Slow above, in ms", fmt.Sprint(t.Max))
		if err != nil {
			return err
		}
		low, err := g.text("Fast below, in ms", fmt.Sprint(t.Min))
		if err != nil {
			return err
		}
		setting("MAX_RESPONSE_TIME_IN_MS", high)
		setting("MIN_RESPONSE_TIME_IN_MS", low)
		if err := g.load(); err != nil {
			if err = g.wrong(err); err != nil {
				return err
			}
			continue
		}
		if why := g.s.Flap(time.Now()); why != "" {
			g.warn("%s", why)
			continue
		}
		t.Max, t.Min, g.a.Measured = float64(g.s.MaxResponseTime), float64(g.s.MinResponseTime), 0
		return nil
	}
}

const fewest = 3 // a proposed maximum that leaves room to scale

func (g *guide) askLimits(ctx context.Context) error {
	least, most := g.flags.min, g.flags.max
	if least == "" {
		least = "1"
	}
	if most == "" {
		most = strconv.Itoa(max(fewest, 2*g.now))
	}
	if !g.silent {
		fmt.Fprintln(g.out)
	}
	for asked := false; ; asked = true {
		var err error
		if g.flags.min == "" || asked {
			if least, err = g.text("Minimum number of dynos", least); err != nil {
				return err
			}
		}
		if g.flags.max == "" || asked {
			if most, err = g.text("Maximum number of dynos", most); err != nil {
				return err
			}
		}
		setting("MIN_DYNOS", least)
		setting("MAX_DYNOS", most)
		if err := g.load(); err != nil {
			if err = g.wrong(err); err != nil {
				return err
			}
			continue
		}
		g.a.Min, g.a.Max = least, most
		if g.price > 0 && !g.alone { // of another size the price is another
			n := service.Greatest(g.s.Table, time.Now())
			g.add("This costs %s.", mostCost("", n, g.price))
		}
		if g.flags.max != "" && !asked || g.price == 0 || g.alone {
			return nil
		}
		if ok, err := g.yes("Keep these limits", true); err != nil || ok {
			return err
		}
	}
}

func (g *guide) askPolicy(context.Context) error {
	g.a.Policy = g.flags.policy
	if g.a.Policy == "" {
		g.a.Policy = "adaptive"
		if !g.silent {
			g.say("\nThe adaptive policy adds the dynos that the load needs in one step, and learns the " +
				"app's response " +
				"time by itself. It takes a heartbeat every 5 s. The other policy counts slow and fast heartbeats.")
		}
		ok, err := g.yes("Use the adaptive policy (recommended)", true)
		if err != nil {
			return err
		}
		if !ok {
			g.a.Policy = "count"
		}
	}
	setting("POLICY", g.a.Policy)
	if g.a.Policy == "count" {
		_ = os.Unsetenv("HEARTBEAT_INTERVAL_IN_SECONDS")
	}
	return g.load()
}

func (g *guide) askDryRun(context.Context) (err error) {
	g.a.DryRun = g.flags.dry
	if !g.flags.dryGiven {
		g.a.DryRun, err = g.yes("Begin with a dry run, which changes nothing (recommended)", true)
	}
	return err
}
