// Package failure tells of a prober's failure in the words of a reading: its outcome, and a text that shows nothing of
// what the error says, which may quote a URL or an answer.
package failure

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"

	"github.com/autoscalebot/autoscalebot/probe"
)

// A Failure is a probe's end without a value, in words for people.
type Failure struct {
	Outcome probe.Outcome
	Text    string
}

// Error is the text.
func (f Failure) Error() string { return f.Text }

// Bad is the failure of an answer from which no value can be read.
func Bad(format string, args ...any) Failure {
	return Failure{probe.BadAnswer, fmt.Sprintf(format, args...)}
}

// Note makes r a reading without a value for a [Failure], or for another error of its answer. Nil changes nothing.
func Note(r *probe.Reading, err error) {
	if err == nil {
		return
	}
	var f Failure
	if !errors.As(err, &f) {
		f = Failure{probe.BadAnswer, err.Error()}
	}
	r.Value, r.Outcome, r.Error = 0, f.Outcome, f.Text
}

// NoAnswer is what is wrong where a server's time was over.
const NoAnswer = "no answer, or none to its end, within the time"

// Ended tells of a probe that was cancelled, for which parent is asked, or whose time was over: by ctx, which comes of
// parent, or by err. late is what is wrong then. ok is false for any other end.
func Ended(parent, ctx context.Context, err error, late string) (f Failure, ok bool) {
	if f, ok := Cancelled(parent); ok {
		return f, true
	}
	var timeout net.Error
	if ctx.Err() != nil || errors.As(err, &timeout) && timeout.Timeout() {
		return Failure{probe.Timeout, late}, true
	}
	return Failure{}, false
}

// Cancelled says whether a probe was cancelled, for which parent is asked.
func Cancelled(parent context.Context) (f Failure, ok bool) {
	return Failure{probe.Unreachable, "cancelled"}, errors.Is(parent.Err(), context.Canceled)
}

// Connection tells why there was no connection to addr, the address of a host, or none any more. ok is false where err
// tells of neither.
func Connection(err error, addr, host string) (f Failure, ok bool) {
	var (
		dns     *net.DNSError
		name    x509.HostnameError
		unknown x509.UnknownAuthorityError
		cert    *tls.CertificateVerificationError
		op      *net.OpError
		text    string
	)
	switch {
	case errors.As(err, &dns):
		text = fmt.Sprintf("the name %.100q can't be looked up", host)
	case errors.As(err, &name):
		text = "the certificate of " + addr + " is for another name"
	case errors.As(err, &unknown):
		text = "the certificate of " + addr + " is signed by an unknown authority"
	case errors.As(err, &cert):
		text = "the certificate of " + addr + " is not valid"
	case errors.Is(err, syscall.ECONNREFUSED):
		text = "connection refused by " + addr
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET),
		errors.Is(err, syscall.EPIPE):
		text = "connection closed by " + addr + " before the end of an answer"
	case errors.As(err, &op):
		text = "connection to " + addr + " failed"
	}
	return Failure{probe.Unreachable, text}, text != ""
}
