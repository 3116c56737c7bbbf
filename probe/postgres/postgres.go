// Package postgres reads a number from PostgreSQL by a query: how many jobs wait in a table, or how old the oldest is.
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

// Options say what a [Prober] asks for.
type Options struct {
	// Name is the Signal of the readings; "" means "postgres".
	Name string
	// URL is the database's: postgres://user:password@host:5432/name?sslmode=require, with what else libpq knows.
	URL string
	// Query is one statement whose result is one row with one column, a number. It runs in a read-only transaction that
	// is rolled back, so that it can change nothing; give the bot a user that may read the table and no more all the
	// same.
	Query string
	// Unit is the Unit of the readings; "" means "jobs".
	Unit string
	// Timeout bounds a probe as a whole; it is above 0. It is the statement's own, too, so that the server ends a query
	// for whose answer nobody waits any more.
	Timeout time.Duration
}

// A Prober is a [probe.Prober] that runs a query. It opens a connection for each probe, and may be used by several
// goroutines at once. It works through a connection pooler.
//
// A probe has one of these outcomes:
//   - Answered: the result is one finite number.
//   - BadAnswer: the result is something else, NULL or no row among it; or what answers does not speak PostgreSQL's
//     protocol, or says more than 1 MiB.
//   - ClientError: the server refuses the user, the password, the database or the query: it can't be read, names what
//     does not exist or may not be read, or wants to change something.
//   - ServerError: the server has another error: it has too many connections, or is about to start or to end.
//   - Timeout, Unreachable: as a [probe.Heartbeat].
//
// Value is 0 unless the outcome is Answered. The errors of a query hold the server's words.
type Prober struct {
	name, unit string
	config     *pgconn.Config
	query      string
	timeout    time.Duration
	secrets    []string
}

// New returns a Prober, or says all that is wrong with the options, without a secret. It asks nobody, so that nobody
// has read the query yet.
func New(o Options) (*Prober, error) {
	p := &Prober{name: cmp.Or(o.Name, "postgres"), unit: cmp.Or(o.Unit, "jobs"), query: o.Query, timeout: o.Timeout}
	wrong := []error{p.setURL(o.URL)}
	switch {
	case strings.TrimSpace(o.Query) == "":
		wrong = append(wrong, errors.New("the query is empty: write one that gives a number, like select "+
			"count(*) from jobs"))
	case len(o.Query) > maxQuery:
		wrong = append(wrong, fmt.Errorf("the query has %d bytes, and may have %d: make it a view",
			len(o.Query), maxQuery))
	case strings.Contains(o.Query, "\x00"):
		wrong = append(wrong, errors.New("the query holds a byte 0, which PostgreSQL does not take"))
	}
	if o.Timeout <= 0 {
		wrong = append(wrong, fmt.Errorf("the timeout is %v, and must be more than 0", o.Timeout))
	}
	if err := errors.Join(wrong...); err != nil {
		return nil, fmt.Errorf("postgres signal: %w", err)
	}
	return p, nil
}

// Its errors show nothing of raw, which may hold a secret.
func (p *Prober) setURL(raw string) error {
	const hint = "write it like postgres://user:password@host:5432/name, with @, / and % in the password as %40, " +
		"%2F and %25"
	u, err := url.Parse(raw)
	switch {
	case raw == "":
		return errors.New("the URL is empty: " + hint)
	case err != nil:
		return errors.New("the URL can't be read: " + hint)
	case u.Scheme != "postgres" && u.Scheme != "postgresql":
		return errors.New("the URL does not begin with postgres://: " + hint)
	case u.Host == "" && u.Query().Get("host") == "":
		return errors.New("the URL names no host: " + hint)
	}
	if p.config, err = pgconn.ParseConfig(raw); err != nil {
		return errors.New("the URL has a part that PostgreSQL does not know, or a file of certificates that " +
			"can't be read: " + hint)
	}
	if p.config.RuntimeParams["application_name"] == "" {
		p.config.RuntimeParams["application_name"] = "autoscalebot"
	}
	for _, name := range []string{"default_query_exec_mode", "statement_cache_capacity", "description_cache_capacity"} {
		delete(p.config.RuntimeParams, name) // which are of the driver, and not for the server
	}
	p.config.BuildFrontend = newFrontend
	p.config.OnNotice = nil
	p.secrets = []string{
		p.config.Password, url.QueryEscape(p.config.Password), url.PathEscape(p.config.Password),
		u.Query().Get("sslpassword"),
	}
	return nil
}

// Probe asks once and says what came of it. It returns when the timeout is over or ctx ends at the latest.
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
	// A pooler would have to throw its own connection away if this one ended in the middle of a transaction.
	_, _ = conn.Exec(ctx, "rollback").ReadAll()
	_ = conn.Close(ctx)
	return value, nil
}

// The query is sent as one that is prepared: PostgreSQL takes a single statement there, so that it can't end the
// transaction and go on. After an error it hangs up.
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
		hangUp() // else closing the rows would wait for all of them
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
		return 0, noNumber("the query gives no row: count(*) gives 0 where there is none, and so does coalesce((…), 0)")
	}
	columns := rows.FieldDescriptions()
	if len(columns) != 1 {
		return 0, noNumber(fmt.Sprintf("the query gives %d columns, and must give one", len(columns)))
	}
	values := rows.Values()
	if len(values) != 1 {
		return 0, noNumber("the row that comes does not have the columns that were announced")
	}
	value, err := number(columns[0].DataTypeOID, values[0])
	if err != nil {
		return 0, err
	}
	if rows.NextRow() {
		return 0, noNumber("the query gives several rows, and must give one: put count(*), sum( ) or max( ) around it")
	}
	return value, nil
}

// The numbers of the types are those of PostgreSQL's catalog, pg_type.dat.
func number(oid uint32, text []byte) (float64, error) {
	switch oid {
	case 20, 21, 23, 700, 701, 1700: // int8, int2, int4, float4, float8, numeric
	default:
		return 0, noNumber("the query's column is no number: put count( ), extract(epoch from …) or ::float8 to it")
	}
	if text == nil {
		return 0, noNumber("the query gives NULL: put coalesce( , 0) around it if that means 0")
	}
	value, err := strconv.ParseFloat(string(text), 64)
	if err != nil || math.IsNaN(value) || math.IsInf(value, 0) {
		return 0, noNumber("the query gives a number that is not finite")
	}
	return value, nil
}
