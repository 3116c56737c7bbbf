package settings

// OTLP are the settings of OpenTelemetry's metrics that are posted to the bot.
type OTLP struct {
	OTLPToken    Secret `envconfig:"OTLP_TOKEN" once:"true" desc:"The bearer token, 16 characters or more, with which [OpenTelemetry metrics](docs/signals/otlp.md) are posted to ''/v1/metrics'', as by the telemetry drain of a Heroku Fir app."`
	OTLPRequests Text   `envconfig:"OTLP_REQUESTS" once:"true" default:"http.server.request.duration" desc:"OpenTelemetry: the histogram of how long requests take, as ''name{attribute=value}''."`
	OTLPLoad     Text   `envconfig:"OTLP_LOAD" once:"true" default:"container.cpu.usage" desc:"OpenTelemetry: how many processors a dyno uses."`
	OTLPMemory   Text   `envconfig:"OTLP_MEMORY" once:"true" default:"container.memory.usage" desc:"OpenTelemetry: the memory that a dyno uses."`
	OTLPQuota    Number `envconfig:"OTLP_MEMORY_QUOTA_IN_MB" once:"true" desc:"OpenTelemetry: the memory that a dyno may use, where that is told in bytes."`
}

// TakesOTLP says whether OpenTelemetry's metrics are taken.
func (s *Settings) TakesOTLP() bool { return s.OTLPToken != "" }
