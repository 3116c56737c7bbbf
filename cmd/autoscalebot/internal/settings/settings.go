// Package settings reads the environment, and the file that it names: every setting of autoscalebot, its default, its meaning, and what is wrong with it.
package settings

import (
	"cmp"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/notify"
	"github.com/autoscalebot/autoscalebot/schedule"
)

// Prefix is what every name may also begin with. A name that does begin with it must be one of ours.
const Prefix = "AUTOSCALE_"

// Settings holds every setting. Each field's tags are what the user reads about it: its name (envconfig), its default, the
// group that it stands in (on the first of each group), and what it means (desc). A group goes on until the next. For the settings
// file, once marks what is set for all process types together, and list says what stands between the items where a text holds several.
type Settings struct {
	File Text `group:"Settings" envconfig:"AUTOSCALE_FILE" once:"true" desc:"A file that says the settings below, as YAML: their names in lower case, with several process types below ''processes''. What the environment says beats it. See [settings in a file](#settings-in-a-file)."`

	HerokuAppName     Text   `group:"App and platform" envconfig:"HEROKU_APP_NAME" once:"true" desc:"The app. Required on Heroku; elsewhere only a name for notices, by default that of the working directory."`
	HerokuAPIKey      Secret `envconfig:"HEROKU_API_KEY" once:"true" desc:"The API key, for instance from ''heroku authorizations:create''. Required on Heroku."`
	HerokuProcessType Text   `envconfig:"HEROKU_PROCESS_TYPE" default:"web" desc:"The process type to scale."`
	HerokuAPIURL      Text   `envconfig:"HEROKU_API_URL" once:"true" default:"https://api.heroku.com" desc:"Where the API is. Plain http only on a loopback address."`
	Platform          Word   `envconfig:"PLATFORM" once:"true" default:"heroku" desc:"''heroku'', ''cloudfoundry'', ''local'' (processes on this machine behind a small router) or ''command'' (your own two commands), ''pool'' ([servers](docs/pools.md) that the bot makes and destroys) or ''autoscaling-group'' (one of AWS)."`
	LocalCommand      Text   `envconfig:"LOCAL_COMMAND" desc:"Local: the command of one process, which listens on ''$PORT''. By default the process type's line in ''./Procfile''."`
	LocalAddr         Text   `envconfig:"LOCAL_ADDR" default:"127.0.0.1:5000" desc:"Local: where the router listens."`
	CountCommand      Text   `envconfig:"COUNT_COMMAND" desc:"Command: prints the number of dynos."`
	ScaleCommand      Text   `envconfig:"SCALE_COMMAND" desc:"Command: sets the number of dynos, given as ''$1'' and ''$DYNOS''; where it mentions neither, as its last argument."`
	CommandEnv        Text   `envconfig:"COMMAND_ENV" list:"," once:"true" desc:"Names of environment variables that commands and local processes get though they hold secrets of these settings, with commas between: ''DATABASE_URL,AWS_SECRET_ACCESS_KEY''. All other variables they get anyway."`
	CFAPIURL          Text   `envconfig:"CF_API_URL" once:"true" desc:"Cloud Foundry: where the API is, as ''cf api'' shows it, such as ''https://api.example.com''. By default that of the installation that the bot runs on."`
	CFOrg             Text   `envconfig:"CF_ORG" once:"true" desc:"Cloud Foundry: the app's org, by its name or GUID. Not needed where ''CF_SPACE'' or ''CF_APP_NAME'' is a GUID."`
	CFSpace           Text   `envconfig:"CF_SPACE" once:"true" desc:"Cloud Foundry: the app's space, in the same form. By default the one that the bot runs in."`
	CFAppName         Text   `envconfig:"CF_APP_NAME" once:"true" desc:"Cloud Foundry: the app, in the same form. Required there."`
	CFUsername        Text   `envconfig:"CF_USERNAME" once:"true" desc:"Cloud Foundry: the user that scales, a space developer. Or use a client or a refresh token, below."`
	CFPassword        Secret `envconfig:"CF_PASSWORD" once:"true" desc:"Cloud Foundry: the user's password."`
	CFOrigin          Text   `envconfig:"CF_ORIGIN" once:"true" desc:"Cloud Foundry: the identity provider that knows the user, where there are several."`
	CFClientID        Text   `envconfig:"CF_CLIENT_ID" once:"true" desc:"Cloud Foundry: the UAA client that scales, with the grant ''client_credentials''."`
	CFClientSecret    Secret `envconfig:"CF_CLIENT_SECRET" once:"true" desc:"Cloud Foundry: the client's secret."`
	CFRefreshToken    Secret `envconfig:"CF_REFRESH_TOKEN" once:"true" desc:"Cloud Foundry: a refresh token, for users who log in by single sign-on."`
	CFService         Text   `envconfig:"CF_SERVICE" once:"true" default:"autoscalebot" desc:"Cloud Foundry: the service bound to the bot whose credentials are the settings above that are not set, by their names in lower case without ''CF_'', made for instance by ''cf cups autoscalebot -p username,password''."`
	VCAPApplication   Text   `envconfig:"VCAP_APPLICATION" once:"true" desc:"What Cloud Foundry tells the bot of itself, as JSON. Cloud Foundry sets it."`
	VCAPServices      Secret `envconfig:"VCAP_SERVICES" once:"true" desc:"The services that are bound to the bot, as JSON. Cloud Foundry sets it."`

	Pool
	DigitalOcean
	AWS
	HAProxy

	MinDynos      schedule.Series `group:"Limits" envconfig:"MIN_DYNOS" default:"1" desc:"The least number of dynos: a number, or a table such as ''0:00=1, mon-fri 8:00=3, mon-fri 18:00=1''."`
	MaxDynos      schedule.Series `envconfig:"MAX_DYNOS" default:"3" desc:"The greatest number of dynos, in the same form."`
	TimeZone      Zone            `envconfig:"TIME_ZONE" default:"UTC" desc:"The tables' time zone, by its IANA name."`
	Policy        Word            `envconfig:"POLICY" default:"count" desc:"''count'' counts slow and fast heartbeats, as the settings below say; ''adaptive'' infers the load from how long heartbeats wait, and goes straight to the dynos that it needs."`
	Aim           Word            `envconfig:"AIM" default:"balanced" desc:"Adaptive: ''lean'' keeps dynos busy, ''safe'' keeps room for more load, ''balanced'' is between. Or what a slow minute is worth to you in dollars, such as ''0.50'', which is weighed against what a dyno costs (''DYNO_PRICE_PER_MONTH'', else $25)."`
	Increment     Step            `envconfig:"INCREMENT" default:"1" desc:"Dynos to add or remove at a time: a number, or a share of those there are such as ''50%'', rounded to the nearest dyno, and at least one."`
	IncrementUp   Step            `envconfig:"INCREMENT_UP" desc:"The same for adding only; by default ''INCREMENT''."`
	IncrementDown Step            `envconfig:"INCREMENT_DOWN" desc:"The same for removing only; by default ''INCREMENT''."`
	CooldownUp    Seconds0        `envconfig:"COOLDOWN_UP_IN_SECONDS" default:"0" desc:"How long after adding dynos the next are added at the earliest."`
	CooldownDown  Seconds0        `envconfig:"COOLDOWN_DOWN_IN_SECONDS" default:"0" desc:"How long after any change dynos are removed at the earliest. Dynos are added meanwhile where they are needed."`
	Stabilization Seconds0        `envconfig:"STABILIZATION_IN_SECONDS" default:"0" desc:"How long fewer dynos must have been enough before any is removed, and how long the bot watches after its start before it removes one."`
	BootTime      Seconds0        `envconfig:"BOOT_TIME_IN_SECONDS" default:"0" desc:"How long slow answers do not count after dynos were added, at the least. Where the platform tells when they are up, they do not count before that either, for 5 minutes at the most."`
	DeployGrace   Seconds0        `envconfig:"DEPLOY_GRACE_IN_SECONDS" default:"300" desc:"How old the newest release must be before dynos are removed, where the platform tells of releases. While one is under way none are."`
	Budget        Dollars         `envconfig:"MONTHLY_BUDGET" desc:"What the dynos may cost in a calendar month, in dollars. Where the month would end beyond it, a scale-up takes twice the evidence of the rule that asks for it (slow heartbeats, readings of a signal, a window, a breach duration); beyond it no dynos are added. The limits hold all the same."`
	DynoPrice     Dollars         `envconfig:"DYNO_PRICE_PER_MONTH" desc:"What one dyno costs a month, in dollars. By default Heroku's list price of the dyno size; of a pool ''SERVER_PRICE_PER_HOUR'' or what the provider says; elsewhere ''MONTHLY_BUDGET'' needs it."`
	DynoSizes     List            `envconfig:"DYNO_SIZES" desc:"Heroku: the dyno sizes that rules with ''scale=size'' choose from, as a list, the smallest first: ''standard-1x,standard-2x''. Each change restarts all dynos, and is the last for 10 minutes. Empty = never. See [memory](docs/signals/logdrain.md#memory-and-the-dyno-size)."`
	ScaleOrder    Word            `envconfig:"SCALE_ORDER" desc:"Has all that asks for more or fewer dynos change their size too: ''horizontal'' adds dynos up to the maximum, and then takes larger ones; ''vertical'' takes larger ones up to the largest, and then adds more. Empty = the size is left to rules with ''scale=size''. See [larger or more](docs/sizes.md)."`
	HelpAfter     Number          `envconfig:"STOP_AFTER_UPS_WITHOUT_HELP" default:"3" desc:"How many times in a row dynos are added that do not make the heartbeat a tenth faster, before no more are: then a database or a slow route is to blame. Heartbeats that time out, or grow slower and slower, do not count, since more load may be the cause. 10 minutes later the bot goes back to where it began. 0 = never stop."`
	ManualHold    Minutes         `envconfig:"MANUAL_HOLD_IN_MINUTES" default:"10" desc:"How long a number of dynos that somebody else has set is left alone, inside the limits."`
	Compatibility Word            `envconfig:"COMPATIBILITY" desc:"''2.1'' switches off what autoscalebot 2.1 did not know and the defaults have on: ''DEPLOY_GRACE_IN_SECONDS'', ''STOP_AFTER_UPS_WITHOUT_HELP'' and ''MANUAL_HOLD_IN_MINUTES''. Those of the three that are set hold all the same."`

	HeartbeatURL       Text     `group:"Heartbeat" envconfig:"HEARTBEAT_URL" default:"/autoscalebot/heartbeat/" desc:"The URL to request, or its path on the app's own URL; ''none'' = no heartbeat, only ''RULES''."`
	HeartbeatInterval  Seconds  `envconfig:"HEARTBEAT_INTERVAL_IN_SECONDS" default:"30" desc:"From one heartbeat to the next; fractions allowed."`
	HeartbeatTimeout   Seconds  `envconfig:"HEARTBEAT_TIMEOUT_IN_SECONDS" default:"10" desc:"When to give a heartbeat up, redirects and body included. Never beyond 80 % of the interval."`
	MaxResponseTime    Millis   `envconfig:"MAX_RESPONSE_TIME_IN_MS" default:"1000" desc:"A heartbeat above it is too slow."`
	MinResponseTime    Millis   `envconfig:"MIN_RESPONSE_TIME_IN_MS" default:"200" desc:"A heartbeat below it is too fast."`
	Fails              Quorum   `envconfig:"NUMBER_OF_FAILS_TO_SCALE_UP_AFTER" default:"3" desc:"Slow or failed heartbeats that add dynos: so many in a row, or ''3/5'' for 3 of the last 5."`
	Passes             Quorum   `envconfig:"NUMBER_OF_PASSES_TO_SCALE_DOWN_AFTER" default:"5" desc:"Fast heartbeats that remove dynos, in the same form."`
	HeartbeatFailOn    FailOn   `envconfig:"HEARTBEAT_FAIL_ON" default:"timeout,5xx" desc:"What counts as a failed heartbeat: ''timeout'' (a request without a whole answer in time), ''5xx'' (but for [those that say nothing about load](#which-answers-count)), ''4xx'', ''connect'' (a connection or TLS handshake that took too long), ''unreachable'' (that, and any other failure to connect), ''bad'' (no usable answer), ''any'', or statuses such as ''429'' and ''520-523''. The rest moves nothing and is reported."`
	HeartbeatStatuses  Statuses `envconfig:"HEARTBEAT_STATUSES" default:"2xx" desc:"The statuses of a good answer, as a list: ''200'', ''2xx'' or ''200-204''."`
	HeartbeatKeyword   Text     `envconfig:"HEARTBEAT_KEYWORD" desc:"A text that the first 64 KiB of a good answer contain, in upper and lower case as here."`
	HeartbeatRedirects Word     `envconfig:"HEARTBEAT_REDIRECTS" default:"same-host" desc:"The redirects to follow: ''same-host'' (those that stay on the host, with or without ''www.'', and do not end at a login or error page), ''any'' or ''none''. An answer by any other is a bad one."`
	HeartbeatHost      Text     `envconfig:"HEARTBEAT_HOST" desc:"The name by which to ask the host of ''HEARTBEAT_URL'', where it is another: that of the ''Host'' header and, with https, of the certificate. The connection goes to the host of ''HEARTBEAT_URL''."`
	HeartbeatCertFile  Text     `envconfig:"HEARTBEAT_CLIENT_CERT_FILE" desc:"A file with the client certificate, as PEM, for apps that ask for one. It is read again when it changes."`
	HeartbeatKeyFile   Text     `envconfig:"HEARTBEAT_CLIENT_KEY_FILE" desc:"The file with the certificate's key, as PEM without a passphrase."`
	HeartbeatMeasure   Word     `envconfig:"HEARTBEAT_MEASURE" default:"total" desc:"Which time of a heartbeat is too slow or too fast: ''total'' (to the first byte of the body), ''processing'' (the same without DNS, TCP and TLS) or ''queue'' (what the app answers in ''X-Queue-Time-Ms'')."`
	HeartbeatSamples   Samples  `envconfig:"HEARTBEAT_SAMPLES" default:"1" desc:"Requests that make one heartbeat, 1 to 20. Each may reach another dyno."`
	HeartbeatPercent   Percent  `envconfig:"HEARTBEAT_PERCENTILE" default:"50" desc:"Which of them counts, from the fastest to the slowest and then the failed: 50 is the one in the middle, 100 the worst."`
	HeartbeatsMost     Number   `envconfig:"HEARTBEATS_PER_MINUTE_MAX" default:"60" desc:"Adaptive: the most heartbeats a minute. Where the load is uncertain the bot sends several at a time, each of which may reach another dyno, but never more than take 1 % of what the dynos can serve, and 16. One each interval is sent in any case; 0 = no more, as with ''HEARTBEAT_SAMPLES'' above 1."`
	ControlURL         Text     `envconfig:"CONTROL_URL" desc:"What the bot requests when no heartbeat reaches the app, to tell an app that is down from a bot that is offline; signals have no say in it. By default the platform's API, where it has one; ''none'' = nothing."`
	HeartbeatMethod    Word     `envconfig:"HEARTBEAT_METHOD" default:"GET" desc:"The request's method."`
	HeartbeatHeaders   Headers  `envconfig:"HEARTBEAT_HEADERS" desc:"More headers: ''Name: value; Name: value'', or a JSON object."`
	HeartbeatToken     Secret   `envconfig:"HEARTBEAT_TOKEN" desc:"Sent as a bearer token, so that strangers cannot call an expensive heartbeat."`
	HeartbeatJitter    Share    `envconfig:"HEARTBEAT_JITTER" default:"0.1" desc:"Largest random delay of a heartbeat, as a share of the interval, 0 to 0.5."`
	HeartbeatKeepAlive Bool     `envconfig:"HEARTBEAT_KEEP_ALIVE" default:"false" desc:"Reuse the connection. A fresh one each time is what lets the router choose a dyno."`

	Rules            Rules    `group:"Signals" envconfig:"RULES" desc:"How signals beside the heartbeat are judged, with semicolons between: ''queue max=100 min=10 fails=3; requests_per_second per=dyno max=40 min=15 mean=120s''. Dynos are added when any is above its ''max'', and removed only when all are below their ''min''. See [signals and rules](#signals-and-rules)."`
	Signals          Signals  `envconfig:"SIGNALS" desc:"Where signals are read, with semicolons between: ''queue=redis://:password@host:6379/0#queue:default; jobs=postgres://…#select count(*) from jobs''."`
	DecisionInterval Seconds0 `envconfig:"DECISION_INTERVAL_IN_SECONDS" default:"0" desc:"How often rules that look at a window of time may change anything, rounded up to a heartbeat; 0 = at every heartbeat."`
	LogdrainTokens   Secret   `envconfig:"LOGDRAIN_TOKENS" once:"true" desc:"The tokens of the Heroku log drains that are taken at ''/logdrain'', with commas between: ''d.'' and a UUID. See [the log drain](docs/signals/logdrain.md)."`
	LogdrainPassword Secret   `envconfig:"LOGDRAIN_PASSWORD" once:"true" desc:"The password of the drain's URL, 16 characters or more. One of the two, or both, switch the drain on."`
	PushToken        Secret   `envconfig:"PUSH_TOKEN" once:"true" desc:"The token, 16 characters or more, with which apps push metrics to ''/v1/apps/…/metrics'' and ''/metrics/NAME''. See [pushed metrics](docs/signals/push.md)."`
	OTLPToken        Secret   `envconfig:"OTLP_TOKEN" once:"true" desc:"The bearer token, 16 characters or more, with which OpenTelemetry metrics are posted to ''/v1/metrics'', as by the telemetry drain of a Heroku Fir app. See [OpenTelemetry](docs/signals/otlp.md)."`
	OTLPRequests     Text     `envconfig:"OTLP_REQUESTS" once:"true" default:"http.server.request.duration" desc:"OpenTelemetry: the histogram of how long requests take, as ''name{attribute=value}''."`
	OTLPLoad         Text     `envconfig:"OTLP_LOAD" once:"true" default:"container.cpu.usage" desc:"OpenTelemetry: how many processors a dyno uses."`
	OTLPMemory       Text     `envconfig:"OTLP_MEMORY" once:"true" default:"container.memory.usage" desc:"OpenTelemetry: the memory that a dyno uses."`
	OTLPQuota        Number   `envconfig:"OTLP_MEMORY_QUOTA_IN_MB" once:"true" desc:"OpenTelemetry: the memory that a dyno may use, where that is told in bytes."`

	NotificationBackends Backends `group:"Notices" envconfig:"NOTIFICATION_BACKENDS" once:"true" desc:"Who is told, as a list: ''console'', ''log'', ''email'', ''slack'', ''pagerduty'', ''webhook'', ''urls''."`
	NotifyExceedMax      Bool     `envconfig:"NOTIFY_IF_NEEDS_EXCEED_MAX" default:"true" desc:"Tell when the app is at its maximum and still too slow."`
	NotifyBelowMin       Bool     `envconfig:"NOTIFY_IF_NEEDS_BELOW_MIN" default:"false" desc:"Tell when the app is at its minimum, above one dyno, and still too fast."`
	NotifyScaleFails     Bool     `envconfig:"NOTIFY_ON_SCALE_FAILS" default:"false" desc:"Tell when the platform fails. Scaling is tried again at the next heartbeat."`
	NotifyEveryScale     Bool     `envconfig:"NOTIFY_ON_EVERY_SCALE" default:"false" desc:"Tell every change of the number of dynos."`
	NotifyEveryPing      Bool     `envconfig:"NOTIFY_ON_EVERY_PING" default:"false" desc:"Tell every heartbeat."`
	NotifyScaleDiff      Number   `envconfig:"NOTIFY_IF_SCALE_DIFF_EXCEEDS_THRESHOLD" desc:"Tell when the number of dynos changes by more than this within the next setting's period."`
	NotifyScalePeriod    Minutes  `envconfig:"NOTIFY_IF_SCALE_DIFF_EXCEEDS_PERIOD_IN_MINUTES" desc:"That period."`
	NotifyReminder       Minutes  `envconfig:"NOTIFY_REMINDER_IN_MINUTES" once:"true" default:"60" desc:"How long until a state that goes on is told again, 5 at the least; 0 = never."`
	QuietHours           Text     `envconfig:"QUIET_HOURS" list:", " once:"true" desc:"In them only what begins and what ends is told, except to ''console'' and ''log'': ''22:00-7:00'', or with days ''22:00-7:00, sat,sun 0:00-24:00''."`
	SlackWebhookURL      Secret   `envconfig:"SLACK_WEBHOOK_URL" once:"true" desc:"Slack: an incoming webhook's URL. Or use the next two."`
	SlackBotToken        Secret   `envconfig:"SLACK_BOT_TOKEN" once:"true" desc:"Slack: a bot's token (''xoxb-…'') with the scope ''chat:write'', and ''files:write'' for pictures."`
	SlackChannel         Text     `envconfig:"SLACK_CHANNEL" once:"true" desc:"Slack: the channel that the bot posts to."`
	SlackAPIURL          Text     `envconfig:"SLACK_API_URL" once:"true" default:"https://slack.com/api/" desc:"Slack: the API for SLACK_BOT_TOKEN, for GovSlack or a proxy."`
	SMTPURL              Secret   `envconfig:"SMTP_URL" once:"true" desc:"E-mail: ''smtp://user:password@host:587'' (STARTTLS) or ''smtps://user:password@host:465''."`
	EmailFrom            Text     `envconfig:"EMAIL_FROM" once:"true" desc:"E-mail: the sender."`
	EmailTo              Emails   `envconfig:"EMAIL_TO" once:"true" desc:"E-mail: the recipients, as a list: ''ops@example.com, \"Smith, Ann\" <ann@example.com>''."`
	PagerDutyRoutingKey  Secret   `envconfig:"PAGERDUTY_ROUTING_KEY" once:"true" desc:"PagerDuty: the integration key of a service's integration “Events API v2”."`
	PagerDutyURL         Text     `envconfig:"PAGERDUTY_URL" once:"true" default:"https://events.pagerduty.com/v2/enqueue" desc:"PagerDuty: where events are posted; ''https://events.eu.pagerduty.com/v2/enqueue'' for accounts in the EU."`
	WebhookURL           Secret   `envconfig:"WEBHOOK_URL" once:"true" desc:"Webhook: where each event is posted as JSON."`
	WebhookSecret        Secret   `envconfig:"WEBHOOK_SECRET" once:"true" desc:"Webhook: signs each post by the Standard Webhooks scheme."`
	NotifyURLs           Secret   `envconfig:"NOTIFY_URLS" list:" " once:"true" desc:"URLs: one for each other service, with spaces between: ''discord://token@id'', ''telegram://token@telegram?chats=@channel'', ''ntfy://ntfy.sh/topic'' and [many more](https://shoutrrr.nickfedor.com/services/overview/)."`

	Paused     Directions `group:"Running" envconfig:"PAUSED" desc:"Pauses scaling as long as it is set: ''up'', ''down'' or ''up,down''. The limits hold all the same."`
	DryRun     Bool       `envconfig:"DRY_RUN" default:"false" desc:"Decide and tell, but change nothing, whichever command runs."`
	DeadmanURL Secret     `envconfig:"DEADMAN_URL" once:"true" desc:"A URL of a monitoring service that alerts you when it is not requested: the bot requests it at most once a minute, after a heartbeat at which every process type decided on fresh data and the platform did what was decided."`
	StateFile  Text       `envconfig:"STATE_FILE" desc:"A file in which the bot keeps what it has to go on from after a restart: runs, cooldowns, pauses, what was told. Without it a restart begins anew."`
	LogLevel   Word       `envconfig:"LOG_LEVEL" once:"true" default:"info" desc:"''debug'', ''info'', ''warn'' or ''error''."`
	LogSummary Minutes    `envconfig:"LOG_SUMMARY_IN_MINUTES" once:"true" default:"10" desc:"How often a heartbeat that changes nothing is logged at ''info''; 0 = never. Every heartbeat is at ''debug''."`
	LogFormat  Word       `envconfig:"LOG_FORMAT" once:"true" default:"auto" desc:"''console'', ''logfmt'', ''json'', or ''auto'': console on a terminal, else logfmt."`

	History        Text   `group:"History" envconfig:"HISTORY" once:"true" default:"auto" desc:"Where every heartbeat, notice and what the bot goes on from is kept: ''sqlite:PATH'', ''postgres'' (at ''DATABASE_URL''), ''memory'' (until the bot ends) or ''none''. ''auto'' is ''postgres'' where ''DATABASE_URL'' is one's, else ''memory'' on a dyno or Cloud Foundry, whose disk does not last, and an SQLite file in the user's state folder elsewhere."`
	DatabaseURL    Secret `envconfig:"DATABASE_URL" once:"true" desc:"The PostgreSQL database: ''postgres://user:password@host:5432/name''. Heroku sets it. Several bots may share one, and all their tables begin with ''autoscalebot_''. Parameters that mean something to object mappers and pools alone, such as Prisma's ''connection_limit=5'', are left out, and ''schema=name'' is where the tables are; what is not known is refused."`
	HistoryRaw     Days   `envconfig:"HISTORY_DAYS" once:"true" default:"7" desc:"For how many days every heartbeat is kept; in memory for 3 hours at the most."`
	HistoryMinutes Days   `envconfig:"HISTORY_MINUTES_DAYS" once:"true" default:"90" desc:"For how many days a summary of each minute is kept; in memory for 7 at the most."`
	HistoryHours   Days   `envconfig:"HISTORY_HOURS_DAYS" once:"true" default:"1095" desc:"For how many days a summary of each hour is kept; in memory for 90 at the most."`

	DashboardAddr     Text   `group:"Page" envconfig:"DASHBOARD_ADDR" once:"true" desc:"Where the web page is served, with ''/metrics'', ''/healthz'' and ''/readyz'', such as ''127.0.0.1:8080'', unencrypted; off by default. Beyond this machine it needs ''DASHBOARD_PASSWORD'' or ''ADMIN_TOKEN''."`
	Port              Text   `envconfig:"PORT" once:"true" desc:"The port on which the same is served on all addresses where ''DASHBOARD_ADDR'' is not set and ''DASHBOARD_PASSWORD'' or ''ADMIN_TOKEN'' is. Heroku and Cloud Foundry set it."`
	DashboardPassword Secret `envconfig:"DASHBOARD_PASSWORD" once:"true" desc:"What opens the page, 8 characters or more. ''ADMIN_TOKEN'' opens it too, and ''/metrics'' as a bearer token."`

	TrustedProxies List `envconfig:"TRUSTED_PROXIES" once:"true" desc:"The addresses of proxies in front of the bot, such as ''127.0.0.1,10.0.0.0/8'', whose ''X-Forwarded-For'' header is believed. Wrong passwords and tokens are counted by address, and without this all who come by a proxy have one. By default ''10.0.0.0/8'' on Heroku, where its routers are, and none elsewhere."`

	AdminSocket Text   `group:"Control" envconfig:"ADMIN_SOCKET" desc:"The Unix socket over which ''autoscalebot status'', ''pause'' and the like ask the running bot; ''none'' = off. By default a path in the runtime folder, made of the app's name."`
	AdminAddr   Text   `envconfig:"ADMIN_ADDR" desc:"Where the bot listens for the same over TCP, such as ''127.0.0.1:7070'', unencrypted; off by default. Where it is set, the commands ask there."`
	AdminToken  Secret `envconfig:"ADMIN_TOKEN" once:"true" desc:"The bearer token that ''ADMIN_ADDR'' always needs, 16 characters or more, for instance from ''openssl rand -hex 16''."`

	// Table is made of MinDynos, MaxDynos and TimeZone.
	Table schedule.Table `ignored:"true"`
	// Quiet is made of QuietHours and TimeZone.
	Quiet notify.Quiet `ignored:"true"`
	// ScalingRules are the rules by the open-source App Autoscaler's semantics that only a settings file can hold. Where there are any, the
	// bot goes by nothing else. Their metrics are called as App Autoscaler calls them.
	ScalingRules []decide.BreachRule `ignored:"true"`

	// standIns say which signals stand for others that this platform does not tell.
	standIns []string
	// src is where the settings were read from.
	src *source
}

// App is what the bot calls the app: its name on the platform, or else that of the folder that the bot was started in.
func (s *Settings) App() string {
	switch {
	case s.Platform == "cloudfoundry" && s.CFAppName != "":
		return string(s.CFAppName)
	case s.HerokuAppName != "":
		return string(s.HerokuAppName)
	}
	dir, err := os.Getwd()
	if err != nil {
		return string(s.Platform)
	}
	return filepath.Base(dir)
}

// Timeout is the deadline of one heartbeat: the setting, but never beyond 80 % of the interval, so that a heartbeat that
// hangs does not delay the next one.
func (s *Settings) Timeout() time.Duration {
	return min(time.Duration(s.HeartbeatTimeout), time.Duration(s.HeartbeatInterval)*8/10)
}

// HasHeartbeat says whether there is a heartbeat.
func (s *Settings) HasHeartbeat() bool { return !strings.EqualFold(string(s.HeartbeatURL), "none") }

// ByHeartbeat says whether the heartbeat decides by its own thresholds.
func (s *Settings) ByHeartbeat() bool { return s.HasHeartbeat() && len(s.ScalingRules) == 0 }

// Up is the step of an up.
func (s *Settings) Up() decide.Step { return cmp.Or(s.IncrementUp.Step, s.Increment.Step) }

// Down is the step of a down.
func (s *Settings) Down() decide.Step { return cmp.Or(s.IncrementDown.Step, s.Increment.Step) }

// Control is the URL of the control probe, "" for none.
func (s *Settings) Control() string {
	switch {
	case strings.EqualFold(string(s.ControlURL), "none"):
		return ""
	case s.ControlURL == "" && s.Platform == "heroku":
		return string(s.HerokuAPIURL)
	case s.ControlURL == "" && s.Platform == "cloudfoundry":
		return string(s.CFAPIURL)
	}
	return string(s.ControlURL)
}
