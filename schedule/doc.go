// Package schedule knows how many dynos an app may have at any time of day, weekday and date, in a time zone.
//
// A [Series] is one number over time, MIN_DYNOS or MAX_DYNOS; a [Table] is both of them in a zone, and tells the
// [Limits] of any moment. Both are immutable and safe for use by several goroutines.
//
// # Grammar
//
//	series     = number | rows | object .
//	rows       = row { "," row } [ "," ] .
//	row        = when "=" number .
//	object     = "{" entry { "," entry } [ "," ] "}" .
//	entry      = ( '"' when '"' | "'" when "'" ) ":" number .
//	when       = [ days " " ] ( clock | "cron(" expression ")" ) .
//	days       = day { "," day } | range " " weekdays { "," weekdays } .
//	day        = weekdays | date | range .
//	weekdays   = weekday [ "-" weekday ] .
//	range      = date ".." [ date ] | ".." date . (* an open end is the earliest or the latest date *)
//	weekday    = "mon" | "monday" | "tue" | "tuesday" | … | "sun" | "sunday" .  (* in any case; fri-mon wraps *)
//	date       = YYYY-MM-DD .      (* 2000-01-01 to 2099-12-31 *)
//	clock      = H:MM | HH:MM .    (* 0:00 to 23:59 *)
//	number     = digit { digit } . (* 0 to 10000 *)
//	expression = five fields of crontab(5), where 0 and 7 are Sunday, or @hourly, @daily, @weekly, @monthly, @yearly .
//
// Spaces may stand around every part. For example:
//
//	3
//	{"0:00": 2, "9:00": 5, "17:00": 2}
//	0:00=2, mon-fri 9:00=5, mon-fri 17:00=2, 2026-12-24..2026-12-26 0:00=8
//	0:00=2, cron(0 9 * * MON-FRI)=5, cron(30 17 * * MON-FRI)=2
//	0:00=2, 2026-12-01..2027-02-28 mon,tue 9:00=5, 2026-12-01..2027-02-28 mon,tue 17:00=2
//
// # Meaning
//
// A row says from when on its number holds. The order of the rows in the text means nothing: two rows of one rank that
// begin in the same minute of the same day with different numbers are refused.
//
// Each day is ruled by its most specific rows alone: a date or a range of dates beats weekdays within a range, these
// beat weekdays without one, and a weekday beats every day. All ranges are of one rank, short or long. A row that
// begins every day ranks as every day, however it is written, and one that begins on each date of its range as that
// range; a cron expression that leaves out some days ranks as a weekday, within a range if one stands before it.
// Weekdays before a cron expression restrict it further: "mon cron(0 9 15 * *)" begins on Mondays that are a 15th.
// Until the first of a day's rows the last one of the day before still holds, so that a table wraps at midnight and
// needs no row at 0:00.
//
// In a cron expression that restricts the day of the month and the day of the week, one of the two is enough, as in
// cron: "0 9 1 * MON" begins on the first of each month and on each Monday. A field is unrestricted only when it holds
// a star without a step: "*/2" restricts.
//
// # Daylight saving
//
// Rows follow the clock on the wall. When the clock leaps forward, rows inside the gap begin at its end: 2:30 begins at
// 3:00. When it goes back, nothing goes back with it: until the repeated hour is over, what held at the end of its
// first pass holds.
package schedule
