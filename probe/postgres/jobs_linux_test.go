package postgres_test

import (
	"encoding/json"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/autoscalebot/autoscalebot/bot/childtest"
	"github.com/autoscalebot/autoscalebot/bot/history/postgrestest"
	"github.com/autoscalebot/autoscalebot/probe"
	"github.com/autoscalebot/autoscalebot/probe/jobs"
	"github.com/autoscalebot/autoscalebot/probe/postgres"
	"github.com/autoscalebot/autoscalebot/probe/probertest"
)

func node(t *testing.T, script string, args ...string) *exec.Cmd {
	cmd := exec.Command("node", append([]string{script}, args...)...)
	cmd.Env = append(os.Environ(), "NODE_PATH="+childtest.NodePath(t, "../jobs/testdata/npm/package-lock.json"))
	return cmd
}

// The time zone of the server is not UTC.
func TestJobRunners(t *testing.T) {
	s := postgrestest.New(t)
	for name, test := range map[string]func(*testing.T, *jobServer){
		"delayed-job": delayedJob, "good-job": goodJob, "solid-queue": solidQueue, "que": que, "river": river,
		"graphile-worker": graphileWorker, "pg-boss": pgBoss,
	} {
		t.Run(name, func(t *testing.T) {
			database := strings.ReplaceAll(name, "-", "_")
			d := &jobServer{Server: s, runner: name, database: database}
			admin := d.connect(t, "postgres")
			if _, err := admin.Exec(t.Context(), "create database "+database); err != nil {
				t.Fatal(err)
			}
			if _, err := admin.Exec(t.Context(), "alter database "+database+" set timezone = 'Asia/Tokyo'"); err != nil {
				t.Fatal(err)
			}
			d.missing(t)
			test(t, d)
		})
	}
}

type jobServer struct {
	*postgrestest.Server
	runner, database string
}

func (d *jobServer) connect(t *testing.T, database string) *pgx.Conn {
	t.Helper()
	c, err := pgx.Connect(t.Context(), d.URL(database))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close(t.Context()) })
	return c
}

func (d *jobServer) exec(t *testing.T, sql string) {
	t.Helper()
	if _, err := d.connect(t, d.database).Exec(t.Context(), sql); err != nil {
		t.Fatal(err)
	}
}

func (d *jobServer) jobs(t *testing.T, queues ...string) *postgres.Jobs {
	t.Helper()
	j, err := postgres.NewJobs(postgres.JobsOptions{Runner: d.runner, URL: d.URL(d.database), Queues: queues, Timeout: patient})
	if err != nil {
		t.Fatal(err)
	}
	return j
}

// Waiting times may be up to a minute longer, since the machine may be busy.
func (d *jobServer) want(t *testing.T, j *postgres.Jobs, want ...jobs.Queue) jobs.Backlog {
	t.Helper()
	b, err := j.Backlog(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	same := slices.EqualFunc(b.Queues, want, func(got, want jobs.Queue) bool {
		longer := got.Wait - want.Wait
		got.Wait = want.Wait
		return got == want && longer >= 0 && longer < time.Minute
	})
	if !same {
		t.Errorf("got\n%+v\nwant\n%+v", b.Queues, want)
	}
	return b
}

// Before its tables exist.
func (d *jobServer) missing(t *testing.T) {
	t.Helper()
	_, err := d.jobs(t).Backlog(t.Context())
	r, _ := jobs.Find(d.runner)
	if err == nil || !strings.HasSuffix(err.Error(), " does not exist: is "+r.Title+" installed in this database?") {
		t.Errorf("without tables: got %v", err)
	}
}

func (d *jobServer) conforms(t *testing.T, size float64, queues ...string) {
	with := func(password string) func(string, time.Duration) (probe.Prober, error) {
		return func(addr string, timeout time.Duration) (probe.Prober, error) {
			u := url.URL{Scheme: "postgres", User: url.UserPassword("bot", password), Host: addr, Path: d.database}
			j, err := postgres.NewJobs(postgres.JobsOptions{Runner: d.runner, URL: u.String(), Queues: queues, Timeout: timeout})
			if err != nil {
				return nil, err
			}
			return jobs.New(j, "jobs.size", jobs.Size)
		}
	}
	t.Run("conforms", func(t *testing.T) {
		probertest.Run(t, probertest.Fixture{
			Addr: net.JoinHostPort("127.0.0.1", strconv.Itoa(d.Port)), New: with(postgrestest.Password), Refused: with("s3cr3t-wrong"),
			Want: probe.Reading{Signal: "jobs.size", Value: size, Unit: "jobs"}, Secrets: []string{"s3cr3t", "s3cr%t"},
		})
	})
}

// The program prints JSON for said.
func (d *jobServer) write(t *testing.T, said any, cmd *exec.Cmd) {
	t.Helper()
	if cmd.Env == nil {
		cmd.Env = os.Environ()
	}
	cmd.Env = append(cmd.Env, "URL="+d.URL(d.database))
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %v %s", cmd.Args, err, err.(*exec.ExitError).Stderr)
	}
	if err := json.Unmarshal(out, said); err != nil {
		t.Fatalf("%v: %v in %s", cmd.Args, err, out)
	}
}

func delayedJob(t *testing.T, d *jobServer) {
	if exec.Command("ruby", "-e", `require "delayed_job_active_record"; require "pg"`).Run() != nil {
		t.Skip("Delayed Job is not installed (run sh .ci/install-test-deps as root)")
	}
	var said struct{ First float64 }
	d.write(t, &said, exec.Command("ruby", filepath.Join("testdata", "delayed_job.rb")))
	waited := time.Since(time.UnixMicro(int64(said.First * 1e6)))
	d.want(
		t, d.jobs(t), jobs.Queue{Size: 1}, jobs.Queue{Name: "default", Size: 2, Wait: waited.Truncate(time.Millisecond)},
		jobs.Queue{Name: `mail, "odd"`, Size: 1}, jobs.Queue{Name: "slow", Busy: 1},
	)
	d.want(t, d.jobs(t, "slow", `mail, "odd"`, "none"), jobs.Queue{Name: "slow", Busy: 1}, jobs.Queue{Name: `mail, "odd"`, Size: 1}, jobs.Queue{Name: "none"})
	d.exec(t, "update delayed_jobs set run_at = run_at - interval '100 s', locked_at = locked_at - interval '5 hours'")
	d.want(
		t, d.jobs(t, "default", "slow"),
		jobs.Queue{Name: "default", Size: 3, Wait: 100 * time.Second}, jobs.Queue{Name: "slow", Size: 1, Wait: 100 * time.Second},
	)
	d.conforms(t, 6)
}

// Debian has no GoodJob: the tables are those of the migrations of version 4.19.
func goodJob(t *testing.T, d *jobServer) {
	d.exec(t, `
create table good_jobs (id uuid primary key default gen_random_uuid(), queue_name text, priority integer, serialized_params jsonb,
	scheduled_at timestamp, performed_at timestamp, finished_at timestamp, error text, created_at timestamp not null, updated_at timestamp not null,
	locked_by_id uuid, locked_at timestamp(6));
create index on good_jobs (queue_name, scheduled_at) where finished_at is null;
set timezone = 'UTC';
insert into good_jobs (queue_name, scheduled_at, performed_at, finished_at, created_at, updated_at) values
	('default', null, null, null, now() - interval '50 s', now()), ('default', now() - interval '100 s', null, null, now() - interval '1 h', now()),
	('default', now() + interval '1 h', null, null, now(), now()), ('default', now(), now(), now(), now(), now()),
	('mail', now() - interval '7 s', null, null, now(), now()), ('slow', now(), now(), null, now(), now());`)
	queues := []jobs.Queue{{Name: "default", Size: 2, Wait: 100 * time.Second}, {Name: "mail", Size: 1, Wait: 7 * time.Second}, {Name: "slow", Busy: 1}}
	d.want(t, d.jobs(t), queues...) // before version 3.9 there are no settings
	d.exec(t, `
create table good_job_settings (id uuid primary key default gen_random_uuid(), key text unique, value jsonb);
insert into good_job_settings (key, value) values ('pauses', '{"queues": ["mail", "none"], "job_classes": ["A"]}')`)
	queues[1].Paused = true
	b := d.want(t, d.jobs(t), append(queues, jobs.Queue{Name: "none", Paused: true})...)
	if b.Value(jobs.Size) != 2 {
		t.Errorf("got %+v", b)
	}
	d.conforms(t, 2)
}

// Debian has no Solid Queue: the tables are those of db/queue_schema.rb of version 1.5.
func solidQueue(t *testing.T, d *jobServer) {
	d.exec(t, `
create table solid_queue_jobs (id bigserial primary key, queue_name varchar not null, class_name varchar not null default 'A', priority integer not null default 0,
	scheduled_at timestamp(6), finished_at timestamp(6), created_at timestamp(6) not null default now());
create table solid_queue_ready_executions (id bigserial primary key, job_id bigint not null, queue_name varchar not null, created_at timestamp(6) not null);
create table solid_queue_scheduled_executions (id bigserial primary key, job_id bigint not null, queue_name varchar not null, scheduled_at timestamp(6) not null,
	created_at timestamp(6) not null default now());
create table solid_queue_claimed_executions (id bigserial primary key, job_id bigint not null, process_id bigint, created_at timestamp(6) not null default now());
create table solid_queue_pauses (id bigserial primary key, queue_name varchar not null, created_at timestamp(6) not null default now());
set timezone = 'UTC';
insert into solid_queue_jobs (queue_name) values ('default'), ('default'), ('slow');
insert into solid_queue_ready_executions (job_id, queue_name, created_at) values (1, 'default', now() - interval '20 s'), (2, 'mail', now());
insert into solid_queue_scheduled_executions (job_id, queue_name, scheduled_at) values
	(1, 'default', now() - interval '100 s'), (2, 'default', now() + interval '1 h');
insert into solid_queue_claimed_executions (job_id) values (3);
insert into solid_queue_pauses (queue_name) values ('mail')`)
	d.want(t, d.jobs(t), jobs.Queue{Name: "default", Size: 2, Wait: 100 * time.Second}, jobs.Queue{Name: "mail", Size: 1, Paused: true}, jobs.Queue{Name: "slow", Busy: 1})
	d.want(t, d.jobs(t, "default"), jobs.Queue{Name: "default", Size: 2, Wait: 100 * time.Second})
	d.conforms(t, 2)
}

// Debian has no Que: the table is that of the migrations of version 2.4.
func que(t *testing.T, d *jobServer) {
	d.exec(t, `
create table que_jobs (priority smallint not null default 100, run_at timestamptz not null default now(), id bigserial primary key, job_class text not null default 'A',
	error_count integer not null default 0, queue text not null default 'default', finished_at timestamptz, expired_at timestamptz,
	args jsonb not null default '[]', data jsonb not null default '{}', kwargs jsonb not null default '{}', job_schema_version integer not null default 2);
create index que_poll_idx on que_jobs (job_schema_version, queue, priority, run_at, id) where finished_at is null and expired_at is null;
insert into que_jobs (queue, run_at, finished_at, expired_at) values
	('default', now() - interval '100 s', null, null), ('default', now(), null, null), ('default', now() + interval '1 h', null, null),
	('default', now() - interval '1 h', now(), null), ('default', now() - interval '1 h', null, now()), ('mail', now(), null, null);
insert into que_jobs (id, queue, run_at) values (5000000000, 'slow', now() - interval '1 h')`)
	worker := d.connect(t, d.database)
	if _, err := worker.Exec(t.Context(), "select pg_advisory_lock(5000000000)"); err != nil { // as its lockers do
		t.Fatal(err)
	}
	other := d.connect(t, "postgres")
	if _, err := other.Exec(t.Context(), "select pg_advisory_lock(1)"); err != nil { // in another database
		t.Fatal(err)
	}
	d.want(t, d.jobs(t), jobs.Queue{Name: "default", Size: 2, Wait: 100 * time.Second}, jobs.Queue{Name: "mail", Size: 1}, jobs.Queue{Name: "slow", Busy: 1})
	d.conforms(t, 3)
}

// Tables of a version that the bot does not know, a user that may not read them, and a schema of another name.
func TestTablesOfJobRunners(t *testing.T) {
	s := postgrestest.New(t)
	d := &jobServer{Server: s, runner: "que", database: "postgres"}
	d.exec(t, `create role reader login password 's3cr3t-reader'; create schema work; create table work.que_jobs (job_id bigint, run_at timestamptz, queue text)`)
	addr := net.JoinHostPort("127.0.0.1", strconv.Itoa(s.Port))
	for _, tt := range []struct{ url, schema, want string }{
		{s.URL("postgres"), "", `relation "que_jobs" does not exist: is Que installed in this database?`},
		{s.URL("postgres"), "none", `relation "none.que_jobs" does not exist: is Que installed in this database?`},
		{s.URL("postgres"), "work", "column j.id does not exist: the bot knows the tables of Que 1 and 2"},
		{"postgres://reader:s3cr3t-reader@" + addr + "/postgres", "work", "the query is rejected: permission denied for schema work (42501)"},
	} {
		j, err := postgres.NewJobs(postgres.JobsOptions{Runner: "que", URL: tt.url, Schema: tt.schema, Timeout: patient})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := j.Backlog(t.Context()); err == nil || err.Error() != tt.want {
			t.Errorf("got %v, want %s", err, tt.want)
		}
	}
}

func graphileWorker(t *testing.T, d *jobServer) {
	script := filepath.Join("testdata", "graphile_worker.cjs")
	var said struct{}
	d.write(t, &said, node(t, script))
	d.want(t, d.jobs(t), jobs.Queue{Name: "mail", Size: 2, Wait: 100 * time.Second}, jobs.Queue{Name: `odd, "name"`, Size: 1})
	d.want(t, d.jobs(t, `odd, "name"`), jobs.Queue{Name: `odd, "name"`, Size: 1})
	cmd := node(t, script, "work")
	cmd.Env = append(cmd.Env, "URL="+d.URL(d.database))
	childtest.Start(t, cmd, regexp.MustCompile("^working$"))
	d.want(t, d.jobs(t, "slow"), jobs.Queue{Name: "slow", Busy: 1})
	d.conforms(t, 2, "mail")
}

func pgBoss(t *testing.T, d *jobServer) {
	var said struct{}
	d.write(t, &said, node(t, filepath.Join("testdata", "pg_boss.cjs")))
	d.want(
		t, d.jobs(t), jobs.Queue{Name: "mail", Size: 2, Wait: 100 * time.Second}, jobs.Queue{Name: "odd_name-1", Size: 1},
		jobs.Queue{Name: "slow", Busy: 1}, jobs.Queue{Name: "empty"},
	)
	b := d.want(t, d.jobs(t, "odd_name-1", "none"), jobs.Queue{Name: "odd_name-1", Size: 1}, jobs.Queue{Name: "none", Unknown: true})
	if want := []string{"empty", "mail", "odd_name-1", "slow"}; !slices.Equal(b.Known, want) {
		t.Errorf("got %q, want %q", b.Known, want)
	}
	d.conforms(t, 3)
}

func river(t *testing.T, d *jobServer) {
	cmd := exec.Command(childtest.Installed(t, "river"))
	cmd.Env = append(os.Environ(), "URL="+d.URL(d.database))
	childtest.Start(t, cmd, regexp.MustCompile("^working$"))
	b := d.want(
		t, d.jobs(t), jobs.Queue{Name: "mail", Size: 2, Wait: 100 * time.Second}, jobs.Queue{Name: "odd_name", Size: 1},
		jobs.Queue{Name: "slow", Busy: 1}, jobs.Queue{Name: "paused", Paused: true},
	)
	if want := []string{"paused", "slow"}; !slices.Equal(b.Known, want) { // River lists the queues that workers take jobs of
		t.Errorf("got %q, want %q", b.Known, want)
	}
	d.want(t, d.jobs(t, "mail", "none"), jobs.Queue{Name: "mail", Size: 2, Wait: 100 * time.Second}, jobs.Queue{Name: "none", Unknown: true})
	d.conforms(t, 3)
}
