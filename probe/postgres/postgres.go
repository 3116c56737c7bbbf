// Package postgres reads a number from PostgreSQL with a query, such as the number of jobs in a table or the age of the
// oldest.
//
//	p, err := postgres.New(postgres.Options{
//		URL:     "postgres://bot:password@db.example.com:5432/app?sslmode=require",
//		Query:   "select count(*) from oban_jobs where state = 'available'",
//		Timeout: 5 * time.Second,
//	})
//	if err != nil {
//		return err
//	}
//	r := p.Probe(ctx)
//
// See docs/signals/postgres.md for the queries of well-known job runners.
package postgres

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/autoscalebot/autoscalebot/probe"
	"github.com/autoscalebot/autoscalebot/probe/internal/failure"
)

const maxQuery = 64 << 10 // bytes

// Options configure a [Prober].
type Options struct {
	// Name is the Signal of the readings; "" means "postgres".
	Name string
	// URL is the database's: postgres://user:password@host:5432/name?sslmode=require, with any other parameter of
	// libpq.
	URL string
	// Query is one statement whose result is one row with one numeric column. It runs in a read-only transaction that
	// is rolled back, so it cannot change anything. Still, give the bot a user that can only read the table.
	Query string
	// Unit is the Unit of the readings; "" means "jobs".
	Unit string
	// Timeout bounds a whole probe; it must be above 0. It is also the statement's timeout, so that the server does not
	// continue an abandoned query.
	Timeout time.Duration
}

// A Prober is a [probe.Prober] that runs a query. It opens a connection for each probe. It works through a connection
// pooler. It is safe for concurrent use.
//
// A probe has one of these outcomes:
//   - Answered: the result is one finite number.
//   - BadAnswer: the result is something else, such as NULL or no row; or the server does not speak PostgreSQL's
//     protocol, or sends more than 1 MiB.
//   - ClientError: the server rejects the user, the password, the database or the query: it has a mistake, names
//     something that does not exist or may not be read, or tries to change something.
//   - ServerError: the server has another error: too many connections, for example, or it is starting or stopping.
//   - Timeout, Unreachable: as in a [probe.Heartbeat].
//
// Value is 0 unless the outcome is Answered. The errors of a query quote the server.
type Prober struct {
	client
	name, unit string
	query      string
}

// New returns a Prober, or all that is wrong with the options, without a secret. It makes no request, so the query
// itself is not checked.
func New(o Options) (*Prober, error) {
	p := &Prober{name: cmp.Or(o.Name, "postgres"), unit: cmp.Or(o.Unit, "jobs"), query: o.Query}
	wrong := []error{p.setURL(o.URL)}
	switch {
	case strings.TrimSpace(o.Query) == "":
		wrong = append(wrong, errors.New("the query is empty: use one that gives a number, such as select "+
			"count(*) from jobs"))
	case len(o.Query) > maxQuery:
		wrong = append(wrong, fmt.Errorf("the query has %d bytes: the maximum is %d, use a view",
			len(o.Query), maxQuery))
	case strings.Contains(o.Query, "\x00"):
		wrong = append(wrong, errors.New("the query has a byte 0, which PostgreSQL does not accept"))
	}
	wrong = append(wrong, p.setTimeout(o.Timeout))
	if err := errors.Join(wrong...); err != nil {
		return nil, fmt.Errorf("postgres signal: %w", err)
	}
	return p, nil
}

// Probe runs the query once and returns its result. It returns no later than the timeout or the end of ctx.
func (p *Prober) Probe(ctx context.Context) probe.Reading {
	r := probe.Reading{Signal: p.name, Time: time.Now(), Unit: p.unit, Outcome: probe.Answered}
	value, err := p.ask(ctx)
	r.Value = value
	failure.Note(&r, err)
	return r
}

func (p *Prober) ask(parent context.Context) (value float64, err error) {
	err = p.client.ask(parent, "", func(q query) (err error) {
		value, err = q.number(p.query)
		return err
	})
	return value, err
}

func (q query) number(text string) (value float64, err error) {
	err = q.run(text, nil, func(rows *pgconn.ResultReader) (err error) {
		value, err = only(rows)
		return err
	})
	return value, err
}

func only(rows *pgconn.ResultReader) (float64, error) {
	if !rows.NextRow() {
		if _, err := rows.Close(); err != nil {
			return 0, err
		}
		return 0, noNumber("the query gives no row: use count(*) or coalesce((…), 0), which give 0")
	}
	columns := rows.FieldDescriptions()
	if len(columns) != 1 {
		return 0, noNumber(fmt.Sprintf("the query gives %d columns: must give one", len(columns)))
	}
	values := rows.Values()
	if len(values) != 1 {
		return 0, noNumber("the row does not have the announced columns")
	}
	value, err := number(columns[0].DataTypeOID, values[0])
	if err != nil {
		return 0, err
	}
	if rows.NextRow() {
		return 0, noNumber("the query gives several rows: must give one, use count(*), sum( ) or max( )")
	}
	return value, nil
}

// Type OIDs of PostgreSQL's catalog, pg_type.dat.
func number(oid uint32, text []byte) (float64, error) {
	switch oid {
	case 20, 21, 23, 700, 701, 1700: // int8, int2, int4, float4, float8, numeric
	default:
		return 0, noNumber("the query's column is not a number: use count( ), extract(epoch from …) or ::float8")
	}
	if text == nil {
		return 0, noNumber("the query gives NULL: use coalesce( , 0) if that means 0")
	}
	value, err := strconv.ParseFloat(string(text), 64)
	if err != nil || math.IsNaN(value) || math.IsInf(value, 0) {
		return 0, noNumber("the query gives a number that is not finite")
	}
	return value, nil
}
