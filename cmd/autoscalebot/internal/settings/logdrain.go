package settings

// LogDrain configures Heroku's log drain.
type LogDrain struct {
	LogdrainTokens   Secret `envconfig:"LOGDRAIN_TOKENS" once:"true" desc:"Tokens of the Heroku log drains that may post to ''/logdrain'', separated by commas: ''d.'' and a UUID each."`
	LogdrainPassword Secret `envconfig:"LOGDRAIN_PASSWORD" once:"true" desc:"Password in the log drain's URL, at least 16 characters."`
}

// TakesLogDrain is true if the bot accepts a log drain.
func (s *Settings) TakesLogDrain() bool { return s.LogdrainTokens != "" || s.LogdrainPassword != "" }
