package schedule

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"
)

// Masks of all days of the month, and of all months.
const (
	allDoms   uint64 = 1<<32 - 1<<1
	allMonths uint64 = 1<<13 - 1<<1
)

// text is a row without its number and without spaces around it. There is one row for each date or range of dates, and
// one for all weekdays. The errors are all that is wrong.
func parseWhen(text string) ([]row, []error) {
	if strings.Contains(text, "(") {
		return parseCall(text)
	}
	fields := strings.Fields(text)
	if len(fields) == 0 {
		return nil, []error{errors.New("the time is missing; write it as in 9:00=5")}
	}
	if _, errs := parseDays(text); len(errs) == 0 {
		return nil, []error{fmt.Errorf("the time after the days is missing; write %s 0:00 for the whole day",
			strings.Join(fields, " "))}
	}
	rows, errs := []row{everyDayRow()}, []error(nil)
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

func everyDayRow() row { return row{rank: everyDay, dom: allDoms, month: allMonths, dow: allWeekdays} }

// text is cron(expression), with or without days before it.
func parseCall(text string) ([]row, []error) {
	name, expression, _ := strings.Cut(text, "(")
	expression, closed := strings.CutSuffix(expression, ")")
	days, ok := cutCron(name)
	switch {
	case !ok:
		return nil, []error{fmt.Errorf("%s is unknown; only cron(…) has parentheses",
			quote(strings.ToLower(strings.TrimSpace(name))))}
	case !closed:
		return nil, []error{errors.New(`cron( must end with a ")", just before the number`)}
	}
	r, err := parseCron(expression)
	switch {
	case err != nil:
		return nil, []error{err}
	case days == "":
		return []row{r}, nil
	}
	rows, errs := parseDays(days)
	for i, days := range rows {
		rows[i] = r.within(days)
	}
	return rows, errs
}

// text is what precedes a parenthesis.
func cutCron(text string) (days string, ok bool) {
	text = strings.TrimSpace(text)
	at := len(text) - len("cron")
	if at < 0 || !strings.EqualFold(text[at:], "cron") || at > 0 && text[at-1] != ' ' && text[at-1] != '\t' {
		return "", false
	}
	return strings.TrimSpace(text[:at]), true
}

// Restricts a cron expression's row to days.
func (r row) within(days row) row {
	if days.rank == onWeekdays || days.rank == inPeriod {
		r.weekdays = days.dow
	}
	r.first, r.last = days.first, days.last
	switch everyDay := r.rank == everyDay && r.weekdays == 0; {
	case days.dated() && everyDay:
		r.rank = onDates
	case days.dated():
		r.rank = inPeriod
	case !everyDay:
		r.rank = onWeekdays
	}
	r.when = strings.TrimPrefix(days.when+" "+r.when, " ")
	return r
}

// list is weekdays and dates, or weekdays of a period. The rows have no time of day yet.
func parseDays(list string) (rows []row, errs []error) {
	list = strings.ToLower(strings.TrimSpace(list))
	period, list := cutPeriod(list)
	var mask uint64
	for item := range strings.SplitSeq(list, ",") {
		weekdays, dates, err := parseDay(strings.TrimSpace(item))
		switch {
		case err != nil:
			errs = append(errs, err)
		case weekdays != 0:
			mask |= weekdays
		case period != "":
			errs = append(errs, fmt.Errorf("%s is among the weekdays of %s; write a separate row for it",
				quote(item), period))
		default:
			rows = append(rows, dates)
		}
	}
	if period != "" {
		dates, err := parseDates(period)
		if err != nil {
			return nil, append(errs, err)
		}
		return append(rows, dates.on(mask)), errs
	}
	switch mask {
	case 0:
	case allWeekdays:
		rows = append(rows, everyDayRow())
	default:
		rows = append(rows, row{rank: onWeekdays, dom: allDoms, month: allMonths, dow: mask, when: weekdayText(mask)})
	}
	return rows, errs
}

var periodStart = regexp.MustCompile(`^([0-9-]*\s*\.\.\s*[0-9-]*)\s+([a-z].*)$`)

// Cuts off the dates before a list of weekdays; period is "" without them.
func cutPeriod(list string) (period, weekdays string) {
	if m := periodStart.FindStringSubmatch(list); m != nil {
		return m[1], m[2]
	}
	return "", list
}

func (r row) on(mask uint64) row {
	if mask == 0 || mask == allWeekdays {
		return r
	}
	r.rank, r.dom, r.month, r.dow = inPeriod, allDoms, allMonths, mask
	r.when += " " + weekdayText(mask)
	return r
}

// text is in lower case. The result is a mask of weekdays or a row of dates.
func parseDay(text string) (mask uint64, dates row, err error) {
	if from, to, ok := strings.Cut(text, "-"); !strings.Contains(text, "..") &&
		(!ok || !strings.ContainsAny(text, "0123456789")) {
		if !ok {
			to = from
		}
		first, firstOK := parseWeekday(strings.TrimSpace(from))
		last, lastOK := parseWeekday(strings.TrimSpace(to))
		if !firstOK || !lastOK {
			return 0, row{}, fmt.Errorf("%s is neither a weekday nor a date; write days such as mon, mon-fri "+
				"or 2026-12-24", quote(text))
		}
		for d := first; ; d = (d + 1) % 7 {
			if mask |= 1 << d; d == last {
				return mask, row{}, nil
			}
		}
	}

	dates, err = parseDates(text)
	return 0, dates, err
}

// One end of a range may be open.
func parseDates(text string) (row, error) {
	from, to, ranged := strings.Cut(text, "..")
	from, to = strings.TrimSpace(from), strings.TrimSpace(to)
	switch {
	case !ranged:
		to = from
	case from == "" && to == "":
		return row{}, fmt.Errorf("%s has no date; write 2026-12-24.., ..2026-12-26 or both", quote(text))
	case from == "":
		from = firstDate.String()
	case to == "":
		to = lastDate.String()
	}
	first, err := parseDate(from)
	if err != nil {
		return row{}, err
	}
	last, err := parseDate(to)
	if err != nil {
		return row{}, err
	}
	dates := row{rank: onDates, first: first, last: last, when: first.String()}
	switch {
	case first > last:
		return row{}, fmt.Errorf("%s ends before it begins; write %s..%s", quote(text), last, first)
	case first < last:
		dates.when += ".." + last.String()
	}
	return dates, nil
}

// text is in lower case: the whole name or its first three letters.
func parseWeekday(text string) (time.Weekday, bool) {
	for d := time.Sunday; d <= time.Saturday; d++ {
		if name := strings.ToLower(d.String()); text == name || text == name[:3] {
			return d, true
		}
	}
	return 0, false
}

// A date outside these is a typing error. Between them every fourth year is a leap year.
const (
	firstDate day = 10957 // 2000-01-01
	lastDate  day = 47481 // 2099-12-31
)

func parseDate(text string) (day, error) {
	t, err := time.Parse(time.DateOnly, text)
	if d := dayOf(t.Date()); err == nil && firstDate <= d && d <= lastDate {
		return d, nil
	}
	return 0, fmt.Errorf("%s is not a date from %s to %s; write it as 2026-12-24", quote(text), firstDate, lastDate)
}
