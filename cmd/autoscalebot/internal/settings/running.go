package settings

import (
	"fmt"
	"strings"
)

// Running are the settings of how the bot itself runs, and of its log.
type Running struct {
	Paused     Directions `group:"Running" envconfig:"PAUSED" desc:"Pauses scaling as long as it is set, but for the limits: ''up'', ''down'' or ''up,down''."`
	DryRun     Bool       `envconfig:"DRY_RUN" default:"false" desc:"Decide and tell, but change nothing, whichever command runs."`
	DeadmanURL Secret     `envconfig:"DEADMAN_URL" once:"true" desc:"A URL of a monitoring service that alerts you when it is not requested: the bot requests it at most once a minute, after a heartbeat at which every process type decided on fresh data and the platform did what was decided."`
	StateFile  Text       `envconfig:"STATE_FILE" desc:"A file in which the bot keeps what it has to go on from after a restart, instead of beginning anew: runs, cooldowns, pauses, what was told."`
	LogLevel   Word       `envconfig:"LOG_LEVEL" once:"true" default:"info" desc:"''debug'', ''info'', ''warn'' or ''error''."`
	LogSummary Minutes    `envconfig:"LOG_SUMMARY_IN_MINUTES" once:"true" default:"10" desc:"How often a heartbeat that changes nothing is logged at ''info'', and not at ''debug'' alone; 0 = never."`
	LogFormat  Word       `envconfig:"LOG_FORMAT" once:"true" default:"auto" desc:"''console'', ''logfmt'', ''json'', or ''auto'': console on a terminal, else logfmt."`
}

// Directions are those of scaling.
type Directions struct{ Up, Down bool }

// Decode reads a list of directions.
func (d *Directions) Decode(s string) error {
	var out Directions
	for _, part := range Split(s) {
		switch strings.ToLower(part) {
		case "up":
			out.Up = true
		case "down":
			out.Down = true
		default:
			return fmt.Errorf("%q is no direction; write up, down, or up,down", part)
		}
	}
	*d = out
	return nil
}

func (ps *Problems) checkLogging(s *Settings) {
	ps.oneOf("LOG_LEVEL", s.LogLevel, "debug", "info", "warn", "error")
	ps.oneOf("LOG_FORMAT", s.LogFormat, "auto", "console", "logfmt", "json")
}
