alter table autoscalebot_records add column seconds double precision not null default 0;

alter table autoscalebot_points add column seconds double precision not null default 0;

alter table autoscalebot_points add column max_dyno_seconds double precision not null default 0;

-- Where the heartbeat before is not kept, the time is about that of the present dynos.
update autoscalebot_records set seconds = case when dynos <= 0 then 0 when dyno_seconds / dynos > 3600 then 3600 else dyno_seconds / dynos end;

update autoscalebot_records set seconds = case when since.nanoseconds > 3600000000000 then 3600 else since.nanoseconds / 1e9 end
from (
	select bot, at, at - lag(at) over (partition by bot order by at) as nanoseconds from autoscalebot_records where dynos >= 0
) as since
where autoscalebot_records.bot = since.bot and autoscalebot_records.at = since.at and since.nanoseconds is not null;

update autoscalebot_points set seconds = case when dynos <= 0 then 0 when dyno_seconds / dynos > step / 1e9 then step / 1e9 else dyno_seconds / dynos end;

-- The times between the heartbeats of a point come to that between its newest and the newest before, of which a gap counts as an hour.
update autoscalebot_points set seconds = case
	when heartbeats = 1 and autoscalebot_points.newest - before.newest > 3600000000000 then 3600
	when autoscalebot_points.at - before.newest > 3600000000000 then 3600 + (autoscalebot_points.newest - autoscalebot_points.at) / 1e9
	else (autoscalebot_points.newest - before.newest) / 1e9 end
from (
	select bot, step, at, lag(newest) over (partition by bot, step order by at) as newest from autoscalebot_points where dynos >= 0
) as before
where autoscalebot_points.bot = before.bot and autoscalebot_points.step = before.step and autoscalebot_points.at = before.at
	and before.newest is not null;

update autoscalebot_points set max_dyno_seconds = seconds * max_dynos;

-- Points whose records are all kept are those of their records.
update autoscalebot_points set seconds = told.seconds, max_dyno_seconds = told.max_dyno_seconds
from (
	select p.bot, p.step, p.at, sum(r.seconds) as seconds, sum(r.seconds * r.max_dynos) as max_dyno_seconds
	from autoscalebot_points p
	join autoscalebot_bots b on b.id = p.bot and b.raw_since <= p.at
	join autoscalebot_records r on r.bot = p.bot and r.at >= p.at and r.at < p.at + p.step and r.verdict <> ''
	group by p.bot, p.step, p.at
) as told
where autoscalebot_points.bot = told.bot and autoscalebot_points.step = told.step and autoscalebot_points.at = told.at;
