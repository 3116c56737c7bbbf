create table autoscalebot_bots (
	id bigint primary key,
	app text not null,
	process_type text not null,
	raw_since bigint not null,
	minutes_since bigint not null,
	pruned bigint not null,
	unique (app, process_type)
);

create table autoscalebot_records (
	bot bigint not null,
	at bigint not null,
	verdict text not null,
	rule text not null,
	changed bigint not null,
	ups bigint not null,
	downs bigint not null,
	response_ms double precision not null,
	low_ms double precision not null,
	high_ms double precision not null,
	dynos bigint not null,
	dyno_seconds double precision not null,
	min_dynos bigint not null,
	max_dynos bigint not null,
	body bytea not null,
	primary key (bot, at)
);

create index autoscalebot_changes on autoscalebot_records (bot, at) where changed = 1;

create table autoscalebot_points (
	bot bigint not null,
	step bigint not null,
	at bigint not null,
	newest bigint not null,
	heartbeats bigint not null,
	slow bigint not null,
	fast bigint not null,
	blind bigint not null,
	ups bigint not null,
	downs bigint not null,
	response_max_ms double precision not null,
	low_ms double precision not null,
	high_ms double precision not null,
	dynos bigint not null,
	dyno_seconds double precision not null,
	min_dynos bigint not null,
	max_dynos bigint not null,
	response_times bytea not null,
	primary key (bot, step, at)
);

create table autoscalebot_events (
	bot bigint not null,
	at bigint not null,
	id text not null,
	kind text not null,
	phase text not null,
	body bytea not null,
	primary key (bot, at, id)
);

create table autoscalebot_memory (
	bot bigint primary key,
	at bigint not null,
	body text not null
);

create table autoscalebot_leases (
	bot bigint primary key,
	holder text not null,
	ends bigint not null
);

create table autoscalebot_asks (
	bot bigint not null,
	id bigint not null,
	kind text not null,
	who text not null,
	body text not null,
	taken bigint not null,
	answered bigint not null,
	answer text not null,
	primary key (bot, id)
);
