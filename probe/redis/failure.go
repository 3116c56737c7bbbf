package redis

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"

	"github.com/autoscalebot/autoscalebot/probe"
)

// A failure is a probe's end without a value, in words for people.
type failure struct {
	outcome probe.Outcome
	text    string
}

// A noQueue error says that a key is no queue.
type noQueue string

func (e noQueue) Error() string { return string(e) }

// An unknownLag error says that the server does not know a length.
type unknownLag string

func (e unknownLag) Error() string { return string(e) }

// A noHandshake says that a server took the connection, and did not answer to TLS in time.
type noHandshake struct{ error }

func (e noHandshake) Unwrap() error { return e.error }

// explain says in words why a probe failed with err. It shows nothing that the server says, which may repeat what it was sent.
func (p *Prober) explain(parent, ctx context.Context, err error) *failure {
	var refused refusal
	var none noQueue
	var lag unknownLag
	var silent noHandshake
	switch {
	case parent.Err() == context.Canceled:
		return &failure{probe.Unreachable, "cancelled"}
	case errors.As(err, &silent):
		return &failure{probe.Timeout, p.addr + " takes the connection, and does not answer to TLS: is it redis:// rather than rediss://?"}
	case ctx.Err() != nil, errors.Is(err, syscall.ETIMEDOUT):
		return &failure{probe.Timeout, "no answer, or none to its end, within the time"}
	case errors.As(err, &refused):
		return p.explainRefusal(refused)
	case errors.As(err, &none):
		return &failure{probe.ClientError, string(none)}
	case errors.As(err, &lag):
		return &failure{probe.BadAnswer, string(lag)}
	case errors.Is(err, errProtocol):
		return &failure{probe.BadAnswer, p.addr + " does not speak Redis's protocol, or wants TLS (rediss://)"}
	}
	return &failure{probe.Unreachable, p.explainConnection(err)}
}

// explainConnection says why there was none, or none any more.
func (p *Prober) explainConnection(err error) string {
	var dns *net.DNSError
	var name x509.HostnameError
	var unknown x509.UnknownAuthorityError
	var cert *tls.CertificateVerificationError
	var noTLS tls.RecordHeaderError
	switch {
	case errors.As(err, &dns):
		return fmt.Sprintf("the name %.100q can't be looked up", dns.Name)
	case errors.As(err, &name):
		return "the certificate of " + p.addr + " is for another name"
	case errors.As(err, &unknown):
		return "the certificate of " + p.addr + " is signed by an unknown authority: name it by ?ssl_ca_certs=FILE in the URL, or take any by ?ssl_cert_reqs=none"
	case errors.As(err, &cert):
		return "the certificate of " + p.addr + " is not valid"
	case errors.As(err, &noTLS):
		return p.addr + " does not speak TLS: is it redis:// rather than rediss://?"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connection refused by " + p.addr
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return "connection closed by " + p.addr + " before the end of an answer"
	}
	return "connection to " + p.addr + " failed"
}

// explainRefusal says what a server means with an error, by how those begin that Redis has for the commands sent here.
func (p *Prober) explainRefusal(r refusal) *failure {
	for _, known := range []struct {
		begin   string
		outcome probe.Outcome
		text    string
	}{
		{"NOAUTH", probe.ClientError, "wants a password: write it into the URL"},
		{"WRONGPASS", probe.ClientError, "refuses the user or the password" + p.withoutUser()},
		{"ERR invalid password", probe.ClientError, "refuses the password"},
		{"ERR wrong number of arguments for 'auth'", probe.ClientError, "knows no users, as it is older than Redis 6: leave the user out of the URL"},
		{"ERR AUTH", probe.ClientError, "has no password, and was sent one: leave it out of the URL"},
		{"NOPERM", probe.ClientError, "does not let the user look: it needs the keys, and SELECT, TYPE, LLEN, XLEN, ZCARD, SCARD and XINFO"},
		{"DENIED", probe.ClientError, "takes no connections from elsewhere without a password (protected mode)"},
		{"ERR DB index", probe.ClientError, "has no database of that number"},
		{"ERR invalid DB index", probe.ClientError, "has no database of that number"},
		{"ERR SELECT is not allowed", probe.ClientError, "is a cluster, which has no databases: leave the number out of the URL"},
		{"ERR unknown", probe.ClientError, "does not know a command: it is too old, or no Redis"},
		{"ERR max number of clients", probe.ServerError, "has too many clients"},
		{"MOVED", probe.ClientError, "is a part of a cluster, and another part holds a key"},
		{"ASK", probe.ClientError, "is a part of a cluster, and another part holds a key"},
		{"LOADING", probe.ServerError, "is still loading its data"},
		{"BUSY", probe.ServerError, "is busy with a script"},
		{"MASTERDOWN", probe.ServerError, "is a replica that has lost its master"},
		{"CLUSTERDOWN", probe.ServerError, "is a part of a cluster that is down"},
		{"ERR", probe.ServerError, "answers with an error"},
	} {
		if strings.HasPrefix(string(r), known.begin) {
			return &failure{known.outcome, p.addr + " " + known.text}
		}
	}
	return &failure{probe.BadAnswer, p.addr + " answers with an error that Redis does not have"}
}

// withoutUser says that a login was tried without the user as well.
func (p *Prober) withoutUser() string {
	if p.user != placeholder {
		return ""
	}
	return ", also without the user " + placeholder
}
