// Package failure describes a prober's failure: its outcome, and a text that quotes nothing of the error, which may
// hold a URL or an answer.
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

// A Failure is the end of a probe without a value, in words for people.
type Failure struct {
	Outcome probe.Outcome
	Text    string
}

// Error returns the text.
func (f Failure) Error() string { return f.Text }

// Bad returns the failure of an answer that has no usable value.
func Bad(format string, args ...any) Failure {
	return Failure{probe.BadAnswer, fmt.Sprintf(format, args...)}
}

// Note makes r the reading of a failed probe. An err other than a [Failure] counts as a bad answer. Nil changes
// nothing.
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

// NoAnswer is the text of a timeout.
const NoAnswer = "no complete answer in time"

// Ended returns the failure of a probe that was canceled through parent, or whose time ran out, by ctx (derived from
// parent) or by err. late is the text of the latter. ok is false for any other end.
func Ended(parent, ctx context.Context, err error, late string) (f Failure, ok bool) {
	if f, ok := Canceled(parent); ok {
		return f, true
	}
	var timeout net.Error
	if ctx.Err() != nil || errors.As(err, &timeout) && timeout.Timeout() {
		return Failure{probe.Timeout, late}, true
	}
	return Failure{}, false
}

// Canceled returns the failure of a canceled probe. ok is false if parent was not canceled.
func Canceled(parent context.Context) (f Failure, ok bool) {
	return Failure{probe.Unreachable, "canceled"}, errors.Is(parent.Err(), context.Canceled)
}

// Connection returns the failure to connect to addr, which is an address of host, or the loss of the connection. ok is
// false for other errors.
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
		text = fmt.Sprintf("cannot resolve %.100q", host)
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
		text = "connection closed by " + addr + " before the end of the answer"
	case errors.As(err, &op):
		text = "connection to " + addr + " failed"
	}
	return Failure{probe.Unreachable, text}, text != ""
}
