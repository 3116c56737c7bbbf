package schedule

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Masks of a calendar that leave out nothing.
const (
	allDoms   uint64 = 1<<32 - 1<<1
	allMonths uint64 = 1<<13 - 1<<1
)

// parseWhen reads all of a row but its number, without spaces around it. It returns one row for each date or range of dates,
// and one for all weekdays, or everything that is wrong.
func parseWhen(text string) ([]row, []error) {
	if strings.Contains(text, "(") {
		r, err := parseCall(text)
		if err != nil {
			return nil, []error{err}
		}
		return []row{r}, nil
	}
	fields := strings.Fields(text)
	if len(fields) == 0 {
		return nil, []error{errors.New("the time is missing; write it as in 9:00=5")}
	}
	if _, errs := parseDays(text); len(errs) == 0 {
		return nil, []error{fmt.Errorf("the time after the days is missing; write %s 0:00 for the whole day", strings.Join(fields, " "))}
	}
	rows, errs := []row{{rank: everyDay, dom: allDoms, month: allMonths, dow: allWeekdays}}, []error(nil)
	clock := fields[len(fields)-1]
	if days := strings.TrimSpace(strings.TrimSuffix(text, clock)); days != "" {
		rows, errs = parseDays(days)
	}
	minute, err := parseClock(clock)
	if err != nil {
		errs = append(errs, err)
	}
	for i := range rows {
		r := &rows[i]
		r.hour, r.minute = 1<<(minute/60), 1<<(minute%60)
		r.when = strings.TrimPrefix(r.when+" "+clockText(minute), " ")
	}
	return rows, errs
}

// parseCall reads cron(expression).
func parseCall(text string) (row, error) {
	name, expression, _ := strings.Cut(text, "(")
	expression, closed := strings.CutSuffix(expression, ")")
	switch name = strings.ToLower(strings.TrimSpace(name)); {
	case name != "cron" && strings.HasSuffix(name, "cron"):
		return row{}, errors.New("a cron expression names its days itself; write nothing before cron(…)")
	case name != "cron":
		return row{}, fmt.Errorf("%s is unknown; only cron(…) has parentheses", quote(name))
	case !closed:
		return row{}, errors.New(`cron( must end with a ")", just before the number`)
	}
	return parseCron(expression)
}

// parseDays reads a list of weekdays and dates. The rows lack their time of day.
func parseDays(list string) (rows []row, errs []error) {
	var mask uint64
	for item := range strings.SplitSeq(list, ",") {
		weekdays, dates, err := parseDay(strings.ToLower(strings.TrimSpace(item)))
		switch {
		case err != nil:
			errs = append(errs, err)
		case weekdays != 0:
			mask |= weekdays
		default:
			rows = append(rows, dates)
		}
	}
	switch mask {
	case 0:
	case allWeekdays:
		rows = append(rows, row{rank: everyDay, dom: allDoms, month: allMonths, dow: mask})
	default:
		rows = append(rows, row{rank: onWeekdays, dom: allDoms, month: allMonths, dow: mask, when: weekdayText(mask)})
	}
	return rows, errs
}

// parseDay reads a weekday, a date, or a range of either, in lower case. It returns a mask of weekdays, or a row of dates.
func parseDay(text string) (mask uint64, dates row, err error) {
	if from, to, ok := strings.Cut(text, "-"); !ok || !strings.ContainsAny(text, "0123456789") {
		if !ok {
			to = from
		}
		first, firstOK := parseWeekday(strings.TrimSpace(from))
		last, lastOK := parseWeekday(strings.TrimSpace(to))
		if !firstOK || !lastOK {
			return 0, row{}, fmt.Errorf("%s is neither a weekday nor a date; write days such as mon, mon-fri or 2026-12-24", quote(text))
		}
		for d := first; ; d = (d + 1) % 7 {
			if mask |= 1 << d; d == last {
				return mask, row{}, nil
			}
		}
	}

	from, to, ranged := strings.Cut(text, "..")
	if !ranged {
		to = from
	}
	first, err := parseDate(strings.TrimSpace(from))
	if err != nil {
		return 0, row{}, err
	}
	last, err := parseDate(strings.TrimSpace(to))
	if err != nil {
		return 0, row{}, err
	}
	dates = row{rank: onDates, first: first, last: last, when: first.String()}
	switch {
	case first > last:
		return 0, row{}, fmt.Errorf("%s ends before it begins; write %s..%s", quote(text), last, first)
	case first < last:
		dates.when += ".." + last.String()
	}
	return 0, dates, nil
}

// parseWeekday reads the name of a weekday, whole or its first three letters, in lower case.
func parseWeekday(text string) (time.Weekday, bool) {
	for d := time.Sunday; d <= time.Saturday; d++ {
		if name := strings.ToLower(d.String()); text == name || text == name[:3] {
			return d, true
		}
	}
	return 0, false
}

// firstDate and lastDate are the earliest and latest date of a row. What lies outside is a slip of the keyboard, and in between
// there is a leap day every four years.
const (
	firstDate day = 10957 // 2000-01-01
	lastDate  day = 47481 // 2099-12-31
)

// parseDate reads YYYY-MM-DD.
func parseDate(text string) (day, error) {
	t, err := time.Parse(time.DateOnly, text)
	if d := dayOf(t.Date()); err == nil && firstDate <= d && d <= lastDate {
		return d, nil
	}
	return 0, fmt.Errorf("%s is not a date from %s to %s; write it as 2026-12-24", quote(text), firstDate, lastDate)
}
