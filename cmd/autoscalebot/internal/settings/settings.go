// Package settings reads the environment, and the file that it names: every setting of autoscalebot, its default, its
// meaning, and what is wrong with it.
package settings

import (
	"os"
	"path/filepath"
)

// Prefix is what every name may also begin with. A name that does begin with it must be one of ours.
const Prefix = "AUTOSCALE_"

// Settings holds every setting. The tags of a setting are what the user reads about it: its name (envconfig), its
// default and what it means (desc). For the settings file, once marks a setting that all process types share, and list
// is the separator of a text that holds several items.
//
// The tags here place the settings: a group continues up to the next (see [Groups]), and trial marks settings by which
// the bot decides, so that simulations need them too.
type Settings struct {
	Platform Word `group:"App and platform" envconfig:"PLATFORM" once:"true" default:"heroku" desc:"Where the app runs: ''heroku'', ''cloudfoundry'', ''local'', ''command'', ''pool'' or ''autoscaling-group''."`
	Heroku

	Limits   `group:"Policy and pace" trial:"true"`
	Adaptive `trial:"true"`
	Pace     `trial:"true"`

	Safeguards `group:"Safeguards" trial:"true"`

	Costs  `group:"Cost and size" trial:"true"`
	Sizing `trial:"true"`

	Heartbeat `group:"Heartbeat" trial:"true"`

	RulesAndSignals `group:"Rules and signals"`
	LogDrain
	Push
	OTLP

	Notices `group:"Notifications"`
	Slack
	Email
	PagerDuty
	Webhook
	URLs

	Page    `group:"Dashboard"`
	Admin   `group:"Control"`
	Storage `group:"History"`
	Running `group:"Running"`

	Local `group:"Local processes and commands"`
	Command

	CloudFoundry `group:"Cloud Foundry"`

	Pool         `group:"Pools of servers"`
	DigitalOcean `group:"DigitalOcean"`
	AWS          `group:"AWS"`
	HAProxy      `group:"HAProxy and SSH"`
	SSH

	src *source
	as  map[string]string // names under which arguments set settings, by their main names
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
