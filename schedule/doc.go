// Package schedule gives the limits of an app's dynos at any time of day, weekday and date, in a time zone.
//
// A [Series] is one number over time: MIN_DYNOS or MAX_DYNOS. A [Table] is both of them in a zone, and gives the
// [Limits] at any moment. Both are immutable and safe for use by several goroutines.
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
// Spaces are allowed around every part. Examples:
//
//	3
//	{"0:00": 2, "9:00": 5, "17:00": 2}
//	0:00=2, mon-fri 9:00=5, mon-fri 17:00=2, 2026-12-24..2026-12-26 0:00=8
//	0:00=2, cron(0 9 * * MON-FRI)=5, cron(30 17 * * MON-FRI)=2
//	0:00=2, 2026-12-01..2027-02-28 mon,tue 9:00=5, 2026-12-01..2027-02-28 mon,tue 17:00=2
//
// # Meaning
//
// A row sets the number from its time on. The order of the rows in the text has no effect. Two rows of one rank that
// begin in the same minute of the same day with different numbers are an error.
//
// Each day follows only its most specific rows. A date or a range of dates overrides weekdays within a range, these
// override weekdays without a range, and a weekday overrides every day. All ranges have the same rank, whatever their
// length. Rank depends on the days on which a row begins, not on how it is written: a cron expression that begins every
// day ranks as every day, and one that begins on each date of its range ranks as that range. A cron expression that
// leaves out some days ranks as a weekday, within a range if one precedes it. Weekdays before a cron expression
// restrict it further: "mon cron(0 9 15 * *)" begins on Mondays that are the 15th. Before the first row of a day, the
// last number of the day before still applies, so a table wraps at midnight and needs no row at 0:00.
//
// If a cron expression restricts both the day of the month and the day of the week, one of the two is enough, as in
// cron: "0 9 1 * MON" begins on the first of each month and on each Monday. A field is unrestricted only if it holds a
// star without a step: "*/2" restricts.
//
// # Daylight saving
//
// Rows follow local time. When clocks go forward, rows inside the gap begin at its end: 2:30 begins at 3:00. When
// clocks go back, no row begins twice: the number at the end of the first pass applies for the whole repeated hour.
package schedule
