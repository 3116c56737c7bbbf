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

// The server cannot tell a length.
type unknownLag string

func (e unknownLag) Error() string { return string(e) }

// The server accepted the connection, but did not answer the TLS handshake in time.
type noHandshake struct{ error }

func (e noHandshake) Unwrap() error { return e.error }

// The text quotes nothing of the server's words, which may repeat what it was sent.
func (c *client) explain(parent, ctx context.Context, err error) failure.Failure {
	var refused refusal
	var none noQueue
	var lag unknownLag
	if errors.As(err, new(noHandshake)) && !errors.Is(parent.Err(), context.Canceled) {
		return failure.Failure{
			Outcome: probe.Timeout,
			Text: c.addr + " accepts the connection, but does not answer in TLS: use redis:// instead " +
				"of rediss://",
		}
	}
	if f, ok := failure.Ended(parent, ctx, err, failure.NoAnswer); ok {
		return f
	}
	switch {
	case errors.As(err, &refused):
		return c.explainRefusal(refused)
	case errors.As(err, &none):
		return failure.Failure{Outcome: probe.ClientError, Text: string(none)}
	case errors.As(err, &lag):
		return failure.Bad("%s", string(lag))
	case errors.Is(err, errTooLong) && c.long != "":
		return failure.Bad("%s", c.long)
	case errors.Is(err, errProtocol):
		return failure.Bad("%s does not speak Redis's protocol, or requires TLS (rediss://)", c.addr)
	case errors.As(err, new(tls.RecordHeaderError)):
		return failure.Failure{
			Outcome: probe.Unreachable,
			Text:    c.addr + " does not speak TLS: use redis:// instead of rediss://",
		}
	}
	f, ok := failure.Connection(err, c.addr, c.host())
	switch {
	case !ok:
		f.Text = "connection to " + c.addr + " failed"
	case errors.As(err, new(x509.UnknownAuthorityError)):
		f.Text += ": append ?ssl_ca_certs=FILE to the URL, or ?ssl_cert_reqs=none to accept any"
	}
	return f
}

// "" for a socket
func (c *client) host() string {
	host, _, _ := net.SplitHostPort(c.addr)
	return host
}

// Redis's errors for the commands sent here begin like this.
func (c *client) explainRefusal(r refusal) failure.Failure {
	for _, known := range []struct {
		begin   string
		outcome probe.Outcome
		text    string
	}{
		{"NOAUTH", probe.ClientError, "requires a password: add it to the URL"},
		{"WRONGPASS", probe.ClientError, "rejects the user or the password" + c.withoutUser()},
		{"ERR invalid password", probe.ClientError, "rejects the password"},
		{
			"ERR wrong number of arguments for 'auth'", probe.ClientError,
			"does not support users, as it is older than Redis 6: remove the user from the URL",
		},
		{"ERR AUTH", probe.ClientError, "has no password: remove it from the URL"},
		{"NOPERM", probe.ClientError, "denies access: the user needs the keys, and " + c.commands},
		{"DENIED", probe.ClientError, "accepts no remote connections without a password (protected mode)"},
		{"ERR DB index", probe.ClientError, "has no database of that number"},
		{"ERR invalid DB index", probe.ClientError, "has no database of that number"},
		{
			"ERR SELECT is not allowed", probe.ClientError,
			"is a cluster, which has no databases: remove the number from the URL",
		},
		{"ERR unknown", probe.ClientError, "does not know a command: it is too old, or not Redis"},
		{"ERR max number of clients", probe.ServerError, "has too many clients"},
		{"MOVED", probe.ClientError, "is a node of a cluster, and a key is on another node"},
		{"ASK", probe.ClientError, "is a node of a cluster, and a key is on another node"},
		{"WRONGTYPE", probe.ClientError, "has a key of another type than expected: check the prefix and the database"},
		{"LOADING", probe.ServerError, "is still loading its data"},
		{"BUSY", probe.ServerError, "is busy with a script"},
		{"MASTERDOWN", probe.ServerError, "is a replica that has lost its master"},
		{"CLUSTERDOWN", probe.ServerError, "is a node of a cluster that is down"},
		{"ERR", probe.ServerError, "answers with an error"},
	} {
		if strings.HasPrefix(string(r), known.begin) {
			return failure.Failure{Outcome: known.outcome, Text: c.addr + " " + known.text}
		}
	}
	return failure.Bad("%s answers with an error that is not Redis's", c.addr)
}

func (c *client) withoutUser() string {
	if c.user != placeholder {
		return ""
	}
	return ", also without the user " + placeholder
}
