package settings

import "strings"

// HealthCheck are the settings of the health checks of a pool's servers.
type HealthCheck struct {
	HealthPath    Text    `envconfig:"HEALTH_CHECK_PATH" default:"/" desc:"Pool: the path that must answer 2xx before a server gets requests of others, and while it does; ''tcp'' = it only has to take a connection, ''none'' = it is healthy when the provider says that it runs."`
	HealthHost    Text    `envconfig:"HEALTH_CHECK_HOST" desc:"Pool: the name in the header ''Host'' of health checks, where the app wants one."`
	HealthTLS     Bool    `envconfig:"HEALTH_CHECK_TLS" default:"false" desc:"Pool: health checks go by https; ''HEALTH_CHECK_HOST'' is the name that the certificate has."`
	HealthTimeout Seconds `envconfig:"HEALTH_CHECK_TIMEOUT_IN_SECONDS" default:"5" desc:"Pool: when to give a health check up."`
	HealthPasses  Number  `envconfig:"HEALTH_CHECK_PASSES" default:"3" desc:"Pool: how many health checks in a row a new server must pass."`
}

func (ps *Problems) checkHealth(s *Settings) {
	path := string(s.HealthPath)
	if path != "none" && path != "tcp" && (!strings.HasPrefix(path, "/") || strings.ContainsAny(path, " \t#")) {
		ps.add("HEALTH_CHECK_PATH", "%q: write a path that begins with a slash, such as /healthz, or tcp, or none",
			path)
	}
	if strings.ContainsAny(string(s.HealthHost), "/ \t") {
		ps.add("HEALTH_CHECK_HOST", "%q: write a host name, such as www.example.com", s.HealthHost)
	}
	if s.HealthTLS && s.HealthHost == "" {
		ps.need("HEALTH_CHECK_HOST", "",
			"HEALTH_CHECK_TLS needs the name that the certificate has, such as www.example.com")
	}
	if s.HealthPasses == 0 && !ps.has("HEALTH_CHECK_PASSES") {
		ps.add("HEALTH_CHECK_PASSES", "0: write 1 or more, or HEALTH_CHECK_PATH=none")
	}
}
