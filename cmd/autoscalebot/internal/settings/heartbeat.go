package settings

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/autoscalebot/autoscalebot/probe"
)

// Heartbeat configures the heartbeat and its thresholds.
type Heartbeat struct {
	HeartbeatURL      Text    `envconfig:"HEARTBEAT_URL" default:"/autoscalebot/heartbeat/" desc:"The URL that the bot requests, or its path on the app; ''none'' = no heartbeat, only ''RULES''."`
	HeartbeatInterval Seconds `envconfig:"HEARTBEAT_INTERVAL_IN_SECONDS" default:"30" desc:"Time from one heartbeat to the next, at least 0.1; fractions are allowed."`
	HeartbeatTimeout  Seconds `envconfig:"HEARTBEAT_TIMEOUT_IN_SECONDS" default:"10" desc:"Maximum time of a heartbeat, with redirects and body; never more than 80 % of the interval."`
	MaxResponseTime   Millis  `envconfig:"MAX_RESPONSE_TIME_IN_MS" default:"1000" desc:"Upper threshold: a slower heartbeat is slow."`
	MinResponseTime   Millis  `envconfig:"MIN_RESPONSE_TIME_IN_MS" default:"200" desc:"Lower threshold: a faster heartbeat is fast."`
	HeartbeatAnswer
	HeartbeatMeasure Word    `envconfig:"HEARTBEAT_MEASURE" default:"total" desc:"Time to judge: ''total'', ''processing'' (without DNS, TCP and TLS) or ''queue'' (the app's ''X-Queue-Time-Ms'')."`
	HeartbeatSamples Samples `envconfig:"HEARTBEAT_SAMPLES" default:"1" desc:"Requests per heartbeat, 1 to 20; each may reach another dyno."`
	HeartbeatPercent Percent `envconfig:"HEARTBEAT_PERCENTILE" default:"50" desc:"Which of these requests counts: 50 = the median, 100 = the slowest; failed ones rank last."`
	HeartbeatsMost   Number  `envconfig:"HEARTBEATS_PER_MINUTE_MAX" default:"60" desc:"Adaptive: maximum heartbeats per minute while the load is uncertain; 0 = one per interval."`
	ControlURL       Text    `envconfig:"CONTROL_URL" desc:"URL that shows whether the bot itself is offline; default: the platform's API; ''none'' = do not check."`
	HeartbeatRequest
	HeartbeatJitter    Share `envconfig:"HEARTBEAT_JITTER" default:"0.1" desc:"Maximum random delay of a heartbeat, as a share of the interval, 0 to 0.5."`
	HeartbeatKeepAlive Bool  `envconfig:"HEARTBEAT_KEEP_ALIVE" default:"false" desc:"Reuse the connection; a new one each time lets the router choose another dyno."`
}

// Timeout is the deadline of one heartbeat: the setting, but at most 80 % of the interval, so a heartbeat that hangs
// does not delay the next one.
func (s *Settings) Timeout() time.Duration {
	return min(time.Duration(s.HeartbeatTimeout), time.Duration(s.HeartbeatInterval)*8/10)
}

// HasHeartbeat is false for HEARTBEAT_URL=none.
func (s *Settings) HasHeartbeat() bool { return !strings.EqualFold(string(s.HeartbeatURL), "none") }

// ByHeartbeat is true if the heartbeat decides by its own thresholds: there is one, and there are no scaling_rules.
func (s *Settings) ByHeartbeat() bool { return s.HasHeartbeat() && len(s.ScalingRules) == 0 }

// Control is the URL of the control probe, "" if there is no probe.
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

func (ps *Problems) checkHeartbeat(s *Settings) {
	text := string(s.HeartbeatURL)
	u, err := url.Parse(text)
	switch {
	case !s.HasHeartbeat():
	case err != nil:
		ps.add("HEARTBEAT_URL", "must be a URL such as https://example.com/heartbeat, or a path such as "+
			"/heartbeat")
	case strings.HasPrefix(text, "/") && slices.Contains([]Word{"command", "pool", "autoscaling-group"}, s.Platform):
		ps.add("HEARTBEAT_URL", "%q is only a path: set the whole URL, because PLATFORM=%s does not know the app's",
			u.Path, s.Platform)
	case !strings.HasPrefix(text, "/") && (u.Scheme != "http" && u.Scheme != "https" || u.Host == ""):
		u.RawQuery, u.User = "", nil // they may hold a secret
		ps.add("HEARTBEAT_URL", "%q: must begin with http://, https:// or, for a path, a slash", u)
	case u.Port() != "" && probe.CheckHost(u.Host) != nil:
		ps.add("HEARTBEAT_URL", "invalid port %s: must be 1–65535", u.Port())
	}
	if c, err := url.Parse(s.Control()); s.Control() != "" &&
		(err != nil || c.Host == "" || c.Scheme != "http" && c.Scheme != "https") {
		ps.add("CONTROL_URL", "must be none, or a URL that begins with http:// or https://. Choose one that is "+
			"nearly always up")
	}
	interval, timeout := time.Duration(s.HeartbeatInterval), time.Duration(s.HeartbeatTimeout)
	if interval < shortestInterval && !ps.has("HEARTBEAT_INTERVAL_IN_SECONDS") {
		ps.add("HEARTBEAT_INTERVAL_IN_SECONDS", "%g: must be at least %g", interval.Seconds(),
			shortestInterval.Seconds())
	}
	if s.src.from("HEARTBEAT_TIMEOUT_IN_SECONDS") != "" && timeout > interval &&
		!ps.has("HEARTBEAT_INTERVAL_IN_SECONDS", "HEARTBEAT_TIMEOUT_IN_SECONDS") {
		ps.add("HEARTBEAT_TIMEOUT_IN_SECONDS",
			"%g s is longer than the interval, HEARTBEAT_INTERVAL_IN_SECONDS=%g: must be at most %g",
			timeout.Seconds(), interval.Seconds(), interval.Seconds()*0.8)
	}
	if s.MinResponseTime > s.MaxResponseTime && !ps.has("MIN_RESPONSE_TIME_IN_MS", "MAX_RESPONSE_TIME_IN_MS") {
		ps.add("MIN_RESPONSE_TIME_IN_MS",
			"%g is above MAX_RESPONSE_TIME_IN_MS, %g: the lower threshold must be below the upper one",
			s.MinResponseTime, s.MaxResponseTime)
	}
	if !slices.Contains([]Word{"get", "head", "post", "options"}, s.HeartbeatMethod) {
		ps.add("HEARTBEAT_METHOD", "%q: must be GET, HEAD or POST", s.HeartbeatMethod)
	}
	ps.oneOf("HEARTBEAT_MEASURE", s.HeartbeatMeasure, "total", "processing", "queue")
	ps.checkRequest(s)
	ps.checkAnswer(s)
}

// A mistyped interval must not become an attack on the app.
const shortestInterval = 100 * time.Millisecond
