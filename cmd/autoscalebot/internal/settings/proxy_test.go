package settings_test

import "testing"

// Invalid proxies are reported with all other mistakes. A name in lower case takes precedence.
func TestMalformedProxiesAreMistakes(t *testing.T) {
	env(t, "HTTP_PROXY=ftp://bot:"+secret+"@a", "https_proxy=http://bot:"+secret+"@a:99999", "ALL_PROXY=socks5://b", "all_proxy=socks5://bot:"+secret+"@", "MIN_DYNOS=x")
	refused(t, "4 settings are wrong", "\n  HTTP_PROXY: ", "\n  HTTPS_PROXY: ", "\n  ALL_PROXY: ", "\n  MIN_DYNOS: ")
	env(t, "HTTP_PROXY=http://bot:"+secret+"@:3128", "HTTPS_PROXY=bot:"+secret+"@proxy:0", "https_proxy=", "ALL_PROXY=socks4://bot:"+secret+"@proxy", "all_proxy=")
	refused(t, "\n  HTTP_PROXY: ", "\n  HTTPS_PROXY: ", "\n  ALL_PROXY: ")
	env(t, "HTTP_PROXY=proxy:3128", "HTTPS_PROXY=http://bot:"+secret+"@proxy", "ALL_PROXY=socks5h://proxy")
	loaded(t)
	env(t, "ALL_PROXY=socks5://bot:"+secret+"@", "all_proxy=socks5://b")
	loaded(t)
}
