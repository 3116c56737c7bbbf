package settings

// OTLP configures OpenTelemetry metrics that are posted to the bot.
type OTLP struct {
	OTLPToken    Secret `envconfig:"OTLP_TOKEN" once:"true" desc:"Bearer token of OpenTelemetry metrics posted to ''/v1/metrics'', at least 16 characters."`
	OTLPRequests Text   `envconfig:"OTLP_REQUESTS" once:"true" default:"http.server.request.duration" desc:"OpenTelemetry: the histogram of request durations, as ''name{attribute=value}''."`
	OTLPLoad     Text   `envconfig:"OTLP_LOAD" once:"true" default:"container.cpu.usage" desc:"OpenTelemetry: the metric with the number of processors that a dyno uses."`
	OTLPMemory   Text   `envconfig:"OTLP_MEMORY" once:"true" default:"container.memory.usage" desc:"OpenTelemetry: the metric with the memory that a dyno uses."`
	OTLPQuota    Number `envconfig:"OTLP_MEMORY_QUOTA_IN_MB" once:"true" desc:"OpenTelemetry: memory limit of a dyno in MB, needed if the metric is in bytes."`
}

// TakesOTLP is true if the bot accepts OpenTelemetry metrics.
func (s *Settings) TakesOTLP() bool { return s.OTLPToken != "" }
