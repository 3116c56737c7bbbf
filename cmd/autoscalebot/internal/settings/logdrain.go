package settings

// LogDrain are the settings of Heroku's log drain.
type LogDrain struct {
	LogdrainTokens   Secret `envconfig:"LOGDRAIN_TOKENS" once:"true" desc:"The tokens of the Heroku log drains that are taken at ''/logdrain'', with commas between: ''d.'' and a UUID. See [the log drain](docs/signals/logdrain.md)."`
	LogdrainPassword Secret `envconfig:"LOGDRAIN_PASSWORD" once:"true" desc:"The password of the drain's URL, 16 characters or more. One of the two, or both, switch the drain on."`
}

// Drained says whether a log drain is taken.
func (s *Settings) Drained() bool { return s.LogdrainTokens != "" || s.LogdrainPassword != "" }
