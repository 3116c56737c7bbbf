package probe

import (
	"fmt"
	"time"
)

const (
	isUp     = "is the app up, and is HEARTBEAT_TIMEOUT_IN_SECONDS long enough?"
	nameHint = "does this machine's name server work? The app was not asked"
	viaHint  = "does the proxy work? The app was not asked: see HTTP_PROXY, HTTPS_PROXY and ALL_PROXY"
	sendHint = "how many HTTP/2 streams does the server allow? The app was not asked: see connect in HEARTBEAT_FAIL_ON"
	wayHint  = "does a firewall drop packets? The app was not asked, so this counts as slow only where " +
		"HEARTBEAT_FAIL_ON names connect"
)

// A timeout counts as one of the app only where the app had most of the time.
func (v *visit) late() failure {
	app, way, rest := v.split()
	limit := min(v.limit, time.Since(v.start)).Round(time.Millisecond) // the kernel may give up earlier
	switch {
	case v.now >= processing && app+way < rest:
		return unreachable(fmt.Sprintf("no answer within %v, of which %v passed before there was a connection to %s",
			limit, rest.Round(time.Millisecond), v.addr()), v.wayHint())
	case v.now == transfer:
		return failure{Timeout, fmt.Sprintf("answer not finished within %v", limit), isUp}
	case v.now == processing:
		return failure{Timeout, fmt.Sprintf("no answer within %v", limit), isUp}
	}
	text := fmt.Sprintf("no answer within %v: %s", limit, v.hung())
	switch {
	case app >= way+rest && app > 0: // it answered with redirects, and took its time
		return failure{Timeout, text, isUp}
	case v.now == sending:
		return failure{ConnectTimeout, text, sendHint}
	case v.now == handshake, v.now == connect && v.via == nil:
		return failure{ConnectTimeout, text, wayHint}
	}
	return unreachable(text, v.wayHint())
}

// rest, of the name server and the proxy, says nothing of the app or of the way to it.
func (v *visit) split() (app, way, rest time.Duration) {
	s := &v.spent
	app, way, rest = s[processing]+s[transfer], s[handshake]+s[sending], s[lookup]+s[proxyTLS]+s[tunnel]
	if v.via == nil {
		return app, way + s[connect], rest
	}
	return app, way, rest + s[connect]
}

const longRest = time.Second // more than a name server or a proxy that works needs

// The total time tells nothing of the app where a name server or a proxy had most of it, and long.
func (v *visit) detained() (failure, bool) {
	app, way, rest := v.split()
	if rest < longRest || rest < app+way {
		return failure{}, false
	}
	who, hint := "the name server", "does this machine's name server work? There may be several, the first of which "+
		"is down: see /etc/resolv.conf"
	if v.via != nil {
		who, hint = "the proxy "+proxyName(v.via), "does the proxy work? See HTTP_PROXY, HTTPS_PROXY and ALL_PROXY"
	}
	return unreachable(fmt.Sprintf("%s took %v, and the app %v: the time says nothing about the app",
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
		return "the name server did not tell the address of " + host
	case connect:
		return peer + " accepted no connection"
	case proxyTLS:
		return peer + " did not finish the TLS handshake"
	case tunnel:
		return peer + " opened no connection to " + v.addr()
	case handshake:
		return v.addr() + " did not finish the TLS handshake"
	case sending:
		return v.addr() + " allowed no request on the connection"
	}
	return "there was no time left to ask"
}
