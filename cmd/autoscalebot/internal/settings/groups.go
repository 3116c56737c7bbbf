package settings

// A Group is a part of the list of settings, as documents and the dashboard show it.
type Group struct {
	Name string
	// Intro says what the settings are for, in Markdown without links.
	Intro string
	// See links to the page with the details, in Markdown, relative to the folder docs.
	See string
}

const essential = "Essentials"

// essentials are the settings of the first group.
var essentials = []string{
	"HEARTBEAT_URL", "HEROKU_APP_NAME", "HEROKU_API_KEY", "MIN_DYNOS", "MAX_DYNOS", "TIME_ZONE", "POLICY",
	"MAX_RESPONSE_TIME_IN_MS", "MIN_RESPONSE_TIME_IN_MS", "HEARTBEAT_INTERVAL_IN_SECONDS", "DASHBOARD_PASSWORD",
	"DRY_RUN",
}

// Groups returns the groups in the order in which documents and the dashboard show them, the most useful first.
func Groups() []Group {
	return []Group{
		{
			essential, "Most apps need only these. `MIN_INSTANCES` and `MAX_INSTANCES` are other names of " +
				"`MIN_DYNOS` and " +
				"`MAX_DYNOS`.",
			"See [heartbeat](heartbeat.md) for pages to copy, and [schedule](schedule.md) for limits by the hour.",
		},
		{
			"App and platform", "For anything other than the web process of a Heroku app.",
			"See [platforms](platforms.md).",
		},
		{
			"Policy and pace", "When the bot scales, how far and how often.",
			"See [adaptive](adaptive.md), the policy that we recommend.",
		},
		{"Safeguards", "What protects the app from a wrong change.", "See [safety](safety.md)."},
		{
			"Cost and size", "A monthly budget, and larger dynos instead of more dynos.",
			"See [safety](safety.md) and [sizes](sizes.md).",
		},
		{"Heartbeat", "What the bot requests, and which answers count.", "See [heartbeat](heartbeat.md)."},
		{
			"Rules and signals", "Queues, router metrics, CPU and other signals next to the heartbeat.",
			"See [rules and signals](signals.md).",
		},
		{"Notifications", "Who is notified, and when.", "See [notifications](notifications.md)."},
		{
			"Dashboard", "The web page, with `/metrics`, `/healthz` and `/readyz` at the same address.",
			"See [dashboard](dashboard.md).",
		},
		{"Control", "How commands reach the running bot.", "See [control](control.md)."},
		{"History", "What the bot keeps, where and for how long.", "See [history](history.md)."},
		{"Running", "The settings file, the log and a watchdog.", "See [settings in a file](#settings-in-a-file)."},
		{
			"Local processes and commands", "For `PLATFORM=local` and `PLATFORM=command`.",
			"See [platforms](platforms.md).",
		},
		{"Cloud Foundry", "For `PLATFORM=cloudfoundry`.", "See [Cloud Foundry](cloudfoundry.md)."},
		{
			"Pools of servers", "For `PLATFORM=pool`, with servers that the bot creates and destroys.",
			"See [pools](pools.md).",
		},
		{"DigitalOcean", "For pools of droplets.", "See [DigitalOcean](pools/digitalocean.md)."},
		{"AWS", "For pools of EC2 instances, and for `PLATFORM=autoscaling-group`.", "See [AWS](pools/aws.md)."},
		{"HAProxy and SSH", "For pools behind HAProxy.", "See [HAProxy](pools/haproxy.md)."},
	}
}
