package settings

import "strings"

var otherSchemes = map[string]string{
	"valkey": "redis", "valkeys": "rediss", "redis+tls": "rediss", "redis+ssl": "rediss", "valkey+tls": "rediss",
	"valkey+ssl": "rediss",
	"redis+unix": "unix", "redis+socket": "unix", "redis-socket": "unix", "unix+redis": "unix",
}

const primary = "names Sentinels or a cluster, which are not asked; name the primary: redis://:password@host:6379/0, " +
	"or rediss:// for TLS"

var refusedSchemes = map[string]string{
	"redis-sentinel": primary, "rediss-sentinel": primary, "redis+sentinel": primary, "rediss+sentinel": primary,
	"sentinel":      primary,
	"redis-cluster": primary, "redis+cluster": primary, "rediss+cluster": primary, "valkey-sentinel": primary,
	"amqp": "is the URL for AMQP; write that of the management plugin: rabbitmq+http://user:password@host:15672/VHOST",
	"amqps": "is the URL for AMQP; write that of the management plugin: " +
		"rabbitmq+https://user:password@host:15671/VHOST",
	"http":  "does not say what answers there; write json+http://, prometheus+http:// or rabbitmq+http://",
	"https": "does not say what answers there; write json+https://, prometheus+https:// or rabbitmq+https://",
}

// cutScheme cuts a URL's scheme off, in lower case and as [kinds] has it. wrong says why the URL cannot be one of a
// signal, as far as its scheme alone tells.
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
