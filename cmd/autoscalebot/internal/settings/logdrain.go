package settings

// LogDrain are the settings of Heroku's log drain.
type LogDrain struct {
	LogdrainTokens   Secret `envconfig:"LOGDRAIN_TOKENS" once:"true" desc:"The tokens of the Heroku [log drains](docs/signals/logdrain.md) that are taken at ''/logdrain'', with commas between: ''d.'' and a UUID."`
	LogdrainPassword Secret `envconfig:"LOGDRAIN_PASSWORD" once:"true" desc:"The password of the drain's URL, 16 characters or more, which switches the drain on, as the tokens do."`
}

// TakesLogDrain says whether a log drain is taken.
func (s *Settings) TakesLogDrain() bool { return s.LogdrainTokens != "" || s.LogdrainPassword != "" }
