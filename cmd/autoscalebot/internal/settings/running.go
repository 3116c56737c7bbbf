package settings

import (
	"fmt"
	"strings"
)

// Running configures the settings file, dry runs, the log and the watchdog.
type Running struct {
	File       Text    `envconfig:"AUTOSCALE_FILE" once:"true" desc:"YAML file with settings, by their names in lower case; it can have several process types."`
	DryRun     Bool    `envconfig:"DRY_RUN" default:"false" desc:"Decide and notify, but change nothing; applies to every command."`
	LogLevel   Word    `envconfig:"LOG_LEVEL" once:"true" default:"info" desc:"Lowest level to log: ''debug'', ''info'', ''warn'' or ''error''."`
	LogSummary Minutes `envconfig:"LOG_SUMMARY_IN_MINUTES" once:"true" default:"10" desc:"How often a heartbeat that changes nothing is logged at ''info'' instead of ''debug''; 0 = never."`
	LogFormat  Word    `envconfig:"LOG_FORMAT" once:"true" default:"auto" desc:"Format of the log: ''console'', ''logfmt'', ''json'', or ''auto'' (console on a terminal, otherwise logfmt)."`
	DeadmanURL Secret  `envconfig:"DEADMAN_URL" once:"true" desc:"URL that the bot requests, at most once a minute, while all is well; the service there alerts you otherwise."`
}

// Directions are directions of scaling.
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
			return fmt.Errorf("unknown direction %q: must be up, down or up,down", part)
		}
	}
	*d = out
	return nil
}

func (ps *Problems) checkLogging(s *Settings) {
	ps.oneOf("LOG_LEVEL", s.LogLevel, "debug", "info", "warn", "error")
	ps.oneOf("LOG_FORMAT", s.LogFormat, "auto", "console", "logfmt", "json")
}
