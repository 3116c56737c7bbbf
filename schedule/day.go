package schedule

import (
	"iter"
	"math/bits"
	"strings"
	"time"
)

const (
	minutesPerDay = 24 * 60
	secondsPerDay = 24 * 60 * 60
)

// Days since 1970-01-01, without a zone.
type day int

func dayOf(year int, month time.Month, dom int) day {
	return day(time.Date(year, month, dom, 0, 0, 0, 0, time.UTC).Unix() / secondsPerDay)
}

func (d day) utc() time.Time { return time.Unix(int64(d)*secondsPerDay, 0).UTC() }

func (d day) String() string { return d.utc().Format(time.DateOnly) }

// A calendar is the recurring part of a date, one bit set in each field: the day of the month (bit 1 to 31), the month
// (1 to 12) and the day of the week (0 for Sunday to 6). The bits are those of the cron package.
type calendar struct{ dom, month, dow uint64 }

func (d day) calendar() calendar {
	t := d.utc()
	_, month, dom := t.Date()
	return calendar{1 << dom, 1 << month, 1 << t.Weekday()}
}

// Each of the 366 dates on each weekday.
func everyCalendar() iter.Seq[calendar] {
	return func(yield func(calendar) bool) {
		leapYear := dayOf(2000, time.January, 1)
		for d := leapYear; d < leapYear+366; d++ {
			c := d.calendar()
			for dow := range 7 {
				if c.dow = 1 << dow; !yield(c) {
					return
				}
			}
		}
	}
}

const allWeekdays uint64 = 1<<7 - 1

// Calls put for each run in mask, Monday first. A run may wrap at the end of the week. A run of two days counts as two
// runs of one. mask must not be allWeekdays.
func weekdays(mask uint64, put func(first, last time.Weekday)) {
	has := func(d int) bool { return mask&(1<<(d%7)) != 0 }
	for d := 1; d <= 7; d++ {
		if !has(d) || has(d+6) {
			continue
		}
		last := d
		for has(last + 1) {
			last++
		}
		if last == d+1 {
			put(time.Weekday(d%7), time.Weekday(d%7))
			put(time.Weekday(last%7), time.Weekday(last%7))
			continue
		}
		put(time.Weekday(d%7), time.Weekday(last%7))
	}
}

// As in the grammar: "mon-fri", "sat,sun".
func weekdayText(mask uint64) string {
	return strings.ToLower(joinWeekdays(mask, "-", ","))
}

// As in sentences: "Mon–Fri", "Sat, Sun", "every day".
func weekdayTitle(mask uint64) string {
	if mask == allWeekdays {
		return "every day"
	}
	return joinWeekdays(mask, "–", ", ")
}

func joinWeekdays(mask uint64, dash, comma string) string {
	var runs []string
	weekdays(mask, func(first, last time.Weekday) {
		run := first.String()[:3]
		if last != first {
			run += dash + last.String()[:3]
		}
		runs = append(runs, run)
	})
	return strings.Join(runs, comma)
}

// Monday becomes bit 0, and Sunday bit 6.
func mondayFirst(mask uint64) uint64 {
	mask &= allWeekdays
	return mask>>1 | mask<<6&allWeekdays
}

// Counted from Monday.
func firstWeekday(mask uint64) int { return bits.TrailingZeros64(mondayFirst(mask)) }
