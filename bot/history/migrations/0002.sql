alter table autoscalebot_records add column seconds double precision not null default 0;

alter table autoscalebot_points add column seconds double precision not null default 0;

update autoscalebot_records set seconds = case when dynos <= 0 then 0 when dyno_seconds / dynos > 3600 then 3600 else dyno_seconds / dynos end;

update autoscalebot_points set seconds = case when dynos <= 0 then 0 when dyno_seconds / dynos > 3600 then 3600 else dyno_seconds / dynos end;

alter table autoscalebot_points add column max_dyno_seconds double precision not null default 0;

update autoscalebot_points set max_dyno_seconds = seconds * max_dynos;
