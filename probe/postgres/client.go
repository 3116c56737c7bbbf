package postgres

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// A client opens a connection for each probe.
type client struct {
	config  *pgconn.Config
	timeout time.Duration
	secrets []string
}

func (c *client) setTimeout(d time.Duration) error {
	if c.timeout = d; d <= 0 {
		return fmt.Errorf("the timeout is %v: must be more than 0", d)
	}
	return nil
}

// Errors quote nothing of raw, which may hold a secret.
func (c *client) setURL(raw string) error {
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
	if c.config, err = pgconn.ParseConfig(raw); err != nil {
		return errors.New("the URL has a part that PostgreSQL does not know, or a certificate file is " +
			"unreadable: " + hint)
	}
	if c.config.RuntimeParams["application_name"] == "" {
		c.config.RuntimeParams["application_name"] = "autoscalebot"
	}
	for _, name := range []string{"default_query_exec_mode", "statement_cache_capacity", "description_cache_capacity"} {
		delete(c.config.RuntimeParams, name) // they are for the driver, not the server
	}
	c.config.BuildFrontend = newFrontend
	c.config.OnNotice = nil
	c.secrets = []string{
		c.config.Password, url.QueryEscape(c.config.Password), url.PathEscape(c.config.Password),
		u.Query().Get("sslpassword"),
	}
	return nil
}

// f asks in a read-only transaction that is rolled back. also are more statements at its beginning.
func (c *client) ask(parent context.Context, also string, f func(query) error) error {
	ctx, cancel := context.WithTimeout(parent, c.timeout)
	defer cancel()
	config := c.config.Copy()
	calls := newCalls(context.WithoutCancel(ctx), config.DialFunc)
	config.DialFunc = calls.call
	defer calls.end()
	conn, err := pgconn.ConnectConfig(ctx, config)
	if err != nil {
		return c.explain(parent, ctx, err)
	}
	q := query{ctx, conn, calls.end}
	if err = q.begin(c.timeout, also); err == nil {
		err = f(q)
	}
	if err != nil {
		return c.explain(parent, ctx, err)
	}
	// A pooler would have to discard its own connection if this one ended inside a transaction.
	_, _ = conn.Exec(ctx, "rollback").ReadAll()
	_ = conn.Close(ctx)
	return nil
}

// A query runs in the transaction of a connection. After an error the connection is closed.
type query struct {
	ctx    context.Context
	conn   *pgconn.PgConn
	hangUp func()
}

func (q query) begin(timeout time.Duration, also string) error {
	left := timeout
	if deadline, ok := q.ctx.Deadline(); ok {
		left = time.Until(deadline)
	}
	begin := fmt.Sprintf("begin transaction read only; set local statement_timeout = %d%s", max(1, left.Milliseconds()),
		also)
	_, err := q.conn.Exec(q.ctx, begin).ReadAll()
	return err
}

// The query is sent as a prepared statement: PostgreSQL accepts only one statement there, so the query cannot end the
// transaction and continue.
func (q query) run(text string, params [][]byte, read func(*pgconn.ResultReader) error) error {
	rows := q.conn.ExecParams(q.ctx, text, params, nil, nil, nil) // all columns as text
	if err := read(rows); err != nil {
		q.hangUp() // otherwise closing the rows would wait for all of them
		_, _ = rows.Close()
		return err
	}
	_, err := rows.Close()
	return err
}
