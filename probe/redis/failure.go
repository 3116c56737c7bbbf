package redis

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"strings"

	"github.com/autoscalebot/autoscalebot/probe"
	"github.com/autoscalebot/autoscalebot/probe/internal/failure"
)

type noQueue string

func (e noQueue) Error() string { return string(e) }

// The server does not know a length.
type unknownLag string

func (e unknownLag) Error() string { return string(e) }

// The server took the connection, and did not answer to TLS in time.
type noHandshake struct{ error }

func (e noHandshake) Unwrap() error { return e.error }

// It shows nothing that the server says, which may repeat what it was sent.
func (p *Prober) explain(parent, ctx context.Context, err error) failure.Failure {
	var refused refusal
	var none noQueue
	var lag unknownLag
	if errors.As(err, new(noHandshake)) && !errors.Is(parent.Err(), context.Canceled) {
		return failure.Failure{
			Outcome: probe.Timeout,
			Text: p.addr + " takes the connection, and does not answer to TLS: is it redis:// rather " +
				"than rediss://?",
		}
	}
	if f, ok := failure.Ended(parent, ctx, err, failure.NoAnswer); ok {
		return f
	}
	switch {
	case errors.As(err, &refused):
		return p.explainRefusal(refused)
	case errors.As(err, &none):
		return failure.Failure{Outcome: probe.ClientError, Text: string(none)}
	case errors.As(err, &lag):
		return failure.Bad("%s", string(lag))
	case errors.Is(err, errProtocol):
		return failure.Bad("%s does not speak Redis's protocol, or wants TLS (rediss://)", p.addr)
	case errors.As(err, new(tls.RecordHeaderError)):
		return failure.Failure{
			Outcome: probe.Unreachable,
			Text:    p.addr + " does not speak TLS: is it redis:// rather than rediss://?",
		}
	}
	f, ok := failure.Connection(err, p.addr, p.host())
	switch {
	case !ok:
		f.Text = "connection to " + p.addr + " failed"
	case errors.As(err, new(x509.UnknownAuthorityError)):
		f.Text += ": name it by ?ssl_ca_certs=FILE in the URL, or take any by ?ssl_cert_reqs=none"
	}
	return f
}

// "" for a socket
func (p *Prober) host() string {
	host, _, _ := net.SplitHostPort(p.addr)
	return host
}

// Redis's errors begin in these ways for the commands sent here.
func (p *Prober) explainRefusal(r refusal) failure.Failure {
	for _, known := range []struct {
		begin   string
		outcome probe.Outcome
		text    string
	}{
		{"NOAUTH", probe.ClientError, "wants a password: write it into the URL"},
		{"WRONGPASS", probe.ClientError, "refuses the user or the password" + p.withoutUser()},
		{"ERR invalid password", probe.ClientError, "refuses the password"},
		{
			"ERR wrong number of arguments for 'auth'", probe.ClientError,
			"knows no users, as it is older than Redis 6: leave the user out of the URL",
		},
		{"ERR AUTH", probe.ClientError, "has no password, and was sent one: leave it out of the URL"},
		{"NOPERM", probe.ClientError, "does not let the user look: it needs the keys, and SELECT, TYPE, LLEN, XLEN, " +
			"ZCARD, SCARD and XINFO"},
		{"DENIED", probe.ClientError, "takes no connections from elsewhere without a password (protected mode)"},
		{"ERR DB index", probe.ClientError, "has no database of that number"},
		{"ERR invalid DB index", probe.ClientError, "has no database of that number"},
		{
			"ERR SELECT is not allowed", probe.ClientError,
			"is a cluster, which has no databases: leave the number out of the URL",
		},
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
			return failure.Failure{Outcome: known.outcome, Text: p.addr + " " + known.text}
		}
	}
	return failure.Bad("%s answers with an error that Redis does not have", p.addr)
}

func (p *Prober) withoutUser() string {
	if p.user != placeholder {
		return ""
	}
	return ", also without the user " + placeholder
}
