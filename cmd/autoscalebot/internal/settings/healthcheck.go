package settings

import "strings"

// HealthCheck configures the health checks of a pool's servers.
type HealthCheck struct {
	HealthPath    Text    `envconfig:"HEALTH_CHECK_PATH" default:"/" desc:"Path that must answer 2xx; ''tcp'' = a connection is enough, ''none'' = a running server is healthy."`
	HealthHost    Text    `envconfig:"HEALTH_CHECK_HOST" desc:"''Host'' header of health checks, if the app needs one."`
	HealthTLS     Bool    `envconfig:"HEALTH_CHECK_TLS" default:"false" desc:"Use https for health checks; the certificate must be valid for ''HEALTH_CHECK_HOST''."`
	HealthTimeout Seconds `envconfig:"HEALTH_CHECK_TIMEOUT_IN_SECONDS" default:"5" desc:"Maximum time of a health check."`
	HealthPasses  Number  `envconfig:"HEALTH_CHECK_PASSES" default:"3" desc:"Health checks in a row that a new server must pass."`
}

func (ps *Problems) checkHealth(s *Settings) {
	path := string(s.HealthPath)
	if path != "none" && path != "tcp" && (!strings.HasPrefix(path, "/") || strings.ContainsAny(path, " \t#")) {
		ps.add("HEALTH_CHECK_PATH", "%q: must be a path that begins with a slash, such as /healthz, or tcp, or none",
			path)
	}
	if strings.ContainsAny(string(s.HealthHost), "/ \t") {
		ps.add("HEALTH_CHECK_HOST", "%q: must be a host name, such as www.example.com", s.HealthHost)
	}
	if s.HealthTLS && s.HealthHost == "" {
		ps.need("HEALTH_CHECK_HOST", "",
			"HEALTH_CHECK_TLS needs the name in the certificate, such as www.example.com")
	}
	if s.HealthPasses == 0 && !ps.has("HEALTH_CHECK_PASSES") {
		ps.add("HEALTH_CHECK_PASSES", "0: must be at least 1. To switch health checks off, set HEALTH_CHECK_PATH=none")
	}
}
