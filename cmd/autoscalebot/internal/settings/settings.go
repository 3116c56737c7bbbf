// Package settings reads the settings of autoscalebot from the environment and the settings file, checks them, and has
// their descriptions and defaults.
package settings

import (
	"os"
	"path/filepath"
)

// Prefix may precede the name of every setting in the environment. A variable that begins with it must be a setting.
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

// App is the name of the app: its name on the platform, or by default the name of the working directory.
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
