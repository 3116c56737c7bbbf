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
	"net/url"
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
	name, unit string
	config     *pgconn.Config
	query      string
	timeout    time.Duration
	secrets    []string
}

// New returns a Prober, or all that is wrong with the options, without a secret. It makes no request, so the query
// itself is not checked.
func New(o Options) (*Prober, error) {
	p := &Prober{name: cmp.Or(o.Name, "postgres"), unit: cmp.Or(o.Unit, "jobs"), query: o.Query, timeout: o.Timeout}
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
	if o.Timeout <= 0 {
		wrong = append(wrong, fmt.Errorf("the timeout is %v: must be more than 0", o.Timeout))
	}
	if err := errors.Join(wrong...); err != nil {
		return nil, fmt.Errorf("postgres signal: %w", err)
	}
	return p, nil
}

// Errors quote nothing of raw, which may hold a secret.
func (p *Prober) setURL(raw string) error {
	const hint = "use a URL such as postgres://user:password@host:5432/name, with @, / and % in the password as %40, " +
		"%2F and %25"
	u, err := url.Parse(raw)
	switch {
	case raw == "":
		return errors.New("the URL is empty: " + hint)
	case err != nil:
		return errors.New("the URL is invalid: " + hint)
	case u.Scheme != "postgres" && u.Scheme != "postgresql":
		return errors.New("the URL must begin with postgres://: " + hint)
	case u.Host == "" && u.Query().Get("host") == "":
		return errors.New("the URL has no host: " + hint)
	}
	if p.config, err = pgconn.ParseConfig(raw); err != nil {
		return errors.New("the URL has a part that PostgreSQL does not know, or a certificate file is " +
			"unreadable: " + hint)
	}
	if p.config.RuntimeParams["application_name"] == "" {
		p.config.RuntimeParams["application_name"] = "autoscalebot"
	}
	for _, name := range []string{"default_query_exec_mode", "statement_cache_capacity", "description_cache_capacity"} {
		delete(p.config.RuntimeParams, name) // they are for the driver, not the server
	}
	p.config.BuildFrontend = newFrontend
	p.config.OnNotice = nil
	p.secrets = []string{
		p.config.Password, url.QueryEscape(p.config.Password), url.PathEscape(p.config.Password),
		u.Query().Get("sslpassword"),
	}
	return nil
}

// Probe runs the query once and returns its result. It returns no later than the timeout or the end of ctx.
func (p *Prober) Probe(ctx context.Context) probe.Reading {
	r := probe.Reading{Signal: p.name, Time: time.Now(), Unit: p.unit, Outcome: probe.Answered}
	value, err := p.ask(ctx)
	r.Value = value
	failure.Note(&r, err)
	return r
}

func (p *Prober) ask(parent context.Context) (float64, error) {
	ctx, cancel := context.WithTimeout(parent, p.timeout)
	defer cancel()
	config := p.config.Copy()
	calls := newCalls(context.WithoutCancel(ctx), config.DialFunc)
	config.DialFunc = calls.call
	defer calls.end()
	conn, err := pgconn.ConnectConfig(ctx, config)
	if err != nil {
		return 0, p.explain(parent, ctx, err)
	}
	value, err := p.run(ctx, conn, calls.end)
	if err != nil {
		return 0, p.explain(parent, ctx, err)
	}
	// A pooler would have to discard its own connection if this one ended inside a transaction.
	_, _ = conn.Exec(ctx, "rollback").ReadAll()
	_ = conn.Close(ctx)
	return value, nil
}

// The query is sent as a prepared statement: PostgreSQL accepts only one statement there, so the query cannot end the
// transaction and continue. After an error the connection is closed.
func (p *Prober) run(ctx context.Context, conn *pgconn.PgConn, hangUp func()) (float64, error) {
	left := p.timeout
	if deadline, ok := ctx.Deadline(); ok {
		left = time.Until(deadline)
	}
	begin := fmt.Sprintf("begin transaction read only; set local statement_timeout = %d", max(1, left.Milliseconds()))
	if _, err := conn.Exec(ctx, begin).ReadAll(); err != nil {
		return 0, err
	}
	rows := conn.ExecParams(ctx, p.query, nil, nil, nil, nil) // all columns as text
	value, err := only(rows)
	if err != nil {
		hangUp() // otherwise closing the rows would wait for all of them
		_, _ = rows.Close()
		return 0, err
	}
	_, err = rows.Close()
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
