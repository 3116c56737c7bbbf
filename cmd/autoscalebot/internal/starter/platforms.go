package starter

import (
	"slices"
	"strings"

	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
)

const secretNote = "Keep secrets out of this file: set it in the environment, which overrides the file."

func starts() map[string][]Section {
	page := Line{
		Name: "HEARTBEAT_URL", Value: "https://www.example.com/autoscalebot/heartbeat/",
		Note: "CHANGE: The heartbeat page, ideally one that does what a typical request does.",
	}
	pool := func(provider, balancer string, rest ...Line) []Line {
		return append([]Line{
			{Name: "PLATFORM", Value: "pool"},
			{Name: "POOL_PROVIDER", Value: provider},
			{Name: "POOL_BALANCER", Value: balancer},
			{
				Name: "POOL_NAME", Value: "web",
				Note: "CHANGE: The pool's name, which is in its servers' tags and names. Each pool needs its own.",
			},
			page,
		}, rest...)
	}
	haproxy := Section{"HAProxy", []Line{
		{Name: "HAPROXY_SOCKETS", Value: "/run/haproxy/admin.sock"},
		{
			Name: "HAPROXY_BACKEND", Value: "web",
			Note: "CHANGE: The backend in HAProxy's configuration to which the bot adds servers.",
		},
	}}
	servers := Section{"The servers", []Line{
		{Name: "SERVER_PORT", Value: "80"},
		{Name: "HEALTH_CHECK_PATH", Value: "/"},
		{Name: "MAINTENANCE_WINDOW", Value: "3:00-5:00", Off: true},
		{
			Name: "SIGNALS", Value: "pool_cpu=nodes+pool://:9100#cpu", Off: true,
			Note: "The servers' CPU, read from the node_exporter on each (docs/pools/cpu.md), and a rule for it. " +
				"Switch on both lines or none.",
		},
		{
			Name: "RULES", Value: "pool_cpu max=50 min=20", Off: true,
			Note: "Add a server if the CPU is above 50 % on average, remove one if it is below 20 %.",
		},
	}}
	return map[string][]Section{
		"heroku": {{"The app", []Line{
			{Name: "PLATFORM", Value: "heroku"},
			{Name: "HEROKU_APP_NAME", Value: "dancing-forest-1234", Note: "CHANGE: The app to scale."},
			{
				Name: "HEROKU_API_KEY", Value: "00000000-0000-0000-0000-000000000000", Off: true,
				Note: "Create one with: " + settings.CreateHerokuKey + ". " + secretNote,
			},
			{Name: "HEROKU_PROCESS_TYPE", Value: "web"},
			{
				Name: "HEARTBEAT_URL", Value: "/autoscalebot/heartbeat/",
				Note: "CHANGE: The heartbeat page: its path on the app, or a whole URL.",
			},
		}}},
		"cloudfoundry": {{"The app", []Line{
			{Name: "PLATFORM", Value: "cloudfoundry"},
			{
				Name: "CF_API_URL", Value: "https://api.example.com",
				Note: "CHANGE: The API's URL, as cf api shows it.",
			},
			{Name: "CF_ORG", Value: "my-org", Note: "CHANGE: The organization."},
			{Name: "CF_SPACE", Value: "production", Note: "CHANGE: The space."},
			{Name: "CF_APP_NAME", Value: "dancing-forest", Note: "CHANGE: The app to scale."},
			{
				Name: "CF_USERNAME", Value: "autoscalebot@example.com",
				Note: "CHANGE: A user with the role space developer.",
			},
			{Name: "CF_PASSWORD", Value: "change-me", Off: true, Note: "The user's password. " + secretNote},
			{
				Name: "HEARTBEAT_URL", Value: "/autoscalebot/heartbeat/",
				Note: "CHANGE: The heartbeat page: its path on the app, or a whole URL.",
			},
		}}},
		"local": {{"The app", []Line{
			{Name: "PLATFORM", Value: "local"},
			{
				Name: "LOCAL_COMMAND", Value: "exec gunicorn --bind 127.0.0.1:$PORT app:app",
				Note: "CHANGE: The command of one process, which must listen on $PORT.",
			},
			{Name: "LOCAL_ADDR", Value: "127.0.0.1:5000"},
			{Name: "HEARTBEAT_URL", Value: "/", Note: "CHANGE: The heartbeat page: its path on the app."},
		}}},
		"command": {{"The app", []Line{
			{Name: "PLATFORM", Value: "command"},
			{
				Name: "COUNT_COMMAND", Value: "docker compose ps -q web | wc -l",
				Note: "CHANGE: A command that prints the number of processes.",
			},
			{Name: "SCALE_COMMAND", Value: `docker compose up -d --no-recreate --scale "web=$DYNOS" web`, Note: "CHANGE: A command that changes it to $DYNOS."},
			page,
		}}},
		"digitalocean": {
			{"The app", pool("digitalocean", "haproxy",
				Line{
					Name: "DIGITALOCEAN_TOKEN", Value: "dop_v1_0123456789abcdef", Off: true,
					Note: "The API token. " + secretNote,
				},
				Line{Name: "DIGITALOCEAN_REGION", Value: "fra1", Note: "CHANGE: The region of new droplets."},
				Line{
					Name: "DIGITALOCEAN_IMAGE", Value: "web-image",
					Note: "CHANGE: The image of new droplets: a snapshot's id or name. List them with: autoscalebot " +
						"servers images.",
				},
				Line{Name: "SIZES", Value: "s-1vcpu-1gb,s-2vcpu-2gb"},
				Line{
					Name: "SCALE_ORDER", Value: "horizontal", Off: true,
					Note: "Use larger servers too: horizontal adds servers first, vertical uses larger ones first " +
						"(docs/sizes.md).",
				},
			)}, haproxy, servers,
		},
		"ec2": {
			{"The app", pool("ec2", "target-group",
				Line{Name: "AWS_REGION", Value: "eu-central-1", Note: "CHANGE: The region."},
				Line{
					Name: "AWS_ACCESS_KEY_ID", Value: "AKIA0123456789ABCDEF", Off: true,
					Note: "The access key. Not needed on an EC2 instance with a role. " + secretNote,
				},
				Line{
					Name: "AWS_SECRET_ACCESS_KEY", Value: "change-me", Off: true,
					Note: "The secret of the access key. " + secretNote,
				},
				Line{
					Name: "EC2_LAUNCH_TEMPLATE", Value: "web",
					Note: "CHANGE: The launch template of new instances.",
				},
				Line{
					Name:  "EC2_TARGET_GROUP",
					Value: "arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/web/0123456789abcdef",
					Note:  "CHANGE: The target group's ARN.",
				},
				Line{Name: "SIZES", Value: "t3.small"},
				Line{Name: "SERVER_PRICE_PER_HOUR", Value: "0.0208"},
			)}, servers,
		},
		"scripts": {
			{"The app", pool("command", "haproxy",
				Line{
					Name: "POOL_LIST_COMMAND", Value: "./list.sh",
					Note: "CHANGE: Prints the pool's servers as JSON (docs/pools/command.md).",
				},
				Line{
					Name: "POOL_CREATE_COMMAND", Value: "./create.sh",
					Note: "CHANGE: Creates the server $SERVER_NAME.",
				},
				Line{
					Name: "POOL_DESTROY_COMMAND", Value: "./destroy.sh",
					Note: "CHANGE: Destroys the server $SERVER_ID.",
				},
			)}, haproxy, servers,
		},
	}
}

const whenToScale = "When to scale"

func usual() []Section {
	return []Section{
		{"Limits", []Line{
			{Name: "MIN_DYNOS", Value: "1"},
			{Name: "MAX_DYNOS", Value: "3"},
			{Name: "TIME_ZONE", Value: "Europe/Berlin", Off: true},
		}},
		{whenToScale, []Line{
			{Name: "HEARTBEAT_INTERVAL_IN_SECONDS", Value: "30"},
			{Name: "MAX_RESPONSE_TIME_IN_MS", Value: "1000"},
			{Name: "MIN_RESPONSE_TIME_IN_MS", Value: "200"},
			{Name: "POLICY", Value: "adaptive", Off: true},
			{Name: "COOLDOWN_DOWN_IN_SECONDS", Value: "300", Off: true},
		}},
		{"Notifications", []Line{
			{Name: "NOTIFICATION_BACKENDS", Value: "log"},
			{Name: "NOTIFY_ON_EVERY_SCALE", Value: "true"},
			{Name: "NOTIFY_ON_SCALE_FAILS", Value: "true"},
		}},
		{"First run", []Line{
			{Name: "DRY_RUN", Value: "true", Off: true, Note: "Decide and notify, but change nothing."},
		}},
	}
}

// Platforms returns the names that New accepts, in alphabetical order. New also accepts pool.
func Platforms() []string {
	var out []string
	for name := range starts() {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

// New returns the file for a platform, or for a pool's provider. ok is false for an unknown name.
func New(platform string) (f File, ok bool) {
	if platform == "pool" {
		platform = "digitalocean"
	}
	start, ok := starts()[platform]
	return File{Head: head(), Sections: append(start, usual()...)}, ok
}

func head() []string {
	return []string{
		"Settings of autoscalebot. Replace the values marked CHANGE. Lines that begin with # are off.",
		"The command autoscalebot settings lists all settings. The environment overrides this file.",
	}
}

// Changes returns the number of settings marked CHANGE.
func (f File) Changes() (n int) {
	for _, s := range f.Sections {
		for _, l := range s.Lines {
			if strings.HasPrefix(l.Note, "CHANGE") {
				n++
			}
		}
	}
	return n
}

// Secrets returns the names of the settings that belong in the environment.
func (f File) Secrets() (names []string) {
	for _, s := range f.Sections {
		for _, l := range s.Lines {
			if strings.HasSuffix(l.Note, secretNote) {
				names = append(names, l.Name)
			}
		}
	}
	return names
}
