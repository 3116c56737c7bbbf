package settings

import (
	"cmp"
	"net"
	"net/mail"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/autoscalebot/autoscalebot/notify"
	"github.com/autoscalebot/autoscalebot/probe"
	"github.com/autoscalebot/autoscalebot/schedule"
)

// check finds what is wrong with the settings together, and makes the schedule's table.
func (ps *Problems) check(s *Settings) {
	ps.checkPlatform(s)
	ps.findMetrics(s)
	ps.checkScalingRules(s)
	ps.checkHeartbeat(s)
	ps.checkLimits(s)
	ps.checkCompatibility(s)
	ps.checkNotices(s)
	ps.checkAdmin(s)
	ps.checkHistory(s)
	ps.checkPage(s)
	ps.checkPolicy(s)
	ps.checkRules(s)
	ps.checkDynoSizes(s)
	ps.checkTaking(s)
	ps.oneOf("LOG_LEVEL", s.LogLevel, "debug", "info", "warn", "error")
	ps.oneOf("LOG_FORMAT", s.LogFormat, "auto", "console", "logfmt", "json")
}

// has says whether a problem with the setting is known already, so that none is told twice in other words.
func (ps *Problems) has(names ...string) bool {
	return slices.ContainsFunc(*ps, func(p Problem) bool { return slices.Contains(names, p.Name) })
}

func (ps *Problems) oneOf(name string, w Word, words ...string) {
	if !slices.Contains(words, string(w)) {
		ps.add(name, "%q: write %s", w, orList(words))
	}
}

// need wants a setting to be given. forWhat says what needs it.
func (ps *Problems) need(name, value, forWhat string) {
	if value == "" && !ps.has(name) {
		ps.add(name, "is not set; %s", forWhat)
	}
}

// appName is what Heroku calls an app: its name, or its id.
var appName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]*$`)

func (ps *Problems) checkPlatform(s *Settings) {
	ps.oneOf("PLATFORM", s.Platform, "heroku", "cloudfoundry", "local", "command", "pool", "autoscaling-group")
	switch s.Platform {
	case "heroku":
		ps.need("HEROKU_APP_NAME", string(s.HerokuAppName), "the app to scale, such as dancing-forest-1234")
		ps.need("HEROKU_API_KEY", s.HerokuAPIKey.Reveal(), "get one by: heroku authorizations:create --description autoscalebot")
		if s.HerokuAppName != "" && !appName.MatchString(string(s.HerokuAppName)) {
			ps.add("HEROKU_APP_NAME", "%q: write the app's name as in the first column of: heroku apps", s.HerokuAppName)
		}
		if strings.ContainsFunc(s.HerokuAPIKey.Reveal(), func(r rune) bool { return r <= ' ' || r > '~' }) {
			ps.add("HEROKU_API_KEY", "has a space or a character that no key has; copy it once more")
		}
		ps.checkAPIURL("HEROKU_API_URL", string(s.HerokuAPIURL), "the API key", "https://api.heroku.com")
	case "cloudfoundry":
		ps.checkCloudFoundry(s)
	case "local":
		if _, _, err := net.SplitHostPort(string(s.LocalAddr)); err != nil {
			ps.add("LOCAL_ADDR", "%q: write host:port, such as 127.0.0.1:5000", s.LocalAddr)
		}
	case "command":
		ps.need("COUNT_COMMAND", string(s.CountCommand), "a command that prints the number of dynos")
		ps.need("SCALE_COMMAND", string(s.ScaleCommand), "a command that sets the number of dynos")
	case "pool":
		ps.checkPool(s)
	case "autoscaling-group":
		ps.checkAutoscalingGroup(s)
	}
	ps.checkCommandEnv(s)
	if !regexp.MustCompile(`^[A-Za-z0-9_-]+$`).MatchString(string(s.HerokuProcessType)) {
		ps.add("HEROKU_PROCESS_TYPE", "%q: write a process type of the Procfile, such as web", s.HerokuProcessType)
	}
}

// checkAPIURL wants https, or http to this machine: secrets go along with every request.
func (ps *Problems) checkAPIURL(name, text, secret, example string) {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Host == "" || u.User != nil || u.RawQuery != "":
		ps.add(name, "write a URL without user or query, such as %s", example)
	case u.Scheme == "https" || u.Scheme == "http" && loopback(u.Hostname()):
	default:
		ps.add(name, "%q would send %s unencrypted; write https://…, or http://… on a loopback address", text, secret)
	}
}

func loopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && addr.IsLoopback()
}

func (ps *Problems) checkHeartbeat(s *Settings) {
	text := string(s.HeartbeatURL)
	u, err := url.Parse(text)
	switch {
	case !s.HasHeartbeat():
	case err != nil:
		ps.add("HEARTBEAT_URL", "is no URL; write one such as https://example.com/heartbeat, or a path such as /heartbeat")
	case strings.HasPrefix(text, "/") && slices.Contains([]Word{"command", "pool", "autoscaling-group"}, s.Platform):
		ps.add("HEARTBEAT_URL", "%q is only a path, and PLATFORM=%s knows no URL of the app; write the whole URL", u.Path, s.Platform)
	case !strings.HasPrefix(text, "/") && (u.Scheme != "http" && u.Scheme != "https" || u.Host == ""):
		u.RawQuery, u.User = "", nil // which may hold a secret
		ps.add("HEARTBEAT_URL", "%q: write http://… or https://…, or a path that begins with a slash", u)
	case u.Port() != "" && probe.CheckHost(u.Host) != nil:
		ps.add("HEARTBEAT_URL", "invalid port %s: must be 1–65535", u.Port())
	}
	if c, err := url.Parse(s.Control()); s.Control() != "" && (err != nil || c.Host == "" || c.Scheme != "http" && c.Scheme != "https") {
		ps.add("CONTROL_URL", "is no URL that begins with http:// or https://; write one that is nearly always up, or none")
	}
	interval, timeout := time.Duration(s.HeartbeatInterval), time.Duration(s.HeartbeatTimeout)
	if interval < shortestInterval && !ps.has("HEARTBEAT_INTERVAL_IN_SECONDS") {
		ps.add("HEARTBEAT_INTERVAL_IN_SECONDS", "%g is too short; the shortest is %g", interval.Seconds(), shortestInterval.Seconds())
	}
	if s.src.from("HEARTBEAT_TIMEOUT_IN_SECONDS") != "" && timeout > interval && !ps.has("HEARTBEAT_INTERVAL_IN_SECONDS", "HEARTBEAT_TIMEOUT_IN_SECONDS") {
		ps.add("HEARTBEAT_TIMEOUT_IN_SECONDS", "%g s is longer than the interval of %g s (HEARTBEAT_INTERVAL_IN_SECONDS); write at most %g",
			timeout.Seconds(), interval.Seconds(), interval.Seconds()*0.8)
	}
	if s.MinResponseTime > s.MaxResponseTime && !ps.has("MIN_RESPONSE_TIME_IN_MS", "MAX_RESPONSE_TIME_IN_MS") {
		ps.add("MIN_RESPONSE_TIME_IN_MS", "%g is above MAX_RESPONSE_TIME_IN_MS, %g; too fast must be less than too slow",
			s.MinResponseTime, s.MaxResponseTime)
	}
	if !slices.Contains([]Word{"get", "head", "post", "options"}, s.HeartbeatMethod) {
		ps.add("HEARTBEAT_METHOD", "%q: write GET, HEAD or POST", s.HeartbeatMethod)
	}
	ps.oneOf("HEARTBEAT_MEASURE", s.HeartbeatMeasure, "total", "processing", "queue")
	ps.checkRequest(s)
	ps.checkAnswer(s)
}

// shortestInterval keeps a mistyped interval from becoming an attack on the app.
const shortestInterval = 100 * time.Millisecond

func (ps *Problems) checkLimits(s *Settings) {
	switch {
	case s.Budget == 0 || s.DynoPrice > 0 || s.Platform == "heroku" || s.tellsPrice():
	case s.HasPool():
		ps.add("SERVER_PRICE_PER_HOUR", "is not set, and POOL_PROVIDER=%s tells no price; MONTHLY_BUDGET needs one", s.PoolProvider)
	default:
		ps.add("DYNO_PRICE_PER_MONTH", "is not set, and PLATFORM=%s tells no price; MONTHLY_BUDGET needs one", s.Platform)
	}
	if ps.has("MIN_DYNOS", "MAX_DYNOS") {
		return
	}
	table, err := schedule.New(s.MinDynos, s.MaxDynos, s.TimeZone.Location) // in UTC where the zone is wrong, which hides no other mistake
	if err != nil {
		ps.add("MIN_DYNOS, MAX_DYNOS", "%v", err)
	}
	s.Table = table
}

func (ps *Problems) checkNotices(s *Settings) {
	for _, b := range s.NotificationBackends {
		switch b {
		case "slack":
			if s.SlackWebhookURL == "" && s.SlackBotToken == "" {
				ps.add("SLACK_WEBHOOK_URL", "is not set; the backend slack needs it, or SLACK_BOT_TOKEN and SLACK_CHANNEL")
			}
			if s.SlackBotToken != "" && s.SlackWebhookURL == "" {
				ps.need("SLACK_CHANNEL", string(s.SlackChannel), "the channel for SLACK_BOT_TOKEN to post to, such as #ops")
			}
		case "email":
			ps.need("SMTP_URL", s.SMTPURL.Reveal(), "the backend email needs it, such as smtps://user:password@smtp.example.com")
			ps.need("EMAIL_FROM", string(s.EmailFrom), "the backend email needs a sender")
			ps.need("EMAIL_TO", strings.Join(s.EmailTo, ","), "the backend email needs recipients")
		case "pagerduty":
			ps.need("PAGERDUTY_ROUTING_KEY", s.PagerDutyRoutingKey.Reveal(), "the backend pagerduty needs it: the integration key of an integration “Events API v2”")
		case "webhook":
			ps.need("WEBHOOK_URL", s.WebhookURL.Reveal(), "the backend webhook needs it")
		case "urls":
			ps.need("NOTIFY_URLS", s.NotifyURLs.Reveal(), "the backend urls needs it, such as ntfy://ntfy.sh/my-topic")
		}
	}
	quiet, err := notify.ParseQuiet(string(s.QuietHours), cmp.Or(s.TimeZone.Location, time.UTC))
	if err != nil {
		ps.add("QUIET_HOURS", "%v", err)
	}
	s.Quiet = quiet
	ps.secretURL("SLACK_WEBHOOK_URL", s.SlackWebhookURL, "http", "https")
	ps.secretURL("WEBHOOK_URL", s.WebhookURL, "http", "https")
	ps.secretURL("DEADMAN_URL", s.DeadmanURL, "http", "https")
	ps.secretURL("SMTP_URL", s.SMTPURL, "smtp", "smtps")
	ps.checkAddresses(s)
	if (s.NotifyScaleDiff > 0) != (s.NotifyScalePeriod > 0) {
		ps.add("NOTIFY_IF_SCALE_DIFF_EXCEEDS_THRESHOLD", "needs NOTIFY_IF_SCALE_DIFF_EXCEEDS_PERIOD_IN_MINUTES, and the other way round: set both above 0, or neither")
	}
}

// checkAddresses wants mail addresses, and says what separates them where something else does.
func (ps *Problems) checkAddresses(s *Settings) {
	if from := string(s.EmailFrom); from != "" {
		if _, err := mail.ParseAddress(from); err != nil {
			ps.add("EMAIL_FROM", "%q is no e-mail address", from)
		}
	}
	for _, to := range s.EmailTo {
		_, err := mail.ParseAddress(to)
		switch {
		case err == nil:
		case strings.ContainsAny(to, "[]"):
			ps.add("EMAIL_TO", "%q is no e-mail address; write the addresses without brackets and quotes around them: ops@example.com, dev@example.com", to)
		case strings.Count(to, "@") > 1 || strings.ContainsAny(to, ";:\n"):
			ps.add("EMAIL_TO", "%q is no e-mail address; write a comma between addresses, and no group: ops@example.com, dev@example.com", to)
		case !strings.Contains(to, "@") && len(s.EmailTo) > 1:
			ps.add("EMAIL_TO", "%q is no e-mail address; a name with a comma stands in quotes: \"Smith, Ann\" <ann@example.com>", to)
		default:
			ps.add("EMAIL_TO", "%q is no e-mail address", to)
		}
	}
}

// secretURL wants a URL of one of the schemes, and never shows what it got.
func (ps *Problems) secretURL(name string, s Secret, schemes ...string) {
	if s == "" {
		return
	}
	if u, err := url.Parse(s.Reveal()); err != nil || u.Host == "" || !slices.Contains(schemes, u.Scheme) {
		ps.add(name, "is no URL that begins with %s:// (what stands there is not shown, since it may hold a secret)", strings.Join(schemes, ":// or "))
	}
}
