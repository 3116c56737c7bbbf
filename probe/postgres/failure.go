package postgres

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"unicode"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/autoscalebot/autoscalebot/probe"
)

// maxReason is how many bytes of the server's words are shown.
const maxReason = 200

// A failure is a probe's end without a value, in words for people.
type failure struct {
	outcome probe.Outcome
	text    string
}

// A noNumber error says what a query's result is instead.
type noNumber string

func (e noNumber) Error() string { return string(e) }

// explain says in words why a probe failed with err.
func (p *Prober) explain(parent, ctx context.Context, err error) *failure {
	var none noNumber
	var refused *pgconn.PgError
	switch {
	case parent.Err() == context.Canceled:
		return &failure{probe.Unreachable, "cancelled"}
	case ctx.Err() != nil, errors.Is(err, syscall.ETIMEDOUT):
		return &failure{probe.Timeout, "no answer, or none to its end, within the time"}
	case errors.As(err, &none):
		return &failure{probe.BadAnswer, string(none)}
	case errors.As(err, &refused) && errors.As(err, new(*pgconn.ConnectError)) && slices.Contains(refusedParameter, refused.Code):
		return &failure{probe.ClientError, p.addr() + " refuses a parameter of the URL" + p.reason(refused)}
	case errors.As(err, &refused):
		return p.explainRefusal(refused)
	}
	if text := p.explainConnection(err); text != "" {
		return &failure{probe.Unreachable, text}
	}
	return &failure{probe.BadAnswer, p.addr() + " does not speak PostgreSQL's protocol"}
}

// refusedParameter are the codes by which a server refuses what a connection begins with: undefined_object, invalid_parameter_value, and
// protocol_violation, as which PgBouncer refuses it.
var refusedParameter = []string{"42704", "22023", "08P01"}

// addr is where the database is, for people.
func (p *Prober) addr() string {
	return net.JoinHostPort(p.config.Host, strconv.Itoa(int(p.config.Port)))
}

// explainConnection says why there was none, or none any more, or nothing if that is not what happened.
func (p *Prober) explainConnection(err error) string {
	var dns *net.DNSError
	var name x509.HostnameError
	var unknown x509.UnknownAuthorityError
	var cert *tls.CertificateVerificationError
	var op *net.OpError
	switch {
	case errors.As(err, &dns):
		return fmt.Sprintf("the name %.100q can't be looked up", dns.Name)
	case errors.As(err, &name):
		return "the certificate of " + p.addr() + " is for another name"
	case errors.As(err, &unknown):
		return "the certificate of " + p.addr() + " is signed by an unknown authority"
	case errors.As(err, &cert):
		return "the certificate of " + p.addr() + " is not valid"
	case strings.Contains(err.Error(), "server refused TLS"): // the library has no type for it
		return p.addr() + " does not speak TLS: write sslmode=disable if that is how it should be"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connection refused by " + p.addr()
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return "connection closed by " + p.addr() + " before the end of an answer"
	case errors.As(err, &op):
		return "connection to " + p.addr() + " failed"
	}
	return ""
}

// explainRefusal says what a server means with an error, by its SQLSTATE (postgresql.org/docs/current/errcodes-appendix.html).
func (p *Prober) explainRefusal(e *pgconn.PgError) *failure {
	if len(e.Code) != 5 || strings.ContainsFunc(e.Code, func(c rune) bool { return (c < '0' || c > '9') && (c < 'A' || c > 'Z') }) {
		return &failure{probe.BadAnswer, p.addr() + " does not speak PostgreSQL's protocol"}
	}
	switch e.Code {
	case "57014": // query_canceled
		return &failure{probe.Timeout, "the query was not done within the time"}
	case "25006": // read_only_sql_transaction
		return &failure{probe.ClientError, "the query wants to change something, and may only read"}
	case "28000", "28P01": // invalid_authorization_specification, invalid_password
		return &failure{probe.ClientError, p.addr() + " refuses the user or the password" + p.reason(e)}
	}
	switch e.Code[:2] {
	case "08", "40", "53", "54", "55", "57", "58", "XX": // of the server: connections, resources, operators, its own mistakes
		return &failure{probe.ServerError, p.addr() + " has an error" + p.reason(e)}
	case "3D":
		return &failure{probe.ClientError, p.addr() + " refuses the database" + p.reason(e)}
	}
	return &failure{probe.ClientError, "the query is refused" + p.reason(e)}
}

// reason gives the server's words, behind a colon, or nothing where they hold a secret.
func (p *Prober) reason(e *pgconn.PgError) string {
	text := e.Message
	for _, s := range p.secrets {
		if s != "" && strings.Contains(text, s) {
			return " (" + e.Code + ")"
		}
	}
	if len(text) > maxReason {
		text = text[:maxReason] + "…"
	}
	clean := func(c rune) rune {
		if !unicode.IsPrint(c) || c == unicode.ReplacementChar {
			return ' '
		}
		return c
	}
	return ": " + strings.Map(clean, text) + " (" + e.Code + ")"
}
