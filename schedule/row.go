package schedule

import (
	"cmp"
	"math/bits"
	"strconv"
)

// Of the rows that begin on a day, only those of the highest rank count.
type rank int

const (
	everyDay rank = iota
	onWeekdays
	inPeriod
	onDates
)

// A row sets the number n from each of its beginnings on.
type row struct {
	rank rank
	// Of a row of rank inPeriod or onDates, both included.
	first, last day
	// The masks have the cron package's bits: minutes 0 to 59, hours 0 to 23, and those of a calendar. A row begins at
	// each of its minutes in each of its hours. The calendar's masks are unused in a row of rank onDates.
	minute, hour, dom, month, dow uint64
	// The weekdays before a cron expression, which restrict it; 0 for all.
	weekdays uint64
	// The day of the month or the day of the week is enough; otherwise both must match.
	either bool
	// Canonical, up to the equals sign.
	when string
	n    int
	// The whole row, cached because every heartbeat asks for it.
	text string
}

func (r row) String() string { return r.when + "=" + strconv.Itoa(r.n) }

func (r row) begins(d day, c calendar) bool {
	switch r.rank {
	case everyDay:
		return true
	case onDates:
		return r.spans(d)
	case inPeriod:
		return r.spans(d) && r.recurs(c)
	}
	return r.recurs(c)
}

func (r row) spans(d day) bool { return r.first <= d && d <= r.last }

func (r row) dated() bool { return r.rank >= inPeriod }

func (r row) recurs(c calendar) bool {
	if r.weekdays != 0 && r.weekdays&c.dow == 0 {
		return false
	}
	dom, dow := r.dom&c.dom != 0, r.dow&c.dow != 0
	return r.month&c.month != 0 && (dom && dow || r.either && (dom || dow))
}

// The last beginning at or before minute; -1 without one.
func (r row) before(minute int) int {
	h, m := minute/60, minute%60
	if past := r.minute & (1<<(m+1) - 1); r.hour&(1<<h) != 0 && past != 0 {
		return h*60 + bits.Len64(past) - 1
	}
	if past := r.hour & (1<<h - 1); past != 0 {
		return (bits.Len64(past)-1)*60 + bits.Len64(r.minute) - 1
	}
	return -1
}

// The first beginning at or after minute; minutesPerDay without one.
func (r row) after(minute int) int {
	if minute >= minutesPerDay {
		return minutesPerDay
	}
	h, m := minute/60, minute%60
	if rest := r.minute >> m << m; r.hour&(1<<h) != 0 && rest != 0 {
		return h*60 + bits.TrailingZeros64(rest)
	}
	if rest := r.hour >> (h + 1) << (h + 1); rest != 0 {
		return bits.TrailingZeros64(rest)*60 + bits.TrailingZeros64(r.minute)
	}
	return minutesPerDay
}

// True if they begin in the same minute of some day, in the same rank.
func (r row) overlaps(o row) bool {
	if r.rank != o.rank || r.minute&o.minute == 0 || r.hour&o.hour == 0 {
		return false
	}
	switch r.rank {
	case everyDay:
		return true
	case onDates:
		return r.first <= o.last && o.first <= r.last
	case inPeriod:
		return r.meets(o)
	}
	for c := range everyCalendar() {
		if r.recurs(c) && o.recurs(c) {
			return true
		}
	}
	return false
}

// Weekdays, dates and leap days repeat after this number of days.
const cycle = 28*365 + 7

// Both are of rank inPeriod.
func (r row) meets(o row) bool {
	if !r.either && !o.either && (r.dom&o.dom == 0 || r.month&o.month == 0 || r.dow&o.dow == 0) {
		return false
	}
	first, last := max(r.first, o.first), min(r.last, o.last)
	if !r.yearly() && !o.yearly() {
		last = min(last, first+6)
	}
	for d := first; d <= min(last, first+cycle-1); d++ {
		if c := d.calendar(); r.recurs(c) && o.recurs(c) {
			return true
		}
	}
	return false
}

func (r row) ever() bool {
	if r.rank == inPeriod {
		return r.meets(r)
	}
	return r.rank != onWeekdays || r.overlaps(r)
}

// True if the row depends on more than the weekday.
func (r row) yearly() bool {
	return r.rank != onDates && r.rank != everyDay && (r.either || r.dom != allDoms || r.month != allMonths)
}

// The order for reading: every day, weekdays, periods, dates, each by time of day.
func (r row) compare(o row) int {
	return cmp.Or(
		cmp.Compare(r.rank, o.rank),
		cmp.Compare(r.first, o.first), cmp.Compare(r.last, o.last),
		cmp.Compare(firstWeekday(r.dow), firstWeekday(o.dow)), cmp.Compare(r.dow, o.dow),
		cmp.Compare(r.weekdays, o.weekdays),
		cmp.Compare(r.after(0), o.after(0)),
		cmp.Compare(r.when, o.when),
	)
}
