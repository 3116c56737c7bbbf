package failure_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/probe"
	"github.com/autoscalebot/autoscalebot/probe/internal/failure"
)

func TestEndsOfAProbe(t *testing.T) {
	live := t.Context()
	canceled, cancel := context.WithCancel(live)
	cancel()
	over, cancelOver := context.WithDeadline(live, time.Now().Add(-time.Second))
	defer cancelOver()
	for name, c := range map[string]struct {
		parent, ctx context.Context
		err         error
		want        probe.Outcome
	}{
		"canceled":             {canceled, canceled, context.Canceled, probe.Unreachable},
		"its time was over":    {live, over, io.EOF, probe.Timeout},
		"so was its parent's":  {over, over, io.EOF, probe.Timeout},
		"the kernel gave up":   {live, live, fmt.Errorf("dial: %w", syscall.ETIMEDOUT), probe.Timeout},
		"a deadline":           {live, live, os.ErrDeadlineExceeded, probe.Timeout},
		"something else":       {live, live, io.EOF, ""},
		"without an error yet": {live, live, nil, ""},
	} {
		f, ok := failure.Ended(c.parent, c.ctx, c.err, "late")
		if f.Outcome != c.want || ok != (c.want != "") || c.want == probe.Timeout && f.Text != "late" {
			t.Errorf("%s: %+v, %v; want %q", name, f, ok, c.want)
		}
	}
}

func TestConnectionsThatFail(t *testing.T) {
	dial := func(err error) error { return &net.OpError{Op: "dial", Err: err} }
	for want, err := range map[string]error{
		"cannot resolve \"db\"":                                     dial(&net.DNSError{Name: "db", Server: "10.0.0.1"}),
		"the certificate of db:1 is for another name":               &tls.CertificateVerificationError{Err: x509.HostnameError{Certificate: new(x509.Certificate), Host: "db"}},
		"the certificate of db:1 is signed by an unknown authority": &tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}},
		"the certificate of db:1 is not valid":                      &tls.CertificateVerificationError{Err: errors.New("expired")},
		"connection refused by db:1":                                dial(syscall.ECONNREFUSED),
		"connection closed by db:1 before the end of the answer":    fmt.Errorf("read: %w", io.ErrUnexpectedEOF),
		"connection to db:1 failed":                                 dial(syscall.EHOSTUNREACH),
		"":                                                          errors.New("no connection was the matter"),
	} {
		f, ok := failure.Connection(err, "db:1", "db")
		if f.Text != want || ok != (want != "") || ok && f.Outcome != probe.Unreachable {
			t.Errorf("%v: %+v, want %q", err, f, want)
		}
	}
}

func TestAReadingOfAFailureHasNoValue(t *testing.T) {
	for name, c := range map[string]struct {
		err  error
		want probe.Reading
	}{
		"none":            {nil, probe.Reading{Value: 7, Outcome: probe.Answered}},
		"a failure":       {fmt.Errorf("ask: %w", failure.Failure{Outcome: probe.Timeout, Text: "late"}), probe.Reading{Outcome: probe.Timeout, Error: "late"}},
		"any other error": {errors.New("no number"), probe.Reading{Outcome: probe.BadAnswer, Error: "no number"}},
	} {
		r := probe.Reading{Value: 7, Outcome: probe.Answered}
		if failure.Note(&r, c.err); r != c.want {
			t.Errorf("%s: %+v, want %+v", name, r, c.want)
		}
	}
}
