package cfautoscaler

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/autoscalebot/autoscalebot/schedule"
)

// Tables returns the limits in the form of MIN_DYNOS and MAX_DYNOS.
func (p *Plan) Tables() (low, high string) {
	return p.table(func(l schedule.Limits) int { return l.Min }), p.table(func(l schedule.Limits) int { return l.Max })
}

func (p *Plan) table(of func(schedule.Limits) int) string {
	c := &p.Calendar
	if p.constant(of) {
		return strconv.Itoa(of(p.Limits))
	}
	t := &tableWriter{of: of}
	t.week(c)
	if len(t.rows) == 0 && (len(c.Parts) == 0 || c.bounded()) { // only dates: the limits on other days
		t.row("", 0, of(p.Limits))
	}
	for i := range c.Parts {
		t.part(&c.Parts[i])
	}
	for _, d := range c.Dates {
		days := d.First.Format(time.DateOnly)
		if d.Last.After(d.First) {
			days = period(d.First, d.Last)
		}
		for _, s := range t.changes(d.Day) {
			t.row(days+" ", s.Minute, of(s.Limits))
		}
	}
	return strings.Join(t.rows, ", ")
}

func (p *Plan) constant(of func(schedule.Limits) int) bool {
	days := p.Calendar.Week[:]
	for _, part := range p.Calendar.Parts {
		days = append(days[:len(days):len(days)], part.Day)
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

func (t *tableWriter) changes(d Day) Day {
	var out Day
	for _, s := range d {
		if n := len(out); n == 0 || t.of(out[n-1].Limits) != t.of(s.Limits) {
			out = append(out, s)
		}
	}
	return out
}

// Rows without days are used only if there are no more specific rows, which would replace them.
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
	alike := len(c.Parts) == 0 && !slices.ContainsFunc(rows, func(r row) bool { return masks[r] != everyWeekday })
	for _, r := range rows {
		switch {
		case alike:
			t.row("", r.minute, r.n)
		default:
			for _, days := range weekdays(masks[r]) {
				t.row(days+" ", r.minute, r.n)
			}
		}
	}
}

// A row of every day would be less specific than those of some days, so all weekdays are two rows.
func (t *tableWriter) part(p *Part) {
	dates := ""
	if p.bounded() {
		dates = period(p.First, p.Last) + " "
	}
	for _, s := range t.changes(p.Day) {
		if p.Days == nil {
			for _, days := range weekdays(p.Weekdays) {
				t.row(dates+days+" ", s.Minute, t.of(s.Limits))
			}
			continue
		}
		on := dates
		if p.Weekdays != everyWeekday {
			on += weekdays(p.Weekdays)[0] + " "
		}
		t.rows = append(t.rows, fmt.Sprintf("%scron(%d %d %s * *)=%d", on, s.Minute%60, s.Minute/60,
			dayList(p.Days), t.of(s.Limits)))
	}
}

// The form is that of cron: "1,15-17".
func dayList(days []int) string {
	var out []string
	for i := 0; i < len(days); i++ {
		first := i
		for i+1 < len(days) && days[i+1] == days[i]+1 {
			i++
		}
		switch i - first {
		case 0:
			out = append(out, strconv.Itoa(days[i]))
		case 1:
			out = append(out, strconv.Itoa(days[i-1]), strconv.Itoa(days[i]))
		default:
			out = append(out, fmt.Sprintf("%d-%d", days[first], days[i]))
		}
	}
	return strings.Join(out, ",")
}

func period(first, last time.Time) string {
	from, to := "", ""
	if !first.IsZero() {
		from = first.Format(time.DateOnly)
	}
	if !last.IsZero() {
		to = last.Format(time.DateOnly)
	}
	return from + ".." + to
}

const everyWeekday = 1<<7 - 1

// A row of every day would be less specific, so all weekdays are two rows.
func weekdays(mask int) []string {
	switch mask {
	case everyWeekday:
		return []string{"mon-fri", "sat,sun"}
	case 0b0111110:
		return []string{"mon-fri"}
	}
	var names []string
	for d := time.Monday; d < time.Monday+7; d++ {
		if mask&(1<<(d%7)) != 0 {
			names = append(names, strings.ToLower((d % 7).String()[:3]))
		}
	}
	return []string{strings.Join(names, ",")}
}

// Rows that recur in complex ways become dates for this number of days.
const horizon = 400

// FromTables sets the limits and the calendar from MIN_DYNOS and MAX_DYNOS, as of now. Its error is that of
// schedule.New.
func (p *Plan) FromTables(low, high schedule.Series, zone *time.Location, now time.Time) error {
	table, err := schedule.New(low, high, time.UTC) // in UTC, where every day has all its minutes
	if err != nil {
		return err
	}
	r := &tableReader{table: table, minutes: []int{0}}
	r.rows(low.String() + ", " + high.String())
	p.Calendar, p.now = Calendar{Zone: zone}, now
	for i := range 7 {
		p.Calendar.Week[i] = r.usual(ordinarySunday().AddDate(0, 0, i))
	}
	p.Limits, _ = p.Calendar.Week[time.Saturday].at(minutesPerDay)
	if r.monthly {
		p.oddUntilHorizon(r)
	} else if phases := r.phases(); len(phases) > 0 {
		p.inPhases(r, phases)
		return nil
	} else {
		p.odd(r, p.weekOf)
	}
	p.Calendar.simplify(p.Limits)
	return nil
}

func (p *Plan) today() time.Time {
	today, _ := dateOf(p.now, p.Calendar.zone())
	return today
}

func (p *Plan) weekOf(date time.Time) Day { return p.Calendar.Week[date.Weekday()] }

func (p *Plan) oddUntilHorizon(r *tableReader) {
	last := p.today().AddDate(0, 0, horizon)
	p.note("rows of some days of the month or some months become dates up to %s",
		last.Format(time.DateOnly))
	if slices.ContainsFunc(r.ranges, func(of dateRange) bool { return !of.some && of.last.After(last) }) {
		p.note("rows of dates after %s are left out", last.Format(time.DateOnly))
	}
	p.oddBetween(r, p.today(), last, p.weekOf)
}

func (p *Plan) oddBetween(r *tableReader, first, last time.Time, usual func(time.Time) Day) {
	for d := first; !d.After(last); d = d.AddDate(0, 0, 1) {
		if day := r.day(d); !d.Before(p.today()) && !slices.Equal(day, usual(d)) {
			p.Calendar.addDates(Dates{d, d, day})
		}
	}
}

const settling = 8 // days after a change on which limits of the days before may still apply

func (p *Plan) odd(r *tableReader, usual func(time.Time) Day) {
	for i, from := range r.turns {
		soon := from.AddDate(0, 0, settling)
		if i+1 == len(r.turns) {
			p.oddBetween(r, from, soon, usual)
			break
		}
		last := r.turns[i+1].AddDate(0, 0, -1)
		if !last.After(soon.AddDate(0, 0, 7)) {
			p.oddBetween(r, from, last, usual)
			continue
		}
		p.oddBetween(r, from, soon, usual)
		// all remaining days are the same
		if rest := soon.AddDate(0, 0, 1); !last.Before(p.today()) && r.dated(rest) &&
			!slices.Equal(r.day(rest), usual(rest)) {
			p.Calendar.addDates(Dates{rest, last, r.day(rest)})
		}
	}
}

type phase struct {
	first, last time.Time
	week        [7]Day
}

func (r *tableReader) phases() (out []phase) {
	for i := 0; i+1 < len(r.turns); i++ {
		ph := phase{first: r.turns[i], last: r.turns[i+1].AddDate(0, 0, -1)}
		settled := ph.first.AddDate(0, 0, settling)
		if !r.inPeriod(settled) || ph.last.Before(settled.AddDate(0, 0, 7)) {
			continue
		}
		for d := settled; d.Before(settled.AddDate(0, 0, 7)); d = d.AddDate(0, 0, 1) {
			ph.week[d.Weekday()] = r.day(d)
		}
		out = append(out, ph)
	}
	return out
}

func (p *Plan) inPhases(r *tableReader, phases []phase) {
	c := &p.Calendar
	usual := phase{week: c.Week}
	c.Week = [7]Day{}
	for _, ph := range phases {
		if usual.last = ph.first.AddDate(0, 0, -1); usual.last.After(tablesBegin()) && !usual.last.Before(usual.first) {
			c.Parts = append(c.Parts, usual.parts()...)
		}
		c.Parts = append(c.Parts, ph.parts()...)
		usual.first = ph.last.AddDate(0, 0, 1)
	}
	if usual.last = (time.Time{}); !usual.first.After(tablesEnd()) {
		c.Parts = append(c.Parts, usual.parts()...)
	}
	p.odd(r, func(date time.Time) Day { return c.recurring(date) })
}

func (ph *phase) parts() (out []Part) {
	for weekday, day := range ph.week {
		i := slices.IndexFunc(out, func(o Part) bool { return slices.Equal(o.Day, day) })
		if i < 0 {
			i = len(out)
			out = append(out, Part{First: ph.first, Last: ph.last, Day: day})
		}
		out[i].Weekdays |= 1 << weekday
	}
	return out
}

// Steps without a change are left out.
func (c *Calendar) simplify(base schedule.Limits) {
	if len(c.Dates) == 0 && !slices.ContainsFunc(c.Week[:], func(d Day) bool {
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

// After a date, the week begins again with the limits at midnight.
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

type tableReader struct {
	table   schedule.Table
	minutes []int
	ranges  []dateRange // the dates in rows
	turns   []time.Time
	monthly bool // there are rows of some days of the month or some months
}

func (r *tableReader) rows(text string) {
	for row := range strings.SplitSeq(text, ", ") {
		when, _, isRow := strings.Cut(row, "=")
		if !isRow {
			continue
		}
		days, expression, isCron := strings.Cut(when, "cron(")
		if isCron {
			r.cron(strings.Fields(strings.TrimSuffix(expression, ")")))
			r.date(days + " cron")
			continue
		}
		clock := when[strings.LastIndex(when, " ")+1:]
		if t, err := time.Parse("15:04", clock); err == nil {
			r.minutes = append(r.minutes, t.Hour()*60+t.Minute())
		}
		r.date(strings.TrimSuffix(when, clock))
	}
	slices.SortFunc(r.turns, time.Time.Compare)
	r.turns = slices.CompactFunc(r.turns, time.Time.Equal)
	slices.Sort(r.minutes)
	r.minutes = slices.Compact(r.minutes)
}

// An expression without a single time of day may change limits at any minute.
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

func (r *tableReader) date(days string) {
	days, weekdays, _ := strings.Cut(strings.TrimSpace(days), " ")
	from, to, ranged := strings.Cut(days, "..")
	if !ranged {
		to = from
	}
	first, err := time.Parse(time.DateOnly, from)
	last, err2 := time.Parse(time.DateOnly, to)
	if err == nil && err2 == nil {
		r.ranges = append(r.ranges, dateRange{first, last, weekdays != ""})
		r.turns = append(r.turns, first, last.AddDate(0, 0, 1))
	}
}

type dateRange struct { // some: only some of the dates
	first, last time.Time
	some        bool
}

func (r *tableReader) dated(date time.Time) bool {
	return slices.ContainsFunc(r.ranges, func(of dateRange) bool { return within(date, of.first, of.last) })
}

func (r *tableReader) inPeriod(date time.Time) bool {
	return slices.ContainsFunc(r.ranges, func(of dateRange) bool { return of.some && within(date, of.first, of.last) })
}

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
