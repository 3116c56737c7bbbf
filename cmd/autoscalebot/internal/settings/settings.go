// Package settings reads the environment, and the file that it names: every setting of autoscalebot, its default, its
// meaning, and what is wrong with it.
package settings

import (
	"os"
	"path/filepath"
)

// Prefix is what every name may also begin with. A name that does begin with it must be one of ours.
const Prefix = "AUTOSCALE_"

// Settings holds every setting. Each field's tags are what the user reads about it: its name (envconfig), its default,
// the group that it stands in (on the first of each group), and what it means (desc). A group goes on until the next.
// For the settings file, once marks what is set for all process types together, and list says what stands between the
// items where a text holds several.
type Settings struct {
	File Text `group:"Settings" envconfig:"AUTOSCALE_FILE" once:"true" desc:"A [file of settings](#settings-in-a-file) as YAML: their names in lower case, with several process types below ''processes''."`

	Heroku
	Platform Word `envconfig:"PLATFORM" once:"true" default:"heroku" desc:"''heroku'', ''cloudfoundry'', ''local'' (processes on this machine behind a small router) or ''command'' (your own two commands), ''pool'' ([servers](docs/pools.md) that the bot makes and destroys) or ''autoscaling-group'' (one of AWS)."`
	Local
	Command
	CloudFoundry

	Pool
	DigitalOcean
	AWS
	HAProxy
	SSH

	Limits
	Adaptive
	Pace
	Costs
	Sizing
	Safeguards

	Heartbeat

	RulesAndSignals
	LogDrain
	Push
	OTLP

	Notices
	Slack
	Email
	PagerDuty
	Webhook
	URLs

	Running
	Storage
	Page
	Admin

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
