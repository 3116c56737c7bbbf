package postgres

import (
	"context"
	"errors"
	"net"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/autoscalebot/autoscalebot/probe"
	"github.com/autoscalebot/autoscalebot/probe/internal/failure"
)

const maxReason = 200 // bytes of the server's words

type noNumber string

func (e noNumber) Error() string { return string(e) }

// The tables of a job runner are missing, or have another form.
type noTables string

func (e noTables) Error() string { return string(e) }

func (c *client) explain(parent, ctx context.Context, err error) failure.Failure {
	var none noNumber
	var tables noTables
	var refused *pgconn.PgError
	if f, ok := failure.Ended(parent, ctx, err, failure.NoAnswer); ok {
		return f
	}
	switch {
	case errors.As(err, &tables):
		return failure.Failure{Outcome: probe.ClientError, Text: string(tables)}
	case errors.As(err, &none):
		return failure.Bad("%s", string(none))
	case errors.As(err, &refused) && errors.As(err, new(*pgconn.ConnectError)) &&
		slices.Contains(refusedParameter, refused.Code):
		return failure.Failure{
			Outcome: probe.ClientError,
			Text:    c.addr() + " rejects a parameter of the URL" + c.reason(refused),
		}
	case errors.As(err, &refused):
		return c.explainRefusal(refused)
	case strings.Contains(err.Error(), "server refused TLS"): // the library has no type for it
		return failure.Failure{
			Outcome: probe.Unreachable,
			Text:    c.addr() + " does not speak TLS: use sslmode=disable if that is intended",
		}
	}
	if f, ok := failure.Connection(err, c.addr(), c.config.Host); ok {
		return f
	}
	return failure.Bad("%s does not speak PostgreSQL's protocol", c.addr())
}

// undefined_object, invalid_parameter_value, and protocol_violation, which is PgBouncer's
var refusedParameter = []string{"42704", "22023", "08P01"}

func (c *client) addr() string {
	return net.JoinHostPort(c.config.Host, strconv.Itoa(int(c.config.Port)))
}

// SQLSTATEs: postgresql.org/docs/current/errcodes-appendix.html
func (c *client) explainRefusal(e *pgconn.PgError) failure.Failure {
	if len(e.Code) != 5 || strings.ContainsFunc(e.Code,
		func(r rune) bool { return (r < '0' || r > '9') && (r < 'A' || r > 'Z') }) {
		return failure.Bad("%s does not speak PostgreSQL's protocol", c.addr())
	}
	switch e.Code {
	case "57014": // query_canceled
		return failure.Failure{Outcome: probe.Timeout, Text: "the query did not finish in time"}
	case "25006": // read_only_sql_transaction
		return failure.Failure{
			Outcome: probe.ClientError,
			Text:    "the query tries to change something: must only read",
		}
	case "28000", "28P01": // invalid_authorization_specification, invalid_password
		return failure.Failure{
			Outcome: probe.ClientError,
			Text:    c.addr() + " rejects the user or the password" + c.reason(e),
		}
	}
	switch e.Code[:2] {
	// server errors: connections, resources, operators, internal
	case "08", "40", "53", "54", "55", "57", "58", "XX":
		return failure.Failure{Outcome: probe.ServerError, Text: c.addr() + " has an error" + c.reason(e)}
	case "3D":
		return failure.Failure{Outcome: probe.ClientError, Text: c.addr() + " rejects the database" + c.reason(e)}
	}
	return failure.Failure{Outcome: probe.ClientError, Text: "the query is rejected" + c.reason(e)}
}

// A reason that holds a secret is left out.
func (c *client) reason(e *pgconn.PgError) string {
	text := e.Message
	for _, s := range c.secrets {
		if s != "" && strings.Contains(text, s) {
			return " (" + e.Code + ")"
		}
	}
	return ": " + clean(text) + " (" + e.Code + ")"
}

func clean(text string) string {
	if len(text) > maxReason {
		text = text[:maxReason] + "…"
	}
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) || r == unicode.ReplacementChar {
			return ' '
		}
		return r
	}, text)
}
