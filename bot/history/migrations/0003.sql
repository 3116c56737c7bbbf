create table if not exists autoscalebot_runners (
	bot bigint not null,
	id text not null,
	name text not null,
	beats bigint not null,
	every double precision not null,
	seen bigint not null,
	primary key (bot, id)
);
