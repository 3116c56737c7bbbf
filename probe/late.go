package probe

import (
	"fmt"
	"time"
)

const (
	isUp     = "Check that the app is up and that HEARTBEAT_TIMEOUT_IN_SECONDS is long enough."
	nameHint = "The app received no request. Check this machine's name server."
	viaHint  = "The app received no request. Check the proxy in HTTP_PROXY, HTTPS_PROXY or ALL_PROXY."
	sendHint = "The app received no request. Check how many HTTP/2 streams the server allows. To count this as slow, " +
		"add connect to HEARTBEAT_FAIL_ON."
	wayHint = "The app received no request. Check whether a firewall drops packets. To count this as slow, " +
		"add connect to HEARTBEAT_FAIL_ON."
)

// A timeout is the app's only if the app had most of the time.
func (v *visit) late() failure {
	app, way, rest := v.split()
	limit := min(v.limit, time.Since(v.start)).Round(time.Millisecond) // the kernel may give up earlier
	switch {
	case v.now >= processing && app+way < rest:
		return unreachable(fmt.Sprintf("no answer within %v: %v passed before the connection to %s was open",
			limit, rest.Round(time.Millisecond), v.addr()), v.wayHint())
	case v.now == transfer:
		return failure{Timeout, fmt.Sprintf("answer not finished within %v", limit), isUp}
	case v.now == processing:
		return failure{Timeout, fmt.Sprintf("no answer within %v", limit), isUp}
	}
	text := fmt.Sprintf("no answer within %v: %s", limit, v.hung())
	switch {
	case app >= way+rest && app > 0: // it was slow to answer with redirects
		return failure{Timeout, text, isUp}
	case v.now == sending:
		return failure{ConnectTimeout, text, sendHint}
	case v.now == handshake, v.now == connect && v.via == nil:
		return failure{ConnectTimeout, text, wayHint}
	}
	return unreachable(text, v.wayHint())
}

// Time spent in the app, on the way to it, and on the name server and the proxy. The last does not measure the app.
func (v *visit) split() (app, way, rest time.Duration) {
	s := &v.spent
	app, way, rest = s[processing]+s[transfer], s[handshake]+s[sending], s[lookup]+s[proxyTLS]+s[tunnel]
	if v.via == nil {
		return app, way + s[connect], rest
	}
	return app, way, rest + s[connect]
}

const longRest = time.Second // longer than a working name server or proxy takes

// If a name server or a proxy took most of the total time, and long, the total does not measure the app.
func (v *visit) detained() (failure, bool) {
	app, way, rest := v.split()
	if rest < longRest || rest < app+way {
		return failure{}, false
	}
	who, hint := "the name server", "Check this machine's name servers in /etc/resolv.conf. The first of "+
		"several may be down."
	if v.via != nil {
		who, hint = "the proxy "+proxyName(v.via), "Check the proxy in HTTP_PROXY, HTTPS_PROXY or ALL_PROXY."
	}
	return unreachable(fmt.Sprintf("%s took %v, the app only %v",
		who, rest.Round(time.Millisecond), (app+way).Round(time.Millisecond)), hint), true
}

func (v *visit) wayHint() string {
	if v.now == lookup || v.via == nil {
		return nameHint
	}
	return viaHint
}

func (v *visit) hung() string {
	host, peer := fmt.Sprintf("%q", v.host()), v.addr()
	if v.via != nil {
		host, peer = fmt.Sprintf("the proxy %q", short(v.via.Hostname())), "the proxy "+proxyName(v.via)
	}
	switch v.now {
	case lookup:
		return "the name server did not resolve " + host
	case connect:
		return peer + " did not accept a connection"
	case proxyTLS:
		return peer + " did not finish the TLS handshake"
	case tunnel:
		return peer + " did not open a connection to " + v.addr()
	case handshake:
		return v.addr() + " did not finish the TLS handshake"
	case sending:
		return v.addr() + " did not allow a request on the connection"
	}
	return "no time was left for a request"
}
