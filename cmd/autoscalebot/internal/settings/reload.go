package settings

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// A Part is what a reload exchanges in the running bot. Every reload exchanges what the bot decides by.
type Part string

// The parts. With Restart, a reload cannot exchange a part; with PoolRestart it cannot for PLATFORM=pool.
const (
	Decisions       Part = "decisions"
	HeartbeatProber Part = "heartbeat"
	ControlProber   Part = "control"
	SignalProbers   Part = "signals"
	Notifiers       Part = "notifiers"
	PlatformClient  Part = "platform"
	Restart         Part = "restart"
	PoolRestart     Part = "restart of a pool"
)

// Each setting is in exactly one row.
func reloads() []struct {
	parts []Part
	names string
} {
	return []struct {
		parts []Part
		names string
	}{
		{[]Part{Decisions}, `MIN_DYNOS MAX_DYNOS MAX_RESPONSE_TIME_IN_MS MIN_RESPONSE_TIME_IN_MS
			AIM NUMBER_OF_FAILS_TO_SCALE_UP_AFTER NUMBER_OF_PASSES_TO_SCALE_DOWN_AFTER INCREMENT INCREMENT_UP
			INCREMENT_DOWN COOLDOWN_UP_IN_SECONDS COOLDOWN_DOWN_IN_SECONDS STABILIZATION_IN_SECONDS
			BOOT_TIME_IN_SECONDS DEPLOY_GRACE_IN_SECONDS STOP_AFTER_UPS_WITHOUT_HELP MANUAL_HOLD_IN_MINUTES
			COMPATIBILITY MONTHLY_BUDGET DYNO_PRICE_PER_MONTH DYNO_SIZES SCALE_ORDER HEARTBEATS_PER_MINUTE_MAX
			HEARTBEAT_JITTER DECISION_INTERVAL_IN_SECONDS PAUSED
			NOTIFY_IF_NEEDS_EXCEED_MAX NOTIFY_IF_NEEDS_BELOW_MIN NOTIFY_ON_SCALE_FAILS NOTIFY_ON_EVERY_SCALE
			NOTIFY_ON_EVERY_PING NOTIFY_IF_SCALE_DIFF_EXCEEDS_THRESHOLD
			NOTIFY_IF_SCALE_DIFF_EXCEEDS_PERIOD_IN_MINUTES NOTIFY_REMINDER_IN_MINUTES
			LOG_LEVEL LOG_SUMMARY_IN_MINUTES DEADMAN_URL`},
		{
			[]Part{HeartbeatProber, ControlProber, SignalProbers},
			"HEARTBEAT_INTERVAL_IN_SECONDS HEARTBEAT_TIMEOUT_IN_SECONDS",
		}, // the timeouts of all requests
		{[]Part{HeartbeatProber, SignalProbers}, "HEARTBEAT_URL"}, // App Autoscaler's rules may need no heartbeat
		{[]Part{HeartbeatProber}, `HEARTBEAT_FAIL_ON HEARTBEAT_STATUSES HEARTBEAT_KEYWORD HEARTBEAT_REDIRECTS
			HEARTBEAT_MEASURE HEARTBEAT_SAMPLES HEARTBEAT_PERCENTILE HEARTBEAT_METHOD HEARTBEAT_HEADERS
			HEARTBEAT_TOKEN HEARTBEAT_HOST HEARTBEAT_CLIENT_CERT_FILE HEARTBEAT_CLIENT_KEY_FILE
			HEARTBEAT_KEEP_ALIVE`},
		{[]Part{ControlProber}, "CONTROL_URL"},
		{[]Part{SignalProbers}, "RULES SIGNALS POLICY"},
		{[]Part{Notifiers}, `TIME_ZONE QUIET_HOURS NOTIFICATION_BACKENDS SLACK_WEBHOOK_URL SLACK_BOT_TOKEN
			SLACK_CHANNEL SLACK_API_URL SMTP_URL EMAIL_FROM EMAIL_TO PAGERDUTY_ROUTING_KEY PAGERDUTY_URL
			WEBHOOK_URL WEBHOOK_SECRET NOTIFY_URLS`},
		{[]Part{PlatformClient}, `HEROKU_API_KEY HEROKU_API_URL CF_USERNAME CF_PASSWORD CF_ORIGIN CF_CLIENT_ID
			CF_CLIENT_SECRET CF_REFRESH_TOKEN COUNT_COMMAND SCALE_COMMAND`},
		{[]Part{PlatformClient, PoolRestart}, `AWS_REGION AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN
			AWS_PROFILE AWS_ENDPOINT_URL`},
		{[]Part{PoolRestart}, `DRY_RUN POOL_PROVIDER POOL_BALANCER POOL_NAME POOL_LIST_COMMAND POOL_CREATE_COMMAND
			POOL_DESTROY_COMMAND POOL_VICTIMS SIZES SERVER_PRICE_PER_HOUR POOL_MAX_DOLLARS_PER_HOUR SERVER_PORT
			HEALTH_CHECK_PATH HEALTH_CHECK_HOST HEALTH_CHECK_TLS HEALTH_CHECK_TIMEOUT_IN_SECONDS
			HEALTH_CHECK_PASSES POOL_ACTIVE_WITHIN_IN_SECONDS POOL_HEALTHY_WITHIN_IN_SECONDS
			POOL_DRAIN_IN_SECONDS POOL_REPLACE_AFTER_IN_SECONDS MAINTENANCE_WINDOW DIGITALOCEAN_TOKEN DIGITALOCEAN_REGION
			DIGITALOCEAN_IMAGE DIGITALOCEAN_SSH_KEYS DIGITALOCEAN_VPC DIGITALOCEAN_ADDRESS DIGITALOCEAN_TAGS
			DIGITALOCEAN_USER_DATA_FILE DIGITALOCEAN_LOAD_BALANCER DIGITALOCEAN_API_URL EC2_LAUNCH_TEMPLATE
			EC2_TARGET_GROUP EC2_ADDRESS HAPROXY_SOCKETS HAPROXY_BACKEND HAPROXY_SERVER_OPTIONS HAPROXY_CONFIG
			HAPROXY_TEMPLATE HAPROXY_SERVER_LINE HAPROXY_HOSTS HAPROXY_CHECK_COMMAND HAPROXY_RELOAD_COMMAND
			HAPROXY_SUDO SSH_KEY_FILE SSH_KEY_PASSPHRASE SSH_AUTH_SOCK SSH_KNOWN_HOSTS_FILE`},
		// What the bot scales, where it listens, where it keeps what it knows, and the processes that it has started.
		{[]Part{Restart}, `PLATFORM HEROKU_APP_NAME HEROKU_PROCESS_TYPE CF_API_URL CF_ORG CF_SPACE CF_APP_NAME
			CF_SERVICE VCAP_APPLICATION VCAP_SERVICES EC2_AUTOSCALING_GROUP
			DASHBOARD_ADDR PORT DASHBOARD_PASSWORD TRUSTED_PROXIES ADMIN_SOCKET ADMIN_ADDR ADMIN_TOKEN
			LOGDRAIN_TOKENS LOGDRAIN_PASSWORD PUSH_TOKEN OTLP_TOKEN OTLP_REQUESTS OTLP_LOAD OTLP_MEMORY
			OTLP_MEMORY_QUOTA_IN_MB HISTORY DATABASE_URL HISTORY_DAYS HISTORY_MINUTES_DAYS HISTORY_HOURS_DAYS
			STATE_FILE AUTOSCALE_FILE LOG_FORMAT LOCAL_COMMAND LOCAL_ADDR COMMAND_ENV`},
	}
}

// PartsOf returns the parts that a change of a setting concerns; nil for an unknown name.
func PartsOf(name string) []Part {
	for _, row := range reloads() {
		if slices.Contains(strings.Fields(row.names), name) {
			return row.parts
		}
	}
	return nil
}

func (s *Settings) needsRestart(name string) bool {
	parts := PartsOf(name)
	return slices.Contains(parts, Restart) || s.HasPool() && slices.Contains(parts, PoolRestart)
}

// Writes which settings a reload cannot change, in the order of [Entries].
func writeRestarts(w io.Writer) {
	list := func(part Part) string {
		var quoted []string
		for _, e := range Entries() {
			if slices.Contains(PartsOf(e.Name), part) {
				quoted = append(quoted, "`"+e.Name+"`")
			}
		}
		return strings.Join(quoted, ", ")
	}
	fmt.Fprintf(w, "## Settings that need a restart\n\nA [reload](control.md#change-a-setting) changes all settings "+
		"except these: %s.\n\nWith `PLATFORM=pool` these need a restart too: %s.\n\n", list(Restart),
		list(PoolRestart))
}
