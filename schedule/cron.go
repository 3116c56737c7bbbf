package schedule

import (
	"errors"
	"fmt"
	"strings"

	"github.com/robfig/cron/v3"
)

// The cron package sets this bit in a field that holds a star without a step.
const star uint64 = 1 << 63

// expression is the text between the parentheses of "cron(…)". Only the masks of the cron package are used: its own
// Next skips a time in the gap of a spring day, and runs a time in a repeated hour twice.
func parseCron(expression string) (row, error) {
	expression = strings.Join(strings.Fields(expression), " ")
	if upper := strings.ToUpper(expression); strings.HasPrefix(upper, "TZ=") || strings.HasPrefix(upper, "CRON_TZ=") {
		// The cron package's parser also panics on "TZ=UTC" alone.
		return row{}, errors.New("a cron expression cannot name a time zone; set TIME_ZONE, which applies to all rows")
	}
	parsed, err := parseCrontab(expression)
	if err != nil {
		return row{}, err
	}
	spec, ok := parsed.(*cron.SpecSchedule)
	if !ok {
		return row{}, errors.New("@every counts from the start of the bot, not by the clock; write `*/15 * * * *` " +
			"for every 15 minutes")
	}
	r := row{
		rank:   onWeekdays,
		minute: spec.Minute &^ star,
		hour:   spec.Hour &^ star,
		dom:    spec.Dom &^ star,
		month:  spec.Month &^ star,
		dow:    spec.Dow &^ star,
		either: (spec.Dom|spec.Dow)&star == 0,
		when:   "cron(" + expression + ")",
	}
	some, all := false, true
	for c := range everyCalendar() {
		on := r.recurs(c)
		some, all = some || on, all && on
	}
	switch {
	case r.minute == 0, r.hour == 0, r.dom == 0, r.month == 0, r.dow == 0:
		return row{}, fmt.Errorf("cron expression %s never begins: a field is empty", quote(expression))
	case !some:
		return row{}, fmt.Errorf("cron expression %s never begins: no date matches", quote(expression))
	case all:
		r.rank = everyDay
	}
	return r, nil
}
