package schedule

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// A Silenced is a row that does not begin on some days on which its text suggests it does, because a more specific row
// overrides it there. The number is then not what a reader expects.
type Silenced struct {
	// Row is the row, and By the one that overrides it, in the grammar of the package.
	Row, By string
	// Days are the days in words, such as "Mon–Fri".
	Days string
	// Never: the row begins on no day at all. By overrides it on some of its days.
	Never bool
	// Write is a row that begins on those days as well; "" if no single row does.
	Write string
}

// String describes the row and the remedy in one sentence.
func (s Silenced) String() string {
	text := fmt.Sprintf("%s never begins on %s, because %s overrides it on these days", s.Row, s.Days, s.By)
	if s.Never {
		text = fmt.Sprintf("%s never begins, because more specific rows, such as %s, override it on all its days",
			s.Row, s.By)
	}
	if s.Write != "" {
		text += fmt.Sprintf("; to begin there as well, add %s", s.Write)
	}
	return text
}

// MostSilenced is the maximum number of rows that Silenced returns.
const MostSilenced = 20

// Silenced returns the rows that do not begin on days on which they could, each with the row that overrides it, in the
// order of the rows.
//
// It leaves out rows that are overridden on purpose: if another row begins in the same minute, if the number is the
// same anyway, or if the day has a plan of its own. Such a plan begins at 0:00 and ends with the number that it began
// with, or it ends with the number with which the less specific rows end the day.
func (s Series) Silenced() []Silenced {
	l := silence{series: s, begins: make([]bool, len(s.rows)), beaten: map[pair]bool{}, replaced: map[pair]bool{}}
	l.listen()
	var out []Silenced
	for _, p := range l.pairs() {
		r, by := s.rows[p.row], s.rows[p.by]
		found := Silenced{Row: r.String(), By: by.String(), Days: by.daysText(r), Never: !l.beaten[p]}
		if !found.Never {
			found.Write = s.alsoOn(r, by)
		}
		if out = append(out, found); len(out) == MostSilenced {
			break
		}
	}
	return out
}

// by overrides row on days on which row could begin. Both are indices.
type pair struct{ row, by int }

type silence struct {
	series Series
	// begins marks the rows that begin on any day. replaced has the pairs of the others. beaten has those of them that
	// lead to another number than the row's.
	begins           []bool
	beaten, replaced map[pair]bool
}

// In the order of the rows. A row that never begins is listed even if its number applies anyway. One of the rows that
// override it is then enough.
func (l *silence) pairs() []pair {
	out := slices.Collect(maps.Keys(l.beaten))
	told := map[int]bool{}
	for _, p := range out {
		told[p.row] = true
	}
	never := map[int]int{}
	for p := range l.replaced {
		if by, ok := never[p.row]; !l.begins[p.row] && !told[p.row] && (!ok || p.by < by) {
			never[p.row] = p.by
		}
	}
	for row, by := range never {
		out = append(out, pair{row, by})
	}
	slices.SortFunc(out, func(a, b pair) int { return cmp.Or(cmp.Compare(a.row, b.row), cmp.Compare(a.by, b.by)) })
	return out
}

// Goes through all days from the first to the last date that the rows can distinguish.
func (l *silence) listen() {
	turns := []day{firstDate, lastDate + 1}
	opens := map[day][]int{}
	var rows []int // those that can begin, in their order
	for i, r := range l.series.rows {
		if r.dated() {
			turns = append(turns, r.first, r.last+1)
			opens[r.first] = append(opens[r.first], i)
		} else {
			rows = append(rows, i)
		}
	}
	slices.Sort(turns)
	turns = slices.Compact(turns)
	d, n := day(0), 0
	for k := range len(turns) - 1 {
		rows = slices.DeleteFunc(rows, func(i int) bool {
			r := &l.series.rows[i]
			return r.dated() &&
				r.last < turns[k]
		})
		rows = append(rows, opens[turns[k]]...)
		slices.Sort(rows)
		most := day(8) // a week, after a day that ends what was before
		if slices.ContainsFunc(rows, func(i int) bool { return l.series.rows[i].yearly() }) {
			most = cycle
		}
		if d != turns[k] {
			n = l.series.at(turns[k]-1, minutesPerDay-1)
		}
		for d = turns[k]; d < min(turns[k+1], turns[k]+most); d++ {
			n = l.day(d, rows, n)
		}
	}
}

// Records which of the given rows begin on day d, and which could but do not. number is the one at the end of the day
// before; the result is the one at the end of this day.
func (l *silence) day(d day, rows []int, number int) int {
	c, all := d.calendar(), l.series.rows
	var ruling, silent []int
	for _, i := range slices.Backward(rows) {
		switch r := &all[i]; {
		case !r.begins(d, c):
		case len(ruling) == 0 || r.rank == all[ruling[0]].rank:
			l.begins[i] = true
			ruling = append(ruling, i)
		default:
			silent = append(silent, i)
		}
	}
	if len(ruling) == 0 {
		return number
	}
	_, end, _ := l.held(ruling, minutesPerDay-1, number)
	if len(silent) == 0 {
		return end
	}
	own := l.ownPlan(ruling, silent, end)
	for _, i := range silent {
		for m := all[i].after(0); m < minutesPerDay; m = all[i].after(m + 1) {
			by, n, same := l.held(ruling, m, number)
			l.replaced[pair{i, by}] = true
			if !own && !same && n != all[i].n {
				l.beaten[pair{i, by}] = true
			}
		}
	}
	return end
}

// by is the row in force at minute, or else the first of the day. n is the number then, and before the number of the
// day before. same: a row begins in that minute.
func (l *silence) held(ruling []int, minute, before int) (by, n int, same bool) {
	last, first, next := -1, minutesPerDay, -1
	by, n = -1, before
	for _, i := range ruling {
		r := &l.series.rows[i]
		if m := r.before(minute); m > last {
			last, by, n = m, i, r.n
		}
		if m := r.after(0); m < first {
			first, next = m, i
		}
	}
	if by < 0 {
		by = next
	}
	return by, n, last == minute
}

// True if the day has a plan of its own, see [Series.Silenced]. end is the number at its end.
func (l *silence) ownPlan(ruling, silent []int, end int) bool {
	if _, n, same := l.held(ruling, 0, 0); same && n == end {
		return true
	}
	top := everyDay
	for _, i := range silent {
		top = max(top, l.series.rows[i].rank)
	}
	lesser := slices.DeleteFunc(slices.Clone(silent), func(i int) bool { return l.series.rows[i].rank < top })
	_, n, _ := l.held(lesser, minutesPerDay-1, 0)
	return n == end
}

// A row like r that begins on the days of by; "" if no single row does.
func (s Series) alsoOn(r, by row) string {
	text := by.copyOf(r)
	if text == "" {
		return ""
	}
	rows, errs := parseWhen(text)
	if len(errs) > 0 || len(rows) != 1 || rows[0].rank != by.rank {
		return ""
	}
	rows[0].n = r.n
	if slices.ContainsFunc(s.rows, rows[0].contradicts) {
		return ""
	}
	return rows[0].String()
}

func (r row) isCron() bool { return strings.HasSuffix(r.when, ")") }

func (r row) days() string {
	if r.isCron() {
		days, _, _ := strings.Cut(r.when, "cron(")
		return strings.TrimSpace(days)
	}
	if i := strings.LastIndex(r.when, " "); i >= 0 {
		return r.when[:i]
	}
	return ""
}

// The days of r on which other could begin as well.
func (r row) daysText(other row) string {
	switch {
	case r.rank == onWeekdays && !r.isCron() && other.rank == everyDay:
		return weekdayTitle(r.dow)
	case r.isCron():
		return "the days of " + r.when
	}
	return r.days()
}

// The time of other on the days of r; "" if one row cannot express it.
func (r row) copyOf(other row) string {
	switch {
	case r.rank == onDates && r.first == r.last:
		return r.days() + " " + strings.TrimSpace(strings.TrimPrefix(other.when, other.days()))
	// other has all weekdays of r.
	case other.rank == onWeekdays && !other.isCron() && !r.isCron() && r.dow != 0 && r.dow&^other.dow == 0:
		return r.days() + " " + strings.TrimSpace(strings.TrimPrefix(other.when, other.days()))
	case other.days() != "":
		return "" // one row cannot express the days that both have
	case !r.isCron():
		return r.days() + " " + other.when
	case other.isCron():
		return ""
	}
	_, expression, _ := strings.Cut(strings.TrimSuffix(r.when, ")"), "cron(")
	fields := strings.Fields(expression)
	if len(fields) != len(cronFields) {
		return ""
	}
	m := other.after(0)
	text := fmt.Sprintf("cron(%d %d %s)", m%60, m/60, strings.Join(fields[2:], " "))
	return strings.TrimPrefix(r.days()+" "+text, " ")
}
