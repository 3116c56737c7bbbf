package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"time"

	"golang.org/x/term"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/bot/adaptive"
	"github.com/autoscalebot/autoscalebot/bot/cloudfoundry"
	"github.com/autoscalebot/autoscalebot/bot/command"
	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/bot/heroku"
	"github.com/autoscalebot/autoscalebot/bot/local"
	"github.com/autoscalebot/autoscalebot/bot/notice"
	"github.com/autoscalebot/autoscalebot/bot/record"
	"github.com/autoscalebot/autoscalebot/bot/throttle"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/statefile"
	"github.com/autoscalebot/autoscalebot/notify"
	"github.com/autoscalebot/autoscalebot/notify/console"
	"github.com/autoscalebot/autoscalebot/notify/email"
	"github.com/autoscalebot/autoscalebot/notify/log"
	"github.com/autoscalebot/autoscalebot/notify/pagerduty"
	"github.com/autoscalebot/autoscalebot/notify/shoutrrr"
	"github.com/autoscalebot/autoscalebot/notify/slack"
	"github.com/autoscalebot/autoscalebot/notify/webhook"
	"github.com/autoscalebot/autoscalebot/probe"
)

// A host is the machine that the bot runs on, as its parts see it.
type host struct {
	stdout, stderr io.Writer
	log            *slog.Logger
	// now is when the bot was started.
	now time.Time
	// heroku is the app whose process types share their requests; nil where there is one.
	heroku *heroku.App
	// throttle bounds wrong passwords and tokens of all ways in; nil where nothing is served.
	throttle *throttle.Limiter
}

const userAgent = "autoscalebot/" + version

// platforms are the platforms by the name that PLATFORM gives them. A new one is one line here.
func platforms() map[string]func(*settings.Settings, host) (bot.Scaler, error) {
	return map[string]func(*settings.Settings, host) (bot.Scaler, error){
		"heroku":       openHeroku,
		"cloudfoundry": openCloudFoundry,
		"local":        openLocal,
		"command":      openCommand,
		"pool":         openPool, "autoscaling-group": openAutoscalingGroup,
	}
}

// backends are the notifiers by the name that NOTIFICATION_BACKENDS gives them. A new one is one line here. Beside them there is
// "urls", which stands for as many notifiers as there are URLs.
func backends() map[string]func(*settings.Settings, host) (notify.Notifier, error) {
	return map[string]func(*settings.Settings, host) (notify.Notifier, error){
		"console":   func(_ *settings.Settings, h host) (notify.Notifier, error) { return console.New(h.stdout), nil },
		"log":       func(_ *settings.Settings, h host) (notify.Notifier, error) { return log.New(h.log), nil },
		"email":     openEmail,
		"slack":     openSlack,
		"pagerduty": openPagerDuty,
		"webhook":   openWebhook,
	}
}

func openHeroku(s *settings.Settings, h host) (bot.Scaler, error) {
	if h.heroku != nil {
		return h.heroku.Scaler(string(s.HerokuProcessType))
	}
	return heroku.New(herokuOptions(s))
}

func herokuOptions(s *settings.Settings) heroku.Options {
	return heroku.Options{
		App: string(s.HerokuAppName), Key: s.HerokuAPIKey.Reveal(), ProcessType: string(s.HerokuProcessType),
		URL: string(s.HerokuAPIURL), UserAgent: userAgent,
	}
}

// share has the process types of an app on Heroku share their requests.
func (h host) share(all []*settings.Settings) (host, error) {
	s := all[0]
	if len(all) == 1 || s.Platform != "heroku" {
		return h, nil
	}
	var err error
	if h.heroku, err = heroku.Open(herokuOptions(s)); err != nil {
		return h, settings.Problems{{Name: "PLATFORM heroku", What: err.Error()}}
	}
	return h, nil
}

func openCloudFoundry(s *settings.Settings, _ host) (bot.Scaler, error) {
	return cloudfoundry.New(cloudfoundry.Options{
		URL: string(s.CFAPIURL), Org: string(s.CFOrg), Space: string(s.CFSpace), App: string(s.CFAppName), ProcessType: string(s.HerokuProcessType),
		Credentials: cloudfoundry.Credentials{
			Username: string(s.CFUsername), Password: s.CFPassword.Reveal(), Origin: string(s.CFOrigin),
			ClientID: string(s.CFClientID), ClientSecret: s.CFClientSecret.Reveal(), RefreshToken: s.CFRefreshToken.Reveal(),
		},
		UserAgent: userAgent,
	})
}

func openLocal(s *settings.Settings, h host) (bot.Scaler, error) {
	cmd, err := localCommand(s)
	if err != nil {
		return nil, err
	}
	return local.New(local.Options{
		Command: cmd, Env: s.CommandEnviron(), Addr: string(s.LocalAddr), ProcessType: string(s.HerokuProcessType),
		Dynos: max(1, s.Table.At(h.now).Min), Out: h.stdout, Log: h.log,
	})
}

// localCommand is that of one process: LOCAL_COMMAND, or the process type's line of the Procfile.
func localCommand(s *settings.Settings) (string, error) {
	if s.LocalCommand != "" {
		return string(s.LocalCommand), nil
	}
	line, err := procfileCommand(string(s.HerokuProcessType))
	if err != nil {
		return "", settings.Problems{{Name: "LOCAL_COMMAND", What: "is not set, and " + err.Error()}}
	}
	return line, nil
}

func procfileCommand(processType string) (string, error) {
	f, err := os.Open("Procfile")
	if err != nil {
		return "", err
	}
	defer f.Close()
	return local.WebCommand(f, processType)
}

func openCommand(s *settings.Settings, _ host) (bot.Scaler, error) {
	return command.New(command.Options{
		Count: string(s.CountCommand), Scale: string(s.ScaleCommand),
		Env: s.CommandEnviron(), Secrets: s.PassedSecrets(),
	})
}

func openEmail(s *settings.Settings, _ host) (notify.Notifier, error) {
	return email.New(email.Options{URL: s.SMTPURL.Reveal(), From: string(s.EmailFrom), To: s.EmailTo})
}

func openSlack(s *settings.Settings, h host) (notify.Notifier, error) {
	if s.SlackWebhookURL != "" {
		return slack.NewWebhook(s.SlackWebhookURL.Reveal(), slack.Options{})
	}
	o := slack.Options{APIURL: string(s.SlackAPIURL), Log: h.log}
	if s.StateFile != "" {
		note := statefile.Beside[[]slack.Thread](string(s.StateFile), "slack")
		var err error
		if o.Threads, err = note.Load(); err != nil {
			h.log.Warn("the Slack threads of open incidents are not known, so new ones begin", "error", err)
		}
		o.Remember = func(threads []slack.Thread) {
			if err := note.Save(threads); err != nil {
				h.log.Warn("the Slack threads of open incidents could not be kept, so a restart would begin new ones", "error", err)
			}
		}
	}
	return slack.NewBot(s.SlackBotToken.Reveal(), string(s.SlackChannel), o)
}

func openPagerDuty(s *settings.Settings, _ host) (notify.Notifier, error) {
	return pagerduty.New(pagerduty.Options{RoutingKey: s.PagerDutyRoutingKey.Reveal(), URL: string(s.PagerDutyURL), UserAgent: userAgent})
}

// openURLs opens a notifier for each of NOTIFY_URLS, named after its service, so that a slow or broken one does not touch the
// others.
func openURLs(s *settings.Settings) (targets []notify.Target, err error) {
	for i, u := range strings.Fields(s.NotifyURLs.Reveal()) {
		n, nerr := shoutrrr.New(shoutrrr.Options{URL: u})
		if nerr != nil {
			err = errors.Join(err, fmt.Errorf("number %d: %w", i+1, nerr))
			continue
		}
		targets = append(targets, notify.Target{Name: n.Service(), Notifier: n})
	}
	return targets, err
}

func openWebhook(s *settings.Settings, _ host) (notify.Notifier, error) {
	return webhook.New(webhook.Options{URL: s.WebhookURL.Reveal(), Secret: s.WebhookSecret.Reveal(), UserAgent: userAgent})
}

// parts are what a bot is put together from.
type parts struct {
	platform bot.Scaler
	prober   probe.Prober // the heartbeat's, nil for none
	signals  []probe.Prober
	control  probe.Prober // nil for none
	targets  []notify.Target
}

// open makes the parts that the settings ask for. Its error lists everything that could not be made.
func open(s *settings.Settings, h host, in *receivers) (parts, error) {
	var p parts
	var problems settings.Problems
	var err error
	p.platform, err = platforms()[string(s.Platform)](s, h)
	problems.Note("PLATFORM "+string(s.Platform), err)
	if s.HasHeartbeat() {
		p.prober, err = heartbeat(s, p.platform)
		problems.Note("HEARTBEAT_…", err)
	}
	p.signals, err = openSignals(s, in, p.platform, h.log)
	problems.Note("SIGNALS", err)
	p.control, err = control(s)
	problems.Note("CONTROL_URL", err)
	for _, name := range s.NotificationBackends {
		if name == "urls" {
			targets, err := openURLs(s)
			problems.Note("NOTIFY_URLS", err)
			for _, t := range targets {
				t.Quiet = s.Quiet
				p.targets = append(p.targets, t)
			}
			continue
		}
		n, err := backends()[name](s, h)
		problems.Note("NOTIFICATION_BACKENDS "+name, err)
		t := notify.Target{Name: name, Notifier: n}
		if name != "console" && name != "log" { // which wake nobody
			t.Quiet = s.Quiet
		}
		p.targets = append(p.targets, t)
	}
	if len(problems) > 0 {
		return parts{}, problems
	}
	return p, nil
}

// probers are all of them, the heartbeat's first.
func (p parts) probers() []probe.Prober {
	if p.prober == nil {
		return p.signals
	}
	return append([]probe.Prober{p.prober}, p.signals...)
}

// heartbeat makes the prober that the settings ask for. A relative URL is resolved against the platform's, when it tells.
func heartbeat(s *settings.Settings, platform bot.Scaler) (probe.Prober, error) {
	var base func(context.Context) (string, error)
	if p, ok := platform.(bot.WebURLer); ok {
		base = p.WebURL
	}
	h, err := probe.NewHeartbeat(probe.HeartbeatOptions{
		URL: string(s.HeartbeatURL), Base: base, Method: strings.ToUpper(string(s.HeartbeatMethod)),
		Header: http.Header(s.HeartbeatHeaders), Token: s.HeartbeatToken.Reveal(),
		Timeout: s.Timeout(), UserAgent: userAgent, AllProxy: settings.AllProxy(),
		KeepAlive: bool(s.HeartbeatKeepAlive), Measure: probe.Measure(s.HeartbeatMeasure),
		Statuses: s.HeartbeatStatuses.Statuses, FailOn: s.HeartbeatFailOn.Statuses,
		Keyword: string(s.HeartbeatKeyword), Redirects: probe.Redirects(s.HeartbeatRedirects),
		Host: string(s.HeartbeatHost), ClientCertFile: string(s.HeartbeatCertFile), ClientKeyFile: string(s.HeartbeatKeyFile),
	})
	if err != nil {
		return nil, err
	}
	n := int(s.HeartbeatSamples)
	return probe.Samples(h, probe.SampleOptions{
		N: n, Percentile: float64(s.HeartbeatPercent), Fails: s.HeartbeatFailOn.Outcomes,
		// All begin within a tenth of the deadline, which is 80 % of the interval at most: so they end before the interval does.
		Gap: s.Timeout() / time.Duration(10*n),
	}), nil
}

// control makes the control probe that the settings ask for, nil for none.
func control(s *settings.Settings) (probe.Prober, error) {
	if s.Control() == "" {
		return nil, nil
	}
	return probe.NewHeartbeat(probe.HeartbeatOptions{URL: s.Control(), Timeout: s.Timeout(), UserAgent: userAgent, AllProxy: settings.AllProxy()})
}

// options makes the bot's options from the settings and its parts.
func options(s *settings.Settings, p parts, notifier notify.Notifier, h host) bot.Options {
	return bot.Options{
		App: s.App(), ProcessType: string(s.HerokuProcessType),
		Interval: time.Duration(s.HeartbeatInterval), Jitter: float64(s.HeartbeatJitter),
		HeartbeatsPerMinute: int(s.HeartbeatsMost),
		Probers:             p.probers(), Control: p.control, Schedule: s.Table, Scaler: p.platform, DryRun: bool(s.DryRun),
		Policy: decide.Policy{
			Adaptive: loadModel(s), Rules: s.Rules, DecideEvery: time.Duration(s.DecisionInterval), Breaches: s.ScalingRules,
			HeartbeatRule: decide.HeartbeatRule{
				MaxResponseMS: float64(s.MaxResponseTime), MinResponseMS: float64(s.MinResponseTime),
				Fails: s.Fails.Quorum, Passes: s.Passes.Quorum, FailOn: s.HeartbeatFailOn.Outcomes,
			},
			Up: s.Up(), Down: s.Down(),
			Safeguards: decide.Safeguards{
				CooldownUp: time.Duration(s.CooldownUp), CooldownDown: time.Duration(s.CooldownDown),
				BootTime: time.Duration(s.BootTime), DeployGrace: s.Grace(),
				Stabilization: time.Duration(s.Stabilization), ManualHold: time.Duration(s.ManualHold),
				IneffectiveAfter: int(s.HelpAfter), PauseUp: s.Paused.Up, PauseDown: s.Paused.Down,
			},
			Sizing: decide.Sizing{Sizes: s.Ladder(), Ladder: decide.Ladder(s.ScaleOrder)},
			Budget: float64(s.Budget), Price: float64(s.DynoPrice), ZeroIsOurs: s.Table.HasZero(),
		},
		OverrideLength: s.OverrideLength(),
		Notices: notice.Notices{
			ExceedMax: bool(s.NotifyExceedMax), BelowMin: bool(s.NotifyBelowMin), ScaleFails: bool(s.NotifyScaleFails),
			EveryScale: bool(s.NotifyEveryScale), EveryPing: bool(s.NotifyEveryPing),
			ScaleDiff: int(s.NotifyScaleDiff), ScaleDiffPeriod: time.Duration(s.NotifyScalePeriod),
			Reminder: time.Duration(s.NotifyReminder), Paused: s.Paused.Up || s.Paused.Down,
		},
		Notifier: notifier, Recorders: []record.Recorder{record.LogTo(h.log, time.Duration(s.LogSummary))}, Log: h.log,
	}
}

// loadModel is what POLICY=adaptive decides by; nil for counting.
func loadModel(s *settings.Settings) *adaptive.Model {
	if s.Policy != "adaptive" {
		return nil
	}
	a, err := aimed(s)
	if err != nil {
		panic(err) // the settings are checked
	}
	return a
}

// usualPrice is what a dyno is taken to cost a month where nobody says: that of Heroku's Standard-1X, in dollars
// (https://www.heroku.com/pricing).
const usualPrice = 25

// hoursAMonth makes a price for a month one for an hour, as Heroku bills: by the second, up to the monthly price
// (https://devcenter.heroku.com/articles/usage-and-billing).
const hoursAMonth = 720

// aimed is the adaptive policy with the aim of the settings, be it a word or the price of a slow minute.
func aimed(s *settings.Settings) (*adaptive.Model, error) {
	bound := float64(s.MaxResponseTime)
	slowMinute, ok := s.SlowMinute()
	if !ok {
		return adaptive.New(adaptive.Aim(s.Aim), bound)
	}
	dyno := float64(s.DynoPrice)
	if dyno == 0 {
		dyno = usualPrice
	}
	return adaptive.NewPriced(slowMinute/dyno*hoursAMonth, bound)
}

func newHost(s *settings.Settings, stdout, stderr io.Writer) host {
	return host{stdout: stdout, stderr: stderr, log: newLog(s, stderr, isTerminal(stderr)), now: time.Now()}
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(interface{ Fd() uintptr })
	return ok && term.IsTerminal(int(f.Fd()))
}
