package settings

// Logging are the settings of the log.
type Logging struct {
	LogLevel   Word    `envconfig:"LOG_LEVEL" once:"true" default:"info" desc:"''debug'', ''info'', ''warn'' or ''error''."`
	LogSummary Minutes `envconfig:"LOG_SUMMARY_IN_MINUTES" once:"true" default:"10" desc:"How often a heartbeat that changes nothing is logged at ''info'', and not at ''debug'' alone; 0 = never."`
	LogFormat  Word    `envconfig:"LOG_FORMAT" once:"true" default:"auto" desc:"''console'', ''logfmt'', ''json'', or ''auto'': console on a terminal, else logfmt."`
}

func (ps *Problems) checkLogging(s *Settings) {
	ps.oneOf("LOG_LEVEL", s.LogLevel, "debug", "info", "warn", "error")
	ps.oneOf("LOG_FORMAT", s.LogFormat, "auto", "console", "logfmt", "json")
}
