package settings

import "strings"

var otherSchemes = map[string]string{
	"valkey": "redis", "valkeys": "rediss", "redis+tls": "rediss", "redis+ssl": "rediss", "valkey+tls": "rediss",
	"valkey+ssl": "rediss",
	"redis+unix": "unix", "redis+socket": "unix", "redis-socket": "unix", "unix+redis": "unix",
}

const primary = "must be the URL of the primary: Sentinels and clusters are not supported. Use " +
	"redis://:password@host:6379/0, or rediss:// for TLS"

var refusedSchemes = map[string]string{
	"redis-sentinel": primary, "rediss-sentinel": primary, "redis+sentinel": primary, "rediss+sentinel": primary,
	"sentinel":      primary,
	"redis-cluster": primary, "redis+cluster": primary, "rediss+cluster": primary, "valkey-sentinel": primary,
	"amqp": "must be the URL of the management plugin, not of AMQP: " +
		"rabbitmq+http://user:password@host:15672/VHOST",
	"amqps": "must be the URL of the management plugin, not of AMQP: " +
		"rabbitmq+https://user:password@host:15671/VHOST",
	"http":  "must name the kind of source: json+http://, prometheus+http:// or rabbitmq+http://",
	"https": "must name the kind of source: json+https://, prometheus+https:// or rabbitmq+https://",
}

// The scheme is in lower case, with the name that kinds has. wrong explains why a scheme is not supported.
func cutScheme(text string) (scheme, rest, wrong string) {
	scheme, rest, _ = strings.Cut(text, ":")
	if strings.HasPrefix(rest, "//") {
		scheme = strings.ToLower(scheme)
	}
	if known, ok := otherSchemes[scheme]; ok {
		scheme = known
	}
	return scheme, rest, refusedSchemes[scheme]
}
