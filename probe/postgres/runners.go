package postgres

// Columns of Rails' timestamp type have no zone, and are in UTC. A comparison with now() converts them in the session's
// zone, which is UTC, so the queries also fit timestamptz.

// A job is locked while it is in progress. After 4 hours, the runner's default, it counts as lost and is tried again.
// (lib/delayed/backend/active_record.rb and lib/generators/delayed_job/templates/migration.rb)
var delayedJob = backend{
	jobs: `
select coalesce(queue, ''),
	count(*) filter (where waits),
	coalesce(extract(epoch from now() - min(run_at) filter (where waits)), 0),
	count(*) filter (where not waits)
from (
	select queue, run_at, locked_at is null or locked_at < now() - interval '4 hours' as waits
	from {schema}delayed_jobs
	where failed_at is null and (run_at <= now() or locked_at is not null)
		and ($1::text[] is null or coalesce(queue, '') = any ($1))
) as j group by 1 order by 1`,
	versions: "4",
}

// (app/models/good_job/job.rb, setting.rb, and the migrations)
var goodJob = backend{
	jobs: `
select coalesce(queue_name, ''),
	count(*) filter (where performed_at is null),
	coalesce(extract(epoch from now()
		- min(coalesce(scheduled_at, created_at)) filter (where performed_at is null)), 0),
	count(*) filter (where performed_at is not null)
from {schema}good_jobs
where finished_at is null and (performed_at is not null or coalesce(scheduled_at, created_at) <= now())
	and ($1::text[] is null or queue_name = any ($1))
group by 1 order by 1`,
	about: `
select jsonb_array_elements_text(value -> 'queues'), true from {schema}good_job_settings where key = 'pauses'`,
	table:    "good_job_settings",
	versions: "2 to 4",
}

// The dispatcher moves jobs that are due from scheduled to ready executions. (db/queue_schema.rb)
var solidQueue = backend{
	jobs: `
select queue_name, count(due), coalesce(extract(epoch from now() - min(due)), 0), count(*) filter (where due is null)
from (
	select queue_name, created_at as due from {schema}solid_queue_ready_executions
	union all
	select queue_name, scheduled_at from {schema}solid_queue_scheduled_executions where scheduled_at <= now()
	union all
	select j.queue_name, null
	from {schema}solid_queue_claimed_executions c join {schema}solid_queue_jobs j on j.id = c.job_id
) as j where $1::text[] is null or queue_name = any ($1)
group by 1 order by 1`,
	about:    `select queue_name, true from {schema}solid_queue_pauses`,
	table:    "solid_queue_pauses",
	versions: "1",
}

// Workers hold an advisory lock on the id of each job that they have taken. (lib/que/migrations, lib/que/poller.rb)
var que = backend{
	jobs: `
with taken as (
	select (classid::bigint << 32) + objid::bigint as id from pg_locks
	where locktype = 'advisory' and objsubid = 1
		and database = (select oid from pg_database where datname = current_database())
)
select queue, count(*) filter (where t.id is null),
	coalesce(extract(epoch from now() - min(run_at) filter (where t.id is null)), 0), count(t.id)
from {schema}que_jobs j left join taken t on t.id = j.id
where finished_at is null and expired_at is null and run_at <= now() and ($1::text[] is null or queue = any ($1))
group by 1 order by 1`,
	versions: "1 and 2",
}

// (rivermigrate)
var river = backend{
	jobs: `
select queue, count(*) filter (where state <> 'running'),
	coalesce(extract(epoch from now() - min(scheduled_at) filter (where state <> 'running')), 0),
	count(*) filter (where state = 'running')
from {schema}river_job
where (state in ('available', 'running') or state in ('retryable', 'scheduled') and scheduled_at <= now())
	and ($1::text[] is null or queue = any ($1))
group by 1 order by 1`,
	about: `select name, paused_at is not null from {schema}river_queue order by 1`,
	table: "river_queue", registry: true,
	versions: "with its migration 4 or newer",
}

// Workers take tasks by their names, so the queues here are tasks. After 4 hours a locked job counts as lost. (The view
// jobs, or the table of that name before version 0.14.)
var graphileWorker = backend{
	jobs: `
select task_identifier, count(*) filter (where waits),
	coalesce(extract(epoch from now() - min(run_at) filter (where waits)), 0), count(*) filter (where not waits)
from (
	select task_identifier, run_at, locked_at is null or locked_at < now() - interval '4 hours' as waits
	from {schema}jobs
	where attempts < max_attempts and run_at <= now() and ($1::text[] is null or task_identifier = any ($1))
) as j group by 1 order by 1`,
	schema:   "graphile_worker",
	versions: "0.8 to 0.16",
}

// Names that begin with __pgboss__ are its own jobs. (src/plans.js)
var pgBoss = backend{
	jobs: `
select name, count(*) filter (where state <> 'active'),
	coalesce(extract(epoch from now() - min(start_after) filter (where state <> 'active')), 0),
	count(*) filter (where state = 'active')
from {schema}job
where (state = 'active' or state in ('created', 'retry') and start_after <= now())
	and ($1::text[] is null or name = any ($1)) and not starts_with(name, '__pgboss__')
group by 1 order by 1`,
	about: `select name, false from {schema}queue where not starts_with(name, '__pgboss__') order by 1`,
	table: "queue", registry: true,
	schema:   "pgboss",
	versions: "10 or newer",
}
