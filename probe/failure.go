package probe

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/net/http2"
)

type badAnswer string

func (e badAnswer) Error() string { return string(e) }

type hinted struct {
	error
	hint string
}

func (e hinted) Unwrap() error { return e.error }

type brokenOff struct{ error }

func (e brokenOff) Unwrap() error { return e.error }

type failure struct {
	outcome Outcome
	text    string
	hint    string // a sentence that says how to fix it, or ""
}

func unreachable(text, hint string) failure { return failure{Unreachable, text, hint} }

const anyWay = "Check HEARTBEAT_URL, and that this machine can reach it."

// The text never quotes err: it may quote the answer, and an answer may echo the request's secrets. The visit must have
// ended.
func (h *Heartbeat) explain(v *visit, err error) failure {
	var bad badAnswer
	switch {
	case v.parent.Err() == context.Canceled:
		return unreachable("canceled", "")
	case time.Since(v.start) >= v.limit, errors.Is(err, syscall.ETIMEDOUT):
		return v.late()
	case errors.As(err, &bad):
		var hint hinted
		errors.As(err, &hint)
		return failure{BadAnswer, string(bad), hint.hint}
	case v.viaAsks && alert(err) != "" && (v.now <= tunnel || v.forwarded()):
		return v.explainProxyCertificate()
	case v.now == proxyTLS:
		return h.explainTLS(err, v.peer(), v.via.Hostname())
	case v.now == tunnel:
		return v.explainTunnel(err)
	case v.now < handshake:
		return v.explainConnect(err)
	}
	if f, ok := v.explainCertificateRequest(err); ok {
		return f
	}
	if v.now == handshake {
		return h.explainTLS(err, v.addr(), v.name())
	}
	return v.explainAnswer(err)
}

// The peer is the proxy if that forwards requests or has not opened a tunnel yet.
func (v *visit) peer() string {
	if v.via != nil && (v.now < handshake || v.forwarded()) {
		return "the proxy " + proxyName(v.via)
	}
	return v.addr()
}

func (v *visit) explainConnect(err error) failure {
	var dns *net.DNSError
	var errno syscall.Errno
	var op *net.OpError
	hint, proxy := anyWay, ""
	if v.via != nil {
		hint, proxy = "Check the proxy's address in HTTP_PROXY, HTTPS_PROXY or ALL_PROXY.", " (the proxy)"
	}
	switch {
	case errors.As(err, &dns) && dns.IsNotFound:
		return unreachable(fmt.Sprintf(`no such host "%s"%s`, short(dns.Name), proxy), hint)
	case errors.As(err, &dns):
		return unreachable(fmt.Sprintf(`the name server cannot resolve "%s"%s`, short(dns.Name), proxy),
			"Check this machine's name server.")
	case errors.Is(err, syscall.ECONNREFUSED):
		return unreachable("connection refused by "+v.peer(), hint)
	case isReset(err):
		return unreachable("connection reset by "+v.peer(), hint)
	case errors.As(err, &op) && errors.As(err, &errno):
		return unreachable(fmt.Sprintf("connection to %s failed: %s", v.peer(), errno.Error()),
			cmp.Or(ownFaults[errno], hint))
	}
	return unreachable("connection to "+v.peer()+" failed", hint)
}

var ownFaults = map[syscall.Errno]string{
	syscall.EMFILE:        "This process has too many open files. Raise its limit (ulimit -n).",
	syscall.ENFILE:        "This machine has too many open files.",
	syscall.EADDRNOTAVAIL: "Check that this machine has an address of that family and free ports.",
	syscall.EACCES:        "This machine does not allow the connection. Check its firewall.",
	syscall.EPERM:         "This machine does not allow the connection. Check its firewall.",
	syscall.ENETUNREACH:   "Check that this machine has an address of that family (IPv4 or IPv6) and a route.",
	syscall.EHOSTUNREACH:  "Check the route from this machine, and the firewalls on it.",
}

// A broken connection is Unreachable, whatever was read before. Only what can never become an answer is BadAnswer.
func (v *visit) explainAnswer(err error) failure {
	var stream http2.StreamError
	var errno syscall.Errno
	var op *net.OpError
	improper := failure{BadAnswer, "the answer from " + v.peer() + " is not valid HTTP", "Check the port."}
	switch isStream := errors.As(err, &stream); {
	case !v.secure() && v.wire != nil && v.wire.speaksTLS():
		return failure{BadAnswer, v.peer() + " answers in TLS, not in http", "Use https:// instead of http://."}
	case tooLong(err), isStream && stream.Cause != nil && tooLong(stream.Cause):
		return failure{BadAnswer, fmt.Sprintf("the answer from %s has more than %d KiB of headers", v.peer(),
			maxHeader>>10), ""}
	case isStream && !fromPeer(stream):
		return improper
	}
	if ended := http2End(err, v.peer()); ended != "" {
		return unreachable(ended+" "+where(err)+v.twice(),
			"The server rejected the request. Check its log.")
	}
	lost, hint := v.lost(), anyWay
	if !v.secure() && v.via == nil && v.wire != nil && v.wire.read.Load() == 0 {
		hint = httpsHint + " Otherwise check the app's log."
	}
	switch {
	case isReset(err), isReset(lost):
		return unreachable("connection reset by "+v.peer()+v.twice(), hint)
	case isEOF(err), isEOF(lost):
		return unreachable(fmt.Sprintf("connection closed by %s %s%s", v.peer(), where(err), v.twice()), hint)
	case errors.As(err, &op) && errors.As(err, &errno):
		return unreachable(fmt.Sprintf("connection to %s failed: %s", v.peer(), errno.Error()), anyWay)
	case errors.As(err, &op):
		return unreachable("connection to "+v.peer()+" failed", anyWay)
	}
	return improper
}

// net/http has no types for these errors.
func tooLong(err error) bool {
	return strings.Contains(err.Error(), "headers exceeded") || strings.Contains(err.Error(), "header list larger")
}

func (v *visit) lost() error {
	if v.wire == nil {
		return nil
	}
	return v.wire.loss()
}

func (v *visit) twice() string {
	if v.sent > 1 {
		return ", twice"
	}
	return ""
}

// Otherwise the client reset the stream, because the server broke the protocol.
func fromPeer(err http2.StreamError) bool {
	return err.Cause != nil && err.Cause.Error() == "received from peer" // http2 has no type for it
}

func http2End(err error, peer string) string {
	var stream http2.StreamError
	_, said, away := strings.Cut(err.Error(), "GOAWAY") // http2 has types for only some of these
	switch {
	case errors.As(err, &stream):
		return fmt.Sprintf("HTTP/2 stream reset by %s (%s)", peer, stream.Code)
	case unusable(err):
		return "HTTP/2 connection ended by " + peer
	case !away:
		return ""
	}
	code := "GOAWAY"
	for named := http2.ErrCodeProtocol; named <= http2.ErrCodeHTTP11Required; named++ {
		if strings.Contains(said, "ErrCode="+named.String()) || strings.Contains(said, "ErrCode:"+named.String()) {
			code += ", " + named.String()
			break
		}
	}
	return fmt.Sprintf("HTTP/2 connection closed by %s (%s)", peer, code)
}

func isReset(err error) bool {
	return errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}

func isEOF(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

func where(err error) string {
	var broken brokenOff
	if errors.As(err, &broken) {
		return "in the middle of its answer"
	}
	return "before it answered"
}

// A redirect can make the name long or strange.
func short(name string) string {
	const most = 100
	if len(name) > most {
		name = name[:most] + "…"
	}
	return strings.Trim(strconv.Quote(name), `"`)
}
