package probe

import (
	"fmt"
	"time"
)

// late gives the outcome of a visit whose time was over, and says in which phase it was. Load is what happened after the
// request reached a connection: so a timeout counts as one of the app only where the app had most of the time.
func (v *visit) late() (Outcome, string) {
	s := &v.spent
	app := s[processing] + s[transfer]
	way := s[connect] + s[handshake]
	if v.via != nil {
		way = s[handshake]
	}
	rest := s[lookup] + s[connect] + s[proxyTLS] + s[tunnel] + s[handshake] - way
	limit := min(v.limit, time.Since(v.start)).Round(time.Millisecond) // the kernel may give up earlier
	switch {
	case v.now >= processing && app+way < rest:
		return Unreachable, fmt.Sprintf("no answer within %v, of which %v passed before there was a connection to %s",
			limit, rest.Round(time.Millisecond), v.addr)
	case v.now == transfer:
		return Timeout, fmt.Sprintf("answer not finished within %v", limit)
	case v.now == processing:
		return Timeout, fmt.Sprintf("no answer within %v", limit)
	}
	text := fmt.Sprintf("no answer within %v: %s", limit, v.hung())
	switch {
	case app >= way+rest && app > 0: // it answered with redirects, and took its time
		return Timeout, text
	case v.now == handshake, v.now == connect && v.via == nil:
		return ConnectTimeout, text
	}
	return Unreachable, text
}

// hung says what a phase before the request was waiting for.
func (v *visit) hung() string {
	host, peer := fmt.Sprintf("%q", v.host), v.addr
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
		return peer + " opened no connection to " + v.addr
	case handshake:
		return v.addr + " did not finish the TLS handshake"
	}
	return "there was no time left to ask"
}
