package postgres_test

import (
	"cmp"
	"net"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/autoscalebot/autoscalebot/bot/history/postgrestest"
	"github.com/autoscalebot/autoscalebot/probe"
	"github.com/autoscalebot/autoscalebot/probe/postgres"
	"github.com/autoscalebot/autoscalebot/probe/probertest"
)

// of job runners, as far as the queries of the documentation look at them, and what else the tests need
const tables = `
create table good_jobs (finished_at timestamp, scheduled_at timestamp);
insert into good_jobs values (null, null), (null, now() - interval '1 s'), (null, now() + interval '1 h'), (now(), null);
create table solid_queue_ready_executions (queue_name text);
insert into solid_queue_ready_executions values ('default'), ('default'), ('mail');
create table que_jobs (run_at timestamptz, finished_at timestamptz, expired_at timestamptz);
insert into que_jobs values (now(), null, null), (now() + interval '1 h', null, null), (now(), now(), null), (now(), null, now());
create table oban_jobs (state text, scheduled_at timestamp);
insert into oban_jobs values ('available', now() at time zone 'utc' - interval '100 s'), ('available', now() at time zone 'utc'), ('completed', now());
create table django_q_ormq (key text, lock timestamptz);
insert into django_q_ormq values ('a', now()), ('a', null);
create table delayed_jobs (run_at timestamp, failed_at timestamp);
insert into delayed_jobs values (now(), null), (now() + interval '1 h', null), (now(), now());
create table mute (a int);
create function meddle() returns int language sql as $$ insert into mute values (1); select 1 $$;
create role reader login password 's3cr3t-reader';
create sequence ids;
`

func take(t testing.TB, o postgres.Options) probe.Reading {
	t.Helper()
	o.Timeout = cmp.Or(o.Timeout, patient)
	p, err := postgres.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return p.Probe(t.Context())
}

func TestPostgres(t *testing.T) {
	s := postgrestest.New(t)
	conn, err := pgx.Connect(t.Context(), s.URL("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(t.Context(), tables); err != nil {
		t.Fatal(err)
	}
	count := func(query string) (n int) {
		if err := conn.QueryRow(t.Context(), query).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	t.Run("conforms", func(t *testing.T) {
		with := func(password string) func(string, time.Duration) (probe.Prober, error) {
			return func(addr string, timeout time.Duration) (probe.Prober, error) {
				u := url.URL{Scheme: "postgres", User: url.UserPassword("bot", password), Host: addr, Path: "postgres"}
				return postgres.New(postgres.Options{URL: u.String(), Query: "select count(*) from solid_queue_ready_executions", Timeout: timeout})
			}
		}
		probertest.Run(t, probertest.Fixture{
			Addr: net.JoinHostPort("127.0.0.1", strconv.Itoa(s.Port)), New: with(postgrestest.Password), Refused: with("s3cr3t-wrong"),
			Want: probe.Reading{Signal: "postgres", Value: 3, Unit: "jobs"}, Secrets: []string{"s3cr3t", "s3cr%t"},
		})
	})
	t.Run("results", func(t *testing.T) { results(t, s.URL("postgres")) })
	t.Run("what the server refuses", func(t *testing.T) { refusals(t, s) })
	t.Run("a query that takes too long", func(t *testing.T) {
		r := take(t, postgres.Options{URL: s.URL("postgres"), Query: "select 1 from pg_sleep(3600)", Timeout: 200 * time.Millisecond})
		if r.Outcome != probe.Timeout {
			t.Errorf("got %+v", r)
		}
		for deadline := time.Now().Add(patient); count("select count(*) from pg_stat_activity where query like '%pg_sleep(3600)%' and pid <> pg_backend_pid()") > 0; {
			if time.Now().After(deadline) {
				t.Fatal("the server goes on with a query for whose answer nobody waits")
			}
		}
	})
	if n := count("select count(*) from mute"); n != 0 {
		t.Errorf("probes wrote %d rows", n)
	}
	if n := count("select count(*) from pg_stat_activity where application_name = 'autoscalebot' and state = 'idle in transaction'"); n != 0 {
		t.Errorf("probes left %d transactions open", n)
	}
	_ = conn.Close(t.Context())
}

func results(t *testing.T, url string) {
	for _, tt := range []struct {
		query string
		want  float64
		error string
	}{
		{query: "select count(*) from good_jobs where finished_at is null and coalesce(scheduled_at, now()) <= now()", want: 2},
		{query: "select count(*) from solid_queue_ready_executions", want: 3},
		{query: "select count(*) from que_jobs where finished_at is null and expired_at is null and run_at <= now()", want: 1},
		{query: "select count(*) from oban_jobs where state = 'available'", want: 2},
		{query: "select floor(coalesce(extract(epoch from now() at time zone 'utc' - min(scheduled_at)), 0) / 100) from oban_jobs where state = 'available'", want: 1},
		{query: "select count(*) from django_q_ormq", want: 2},
		{query: "select count(*) from delayed_jobs where failed_at is null and run_at <= now()", want: 1},
		{query: "select -2::smallint", want: -2},
		{query: "select 2.5::real;", want: 2.5},
		{query: "select 1e-3::float8", want: 0.001},
		{query: "select 12345678901234567890.5", want: 12345678901234567890.5},
		{query: "values (7)", want: 7},
		{query: "select null::int", error: "the query gives NULL: use coalesce( , 0) if that means 0"},
		{query: "select sum(a) from mute", error: "the query gives NULL: use coalesce( , 0) if that means 0"},
		{query: "select a from mute", error: "the query gives no row: use count(*) or coalesce((…), 0), which give 0"},
		{query: "select 1, 2", error: "the query gives 2 columns: must give one"},
		{query: "select generate_series(1, 1000000000)", error: "the query gives several rows: must give one, use count(*), sum( ) or max( )"},
		{query: "select '7'", error: "the query's column is not a number: use count( ), extract(epoch from …) or ::float8"},
		{query: "select true", error: "the query's column is not a number: use count( ), extract(epoch from …) or ::float8"},
		{query: "select interval '1 h'", error: "the query's column is not a number: use count( ), extract(epoch from …) or ::float8"},
		{query: "select 'nan'::float8", error: "the query gives a number that is not finite"},
		{query: "select '-infinity'::numeric", error: "the query gives a number that is not finite"},
		{query: "select 1e400", error: "the query gives a number that is not finite"},
		{query: "commit", error: "the query gives no row: use count(*) or coalesce((…), 0), which give 0"},
	} {
		r := take(t, postgres.Options{URL: url, Query: tt.query})
		if r.Error != tt.error || r.Value != tt.want || r.Outcome != probe.Answered && r.Outcome != probe.BadAnswer {
			t.Errorf("%s: got %+v, want %v and the error %q", tt.query, r, tt.want, tt.error)
		}
	}
}

func refusals(t *testing.T, s *postgrestest.Server) {
	const write = "the query tries to change something: must only read"
	addr := net.JoinHostPort("127.0.0.1", strconv.Itoa(s.Port))
	for _, tt := range []struct{ url, query, want string }{
		{"", "select meddle()", write},
		{"", "insert into mute values (1) returning a", write},
		{"", "select nextval('ids')", write},
		{"", "create table more (a int)", write},
		{"", "commit; insert into mute values (1)", "the query is rejected: cannot insert multiple commands into a prepared statement (42601)"},
		{"", "set transaction read write", "the query gives no row: use count(*) or coalesce((…), 0), which give 0"},
		{"", "select count(*) from nothing", `the query is rejected: relation "nothing" does not exist (42P01)`},
		{"", "selekt", `the query is rejected: syntax error at or near "selekt" (42601)`},
		{"", "select 1 / 0", "the query is rejected: division by zero (22012)"},
		{"", "select 's3cr%t/@:#? x'::int", "the query is rejected (22P02)"},
		{s.URL("nowhere"), "select 1", addr + ` rejects the database: database "nowhere" does not exist (3D000)`},
		{"postgres://reader:s3cr3t-reader@" + addr + "/postgres", "select count(*) from oban_jobs", "the query is rejected: permission denied for table oban_jobs (42501)"},
		{"postgres://reader:s3cr3t-wrong@" + addr + "/postgres", "select 1", addr + ` rejects the user or the password: password authentication failed for user "reader" (28P01)`},
		{s.URL("postgres") + "?shcema=x", "select 1", addr + ` rejects a parameter of the URL: unrecognized configuration parameter "shcema" (42704)`},
		{s.URL("postgres") + "?work_mem=much", "select 1", addr + ` rejects a parameter of the URL: invalid value for parameter "work_mem": "much" (22023)`},
		{s.URL("postgres") + "?sslmode=require", "select 1", addr + " does not speak TLS: use sslmode=disable if that is intended"},
	} {
		tt.url = cmp.Or(tt.url, s.URL("postgres"))
		r := take(t, postgres.Options{URL: tt.url, Query: tt.query})
		if r.Error != tt.want || r.Outcome == probe.Answered || strings.HasPrefix(tt.want, "the query is rejected") && r.Outcome != probe.ClientError {
			t.Errorf("%s: got %+v, want the error %q", tt.query, r, tt.want)
		}
	}
}
