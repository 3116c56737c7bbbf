package settings

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/autoscalebot/autoscalebot/probe"
)

// Heartbeat are the settings of the heartbeat, and of how it is judged.
type Heartbeat struct {
	HeartbeatURL      Text    `group:"Heartbeat" envconfig:"HEARTBEAT_URL" default:"/autoscalebot/heartbeat/" desc:"The URL to request, or its path on the app's own URL; ''none'' = no heartbeat, only ''RULES''."`
	HeartbeatInterval Seconds `envconfig:"HEARTBEAT_INTERVAL_IN_SECONDS" default:"30" desc:"From one heartbeat to the next; fractions allowed."`
	HeartbeatTimeout  Seconds `envconfig:"HEARTBEAT_TIMEOUT_IN_SECONDS" default:"10" desc:"When to give a heartbeat up, redirects and body included, and never beyond 80 % of the interval."`
	MaxResponseTime   Millis  `envconfig:"MAX_RESPONSE_TIME_IN_MS" default:"1000" desc:"A heartbeat above it is too slow."`
	MinResponseTime   Millis  `envconfig:"MIN_RESPONSE_TIME_IN_MS" default:"200" desc:"A heartbeat below it is too fast."`
	Fails             Quorum  `envconfig:"NUMBER_OF_FAILS_TO_SCALE_UP_AFTER" default:"3" desc:"Slow or failed heartbeats that add dynos: so many in a row, or ''3/5'' for 3 of the last 5."`
	Passes            Quorum  `envconfig:"NUMBER_OF_PASSES_TO_SCALE_DOWN_AFTER" default:"5" desc:"Fast heartbeats that remove dynos, in the same form."`
	HeartbeatAnswer
	HeartbeatMeasure Word    `envconfig:"HEARTBEAT_MEASURE" default:"total" desc:"Which time of a heartbeat is too slow or too fast: ''total'' (to the first byte of the body), ''processing'' (the same without DNS, TCP and TLS) or ''queue'' (what the app answers in ''X-Queue-Time-Ms'')."`
	HeartbeatSamples Samples `envconfig:"HEARTBEAT_SAMPLES" default:"1" desc:"Requests that make one heartbeat, 1 to 20, each of which may reach another dyno."`
	HeartbeatPercent Percent `envconfig:"HEARTBEAT_PERCENTILE" default:"50" desc:"Which of them counts, from the fastest to the slowest and then the failed: 50 is the one in the middle, 100 the worst."`
	HeartbeatsMost   Number  `envconfig:"HEARTBEATS_PER_MINUTE_MAX" default:"60" desc:"Adaptive: the most heartbeats a minute, of which [several at a time](docs/settings.md#heartbeat) are sent where the load is uncertain; 0 = one each interval, as with ''HEARTBEAT_SAMPLES'' above 1."`
	ControlURL       Text    `envconfig:"CONTROL_URL" desc:"What the bot requests when no heartbeat reaches the app, to tell an app that is down from a bot that is offline; by default the platform's API, where it has one, and ''none'' = nothing."`
	HeartbeatRequest
	HeartbeatJitter    Share `envconfig:"HEARTBEAT_JITTER" default:"0.1" desc:"Largest random delay of a heartbeat, as a share of the interval, 0 to 0.5."`
	HeartbeatKeepAlive Bool  `envconfig:"HEARTBEAT_KEEP_ALIVE" default:"false" desc:"Reuse the connection, though a fresh one each time is what lets the router choose a dyno."`
}

// Timeout is the deadline of one heartbeat: the setting, but never beyond 80 % of the interval, so that a heartbeat
// that hangs does not delay the next one.
func (s *Settings) Timeout() time.Duration {
	return min(time.Duration(s.HeartbeatTimeout), time.Duration(s.HeartbeatInterval)*8/10)
}

// HasHeartbeat says whether there is a heartbeat.
func (s *Settings) HasHeartbeat() bool { return !strings.EqualFold(string(s.HeartbeatURL), "none") }

// ByHeartbeat says whether the heartbeat decides by its own thresholds.
func (s *Settings) ByHeartbeat() bool { return s.HasHeartbeat() && len(s.ScalingRules) == 0 }

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

func (ps *Problems) checkHeartbeat(s *Settings) {
	text := string(s.HeartbeatURL)
	u, err := url.Parse(text)
	switch {
	case !s.HasHeartbeat():
	case err != nil:
		ps.add("HEARTBEAT_URL", "is no URL; write one such as https://example.com/heartbeat, or a path such "+
			"as /heartbeat")
	case strings.HasPrefix(text, "/") && slices.Contains([]Word{"command", "pool", "autoscaling-group"}, s.Platform):
		ps.add("HEARTBEAT_URL", "%q is only a path, and PLATFORM=%s knows no URL of the app; write the whole URL",
			u.Path, s.Platform)
	case !strings.HasPrefix(text, "/") && (u.Scheme != "http" && u.Scheme != "https" || u.Host == ""):
		u.RawQuery, u.User = "", nil // which may hold a secret
		ps.add("HEARTBEAT_URL", "%q: write http://… or https://…, or a path that begins with a slash", u)
	case u.Port() != "" && probe.CheckHost(u.Host) != nil:
		ps.add("HEARTBEAT_URL", "invalid port %s: must be 1–65535", u.Port())
	}
	if c, err := url.Parse(s.Control()); s.Control() != "" &&
		(err != nil || c.Host == "" || c.Scheme != "http" && c.Scheme != "https") {
		ps.add("CONTROL_URL", "is no URL that begins with http:// or https://; write one that is nearly always "+
			"up, or none")
	}
	interval, timeout := time.Duration(s.HeartbeatInterval), time.Duration(s.HeartbeatTimeout)
	if interval < shortestInterval && !ps.has("HEARTBEAT_INTERVAL_IN_SECONDS") {
		ps.add("HEARTBEAT_INTERVAL_IN_SECONDS", "%g is too short; the shortest is %g", interval.Seconds(),
			shortestInterval.Seconds())
	}
	if s.src.from("HEARTBEAT_TIMEOUT_IN_SECONDS") != "" && timeout > interval &&
		!ps.has("HEARTBEAT_INTERVAL_IN_SECONDS", "HEARTBEAT_TIMEOUT_IN_SECONDS") {
		ps.add("HEARTBEAT_TIMEOUT_IN_SECONDS",
			"%g s is longer than the interval of %g s (HEARTBEAT_INTERVAL_IN_SECONDS); write at most %g",
			timeout.Seconds(), interval.Seconds(), interval.Seconds()*0.8)
	}
	if s.MinResponseTime > s.MaxResponseTime && !ps.has("MIN_RESPONSE_TIME_IN_MS", "MAX_RESPONSE_TIME_IN_MS") {
		ps.add("MIN_RESPONSE_TIME_IN_MS",
			"%g is above MAX_RESPONSE_TIME_IN_MS, %g; too fast must be less than too slow",
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
