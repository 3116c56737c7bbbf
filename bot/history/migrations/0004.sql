alter table autoscalebot_points rename column blind to no_data;

update autoscalebot_records set verdict = case verdict when 'right' then 'ok' when 'blind' then 'no data' else verdict end,
	rule = case rule when 'order' then 'override' when 'hands off' then 'left alone' when 'no help' then 'ineffective scale-ups'
		when 'blind' then 'no data' else rule end;

update autoscalebot_events set kind = case kind when 'no_help' then 'ineffective_scale_ups' when 'hands_off' then 'left_alone'
	when 'ordered' then 'override' else kind end;
