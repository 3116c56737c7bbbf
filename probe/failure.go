package probe

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// A badAnswer is an answer that no heartbeat can use, in words for people.
type badAnswer string

func (e badAnswer) Error() string { return string(e) }

// A hinted error brings what its reader can do about it.
type hinted struct {
	error
	hint string
}

func (e hinted) Unwrap() error { return e.error }

// A brokenOff error ended an answer's body before its end.
type brokenOff struct{ error }

func (e brokenOff) Unwrap() error { return e.error }

// An http2StreamError has the fields of net/http's own, by which errors.As fills it in (see h2_error.go there).
type http2StreamError struct {
	StreamID uint32
	Code     uint32
	Cause    error
}

func (e http2StreamError) Error() string { return "HTTP/2 stream error" }

// protocolError is the code of an HTTP/2 stream that net/http gave up itself, as what came broke the rules (RFC 9113,
// section 7).
const protocolError = 1

// explain gives the outcome of a visit that ended with err, and says in words why. It never shows what err says itself,
// for that may quote the answer, and an answer may quote the request with its secrets. The visit has ended.
func (v *visit) explain(err error) (Outcome, string) {
	var bad badAnswer
	var dns *net.DNSError
	var stream http2StreamError
	var errno syscall.Errno
	var op *net.OpError
	switch {
	case v.parent.Err() == context.Canceled:
		return Unreachable, "cancelled"
	case time.Since(v.start) >= v.limit, errors.Is(err, syscall.ETIMEDOUT):
		return Timeout, v.explainTimeout()
	case errors.As(err, &bad):
		return BadAnswer, string(bad)
	case errors.As(err, &dns) && dns.IsNotFound:
		return Unreachable, fmt.Sprintf(`no such host "%s"`, short(dns.Name))
	case errors.As(err, &dns):
		return Unreachable, fmt.Sprintf(`the name server can't tell the address of "%s"`, short(dns.Name))
	case v.now == handshake:
		return Unreachable, v.explainTLS(err)
	case errors.Is(err, syscall.ECONNREFUSED):
		return Unreachable, "connection refused by " + v.addr
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return Unreachable, "connection reset by " + v.addr
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return Unreachable, fmt.Sprintf("connection closed by %s %s", v.addr, where(err))
	case errors.As(err, &stream) && stream.Code != protocolError:
		return Unreachable, fmt.Sprintf("HTTP/2 stream reset by %s %s", v.addr, where(err))
	case errors.As(err, &op) && errors.As(err, &errno):
		return Unreachable, fmt.Sprintf("connection to %s failed: %s", v.addr, errno.Error())
	case errors.As(err, &op), v.now < processing:
		return Unreachable, "connection to " + v.addr + " failed"
	case strings.Contains(err.Error(), "headers exceeded"): // net/http has no type for it
		return BadAnswer, fmt.Sprintf("answer of %s has more than %d KiB of headers", v.addr, maxHeader>>10)
	default:
		return BadAnswer, "answer of " + v.addr + " is not proper HTTP"
	}
}

func where(err error) string {
	var broken brokenOff
	if errors.As(err, &broken) {
		return "in the middle of its answer"
	}
	return "before an answer"
}

func (v *visit) explainTimeout() string {
	limit := min(v.limit, time.Since(v.start)).Round(time.Millisecond) // the kernel may give up earlier
	switch v.now {
	case lookup:
		return fmt.Sprintf(`no answer within %v: the name "%s" was not looked up yet`, limit, v.host)
	case connect:
		return fmt.Sprintf("no answer within %v: %s accepted no connection", limit, v.addr)
	case handshake:
		return fmt.Sprintf("no answer within %v: %s did not finish the TLS handshake", limit, v.addr)
	case transfer:
		return fmt.Sprintf("answer not finished within %v", limit)
	default:
		return fmt.Sprintf("no answer within %v", limit)
	}
}

// explainTLS says why a TLS handshake failed.
func (v *visit) explainTLS(err error) string {
	var name x509.HostnameError
	var invalid x509.CertificateInvalidError
	var unknown x509.UnknownAuthorityError
	var verify *tls.CertificateVerificationError
	var noTLS tls.RecordHeaderError
	switch {
	case errors.As(err, &name):
		return "certificate is not valid for " + v.host
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired && time.Now().After(invalid.Cert.NotAfter):
		return fmt.Sprintf("certificate of %s expired on %s", v.host, invalid.Cert.NotAfter.UTC().Format(time.DateOnly))
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return fmt.Sprintf("certificate of %s is not valid before %s", v.host, invalid.Cert.NotBefore.UTC().Format(time.DateTime))
	case errors.As(err, &unknown):
		return "certificate of " + v.host + " is signed by an unknown authority"
	case errors.As(err, &verify):
		return "certificate of " + v.host + " is not valid"
	case errors.As(err, &noTLS):
		return v.addr + " does not speak TLS: is it http rather than https?"
	default:
		return "TLS handshake with " + v.addr + " failed"
	}
}

// short makes a host's name, which a redirect may have made long or strange, fit for a line of text.
func short(name string) string {
	const most = 100
	if len(name) > most {
		name = name[:most] + "…"
	}
	return strings.Trim(strconv.Quote(name), `"`)
}
