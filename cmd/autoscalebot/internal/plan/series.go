package plan

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/autoscalebot/autoscalebot/schedule"
)

// Tables writes the limits as MIN_DYNOS and MAX_DYNOS have them.
func (p *Plan) Tables() (low, high string) {
	return p.table(func(l schedule.Limits) int { return l.Min }), p.table(func(l schedule.Limits) int { return l.Max })
}

// table writes one number of the limits.
func (p *Plan) table(of func(schedule.Limits) int) string {
	c := &p.Calendar
	if p.constant(of) {
		return strconv.Itoa(of(p.Limits))
	}
	t := &tableWriter{of: of}
	t.week(c)
	for _, m := range c.Month {
		var days []string
		for _, d := range m.Days {
			days = append(days, strconv.Itoa(d))
		}
		for _, s := range t.changes(m.Day) {
			t.rows = append(t.rows, fmt.Sprintf("cron(%d %d %s * *)=%d", s.Minute%60, s.Minute/60, strings.Join(days, ","), of(s.Limits)))
		}
	}
	if len(t.rows) == 0 { // only dates: what else holds
		t.row("", 0, of(p.Limits))
	}
	for _, d := range c.Dates {
		days := d.First.Format(time.DateOnly)
		if d.Last.After(d.First) {
			days += ".." + d.Last.Format(time.DateOnly)
		}
		for _, s := range t.changes(d.Day) {
			t.row(days+" ", s.Minute, of(s.Limits))
		}
	}
	return strings.Join(t.rows, ", ")
}

// constant says that a number of the limits is the same at all times.
func (p *Plan) constant(of func(schedule.Limits) int) bool {
	days := p.Calendar.Week[:]
	for _, m := range p.Calendar.Month {
		days = append(days[:len(days):len(days)], m.Day)
	}
	for _, d := range p.Calendar.Dates {
		days = append(days[:len(days):len(days)], d.Day)
	}
	return !slices.ContainsFunc(days, func(d Day) bool {
		return slices.ContainsFunc(d, func(s Step) bool { return of(s.Limits) != of(p.Limits) })
	})
}

type tableWriter struct {
	of   func(schedule.Limits) int
	rows []string
}

func (t *tableWriter) row(days string, minute, n int) {
	t.rows = append(t.rows, fmt.Sprintf("%s%d:%02d=%d", days, minute/60, minute%60, n))
}

// changes leaves out of a day the steps that do not change the number.
func (t *tableWriter) changes(d Day) Day {
	var out Day
	for _, s := range d {
		if n := len(out); n == 0 || t.of(out[n-1].Limits) != t.of(s.Limits) {
			out = append(out, s)
		}
	}
	return out
}

// week writes the steps of the weekdays. Those of all weekdays are rows without a day only where no other rows are more specific than these,
// which would put them out of force.
func (t *tableWriter) week(c *Calendar) {
	type row struct{ minute, n int }
	masks := map[row]int{}
	var rows []row
	for weekday, day := range c.Week {
		for _, s := range t.changes(day) {
			r := row{s.Minute, t.of(s.Limits)}
			if masks[r] == 0 {
				rows = append(rows, r)
			}
			masks[r] |= 1 << weekday
		}
	}
	slices.SortStableFunc(rows, func(a, b row) int { return a.minute - b.minute })
	alike := len(c.Month) == 0 && !slices.ContainsFunc(rows, func(r row) bool { return masks[r] != everyWeekday })
	for _, r := range rows {
		switch {
		case alike:
			t.row("", r.minute, r.n)
		case masks[r] == everyWeekday:
			t.row("mon-fri ", r.minute, r.n)
			t.row("sat,sun ", r.minute, r.n)
		default:
			t.row(weekdays(masks[r])+" ", r.minute, r.n)
		}
	}
}

// everyWeekday has a bit for each weekday, Sunday the lowest.
const everyWeekday = 1<<7 - 1

// weekdays names those in a mask, which are not all.
func weekdays(mask int) string {
	if mask == 0b0111110 {
		return "mon-fri"
	}
	var names []string
	for d := time.Monday; d < time.Monday+7; d++ {
		if mask&(1<<(d%7)) != 0 {
			names = append(names, strings.ToLower((d % 7).String()[:3]))
		}
	}
	return strings.Join(names, ",")
}

// horizon is for how many days after now what recurs in no simple way is written out as dates.
const horizon = 400

// FromTables takes the limits from MIN_DYNOS and MAX_DYNOS.
func (p *Plan) FromTables(low, high schedule.Series, zone *time.Location, now time.Time) error {
	table, err := schedule.New(low, high, time.UTC) // in UTC, where every day has all its minutes
	if err != nil {
		return err
	}
	r := &tableReader{table: table, minutes: []int{0}}
	r.rows(low.String() + ", " + high.String())
	p.Calendar = Calendar{Zone: zone}
	ordinary := ordinarySunday()
	for i := range 7 {
		p.Calendar.Week[i] = r.usual(ordinary.AddDate(0, 0, i))
	}
	p.Limits, _ = p.Calendar.Week[time.Saturday].at(minutesPerDay)
	p.odd(r, now)
	p.Calendar.simplify(p.Limits)
	return nil
}

// odd takes over the dates that are not like their weekday.
func (p *Plan) odd(r *tableReader, now time.Time) {
	c := &p.Calendar
	today, _ := dateOf(now, c.zone())
	add := func(first, last time.Time) {
		for d := first; !d.After(last); d = d.AddDate(0, 0, 1) {
			if day := r.day(d); !d.Before(today) && !slices.Equal(day, c.Week[d.Weekday()]) {
				c.addDates(Dates{d, d, day})
			}
		}
	}
	if r.monthly {
		last := today.AddDate(0, 0, horizon)
		p.note("rows that come on some days of the month, or in some months, are written out as dates until %s", last.Format(time.DateOnly))
		add(today, last)
		return
	}
	for i, from := range r.turns {
		soon := from.AddDate(0, 0, 8) // until when the last number of the day before may hold
		if i+1 == len(r.turns) {
			add(from, soon)
			break
		}
		last := r.turns[i+1].AddDate(0, 0, -1)
		if !last.After(soon) {
			add(from, last)
			continue
		}
		add(from, soon)
		if rest := soon.AddDate(0, 0, 1); !last.Before(today) && r.dated(rest) { // on which every day is alike
			c.addDates(Dates{rest, last, r.day(rest)})
		}
	}
}

// simplify leaves out steps that change nothing: those at midnight that only go on, and everything where the limits are always the same.
func (c *Calendar) simplify(base schedule.Limits) {
	if len(c.Dates) == 0 && len(c.Month) == 0 && !slices.ContainsFunc(c.Week[:], func(d Day) bool {
		return slices.ContainsFunc(d, func(s Step) bool { return s.Limits != base })
	}) {
		c.Week = [7]Day{}
		return
	}
	flat := true
	for _, d := range c.Week {
		flat = flat && len(d) == 1 && d[0] == Step{0, base}
	}
	if flat {
		whole := c.Week
		c.Week = [7]Day{}
		c.goOn(whole)
		return
	}
	whole := c.Week
	for i, d := range whole {
		before := whole[(i+6)%7]
		if len(d) > 0 && d[0].Minute == 0 && before[len(before)-1].Limits == d[0].Limits {
			c.Week[i] = d[1:]
		}
	}
	c.goOn(whole)
}

// goOn lets the week hold again after a date. whole are its days with what holds at midnight.
func (c *Calendar) goOn(whole [7]Day) {
	var out []Dates
	for i, d := range c.Dates {
		out = append(out, d)
		next := d.Last.AddDate(0, 0, 1)
		if i+1 < len(c.Dates) && c.Dates[i+1].First.Equal(next) {
			continue
		}
		day := whole[next.Weekday()]
		if l, _ := d.Day.at(minutesPerDay); l != day[0].Limits && next.Year() <= lastYear {
			out = append(out, Dates{next, next, day})
		}
	}
	c.Dates = out
}

// A tableReader asks a table for the limits at the minutes at which they can change.
type tableReader struct {
	table   schedule.Table
	minutes []int
	// ranges are the dates that rows name, first and last, and turns those on which one begins or that come after its end, in order.
	ranges [][2]time.Time
	turns  []time.Time
	// monthly says that rows come on some days of the month, or in some months.
	monthly bool
}

// rows finds in the canonical text of the rows when the limits can change.
func (r *tableReader) rows(text string) {
	for row := range strings.SplitSeq(text, ", ") {
		when, _, isRow := strings.Cut(row, "=")
		if !isRow {
			continue
		}
		if expression, isCron := strings.CutPrefix(when, "cron("); isCron {
			r.cron(strings.Fields(strings.TrimSuffix(expression, ")")))
			continue
		}
		days, clock, hasDays := strings.Cut(when, " ")
		if !hasDays {
			clock = days
		}
		if t, err := time.Parse("15:04", clock); err == nil {
			r.minutes = append(r.minutes, t.Hour()*60+t.Minute())
		}
		r.date(days)
	}
	slices.SortFunc(r.turns, time.Time.Compare)
	r.turns = slices.CompactFunc(r.turns, time.Time.Equal)
	slices.Sort(r.minutes)
	r.minutes = slices.Compact(r.minutes)
}

// cron notes when a cron expression begins: at one time of the day, or else anywhere.
func (r *tableReader) cron(fields []string) {
	r.monthly = r.monthly || len(fields) != 5 || fields[2] != "*" || fields[3] != "*"
	if len(fields) == 5 {
		minute, err := strconv.Atoi(fields[0])
		hour, err2 := strconv.Atoi(fields[1])
		if err == nil && err2 == nil {
			r.minutes = append(r.minutes, hour*60+minute)
			return
		}
	}
	for m := range minutesPerDay {
		r.minutes = append(r.minutes, m)
	}
}

// date notes the date or the dates of a row.
func (r *tableReader) date(days string) {
	from, to, ranged := strings.Cut(days, "..")
	if !ranged {
		to = from
	}
	first, err := time.Parse(time.DateOnly, from)
	last, err2 := time.Parse(time.DateOnly, to)
	if err == nil && err2 == nil {
		r.ranges = append(r.ranges, [2]time.Time{first, last})
		r.turns = append(r.turns, first, last.AddDate(0, 0, 1))
	}
}

// dated says that a row names a date.
func (r *tableReader) dated(date time.Time) bool {
	return slices.ContainsFunc(r.ranges, func(of [2]time.Time) bool { return !date.Before(of[0]) && !date.After(of[1]) })
}

// usual returns the day that comes most often on a date's weekday.
func (r *tableReader) usual(date time.Time) (usual Day) {
	if !r.monthly {
		return r.day(date)
	}
	var days []Day
	for i := range 9 {
		days = append(days, r.day(date.AddDate(0, 0, 7*i)))
	}
	most := 0
	for _, d := range days {
		n := 0
		for _, o := range days {
			if slices.Equal(d, o) {
				n++
			}
		}
		if n > most {
			most, usual = n, d
		}
	}
	return usual
}

func (r *tableReader) limits(date time.Time, minute int) schedule.Limits {
	return r.table.At(date.Add(time.Duration(minute) * time.Minute))
}

// day returns what changes on a date, with what holds at midnight.
func (r *tableReader) day(date time.Time) Day {
	var out Day
	for _, m := range r.minutes {
		l := r.limits(date, m)
		if n := len(out); n == 0 || out[n-1].Limits != l {
			out = append(out, Step{m, l})
		}
	}
	return out
}
