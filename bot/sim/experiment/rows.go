package experiment

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/sim"
)

// A Row is a time on some days of the week in which fewer than Min dynos were often too few.
type Row struct {
	// Days are in the grammar of a schedule, and Name in words.
	Days, Name string
	// From and To are minutes after midnight, To at most 24 hours.
	From, To int
	Min      int
}

// Minutes of the day that are examined as a whole.
const slotTime = 30

// Rows returns the times of day at which a result was slow on at least half of the days while more than least, the
// minimum, was needed. (If a minute is slow with enough dynos, more of them do not help.) Each row begins half an hour
// earlier, and has the dynos needed on four days of five.
func Rows(start time.Time, zone *time.Location, r sim.Result, least int) []Row {
	var out []Row
	for _, c := range []struct {
		days, name string
		has        func(time.Weekday) bool
	}{
		{"mon-fri", "weekdays", func(d time.Weekday) bool { return d != time.Saturday && d != time.Sunday }},
		{"sat,sun", "weekends", func(d time.Weekday) bool { return d == time.Saturday || d == time.Sunday }},
	} {
		const slots = 24 * 60 / slotTime
		var slow, days [slots]int
		var need [slots][]int
		for i := 0; i+slotTime <= len(r.Minutes); i += slotTime {
			at := start.Add(time.Duration(i) * time.Minute).In(zone)
			if !c.has(at.Weekday()) {
				continue
			}
			slot := (at.Hour()*60 + at.Minute()) / slotTime
			most, late := 0, false
			for _, m := range r.Minutes[i : i+slotTime] {
				most, late = max(most, m.Needed), late || m.IsSlow() && m.Needed > least
			}
			days[slot]++
			if late {
				slow[slot]++
			}
			need[slot] = append(need[slot], most)
		}
		var row *Row
		for slot := range slots {
			often := days[slot] > 1 && 2*slow[slot] >= days[slot]
			switch {
			case !often:
				row = nil
				continue
			case row == nil:
				out = append(out, Row{Days: c.days, Name: c.name, From: max(0, (slot-1)*slotTime), Min: least + 1})
				row = &out[len(out)-1]
			}
			row.To = (slot + 1) * slotTime
			slices.Sort(need[slot])
			row.Min = max(row.Min, need[slot][len(need[slot])*4/5])
		}
	}
	return out
}

// SameTime says whether two rows cover the same hours of the same days.
func (r Row) SameTime(other Row) bool {
	return r.Days == other.Days && r.From == other.From && r.To == other.To
}

// Variants returns the row, and the same row with 25, 50 and 100 % more dynos. The dynos needed are 90 % busy, which is
// too much if a dyno has few slots or an answer takes long.
func (r Row) Variants() (out []Row) {
	for _, more := range []float64{0, 0.25, 0.5, 1} {
		v := r
		v.Min += int(math.Ceil(more * float64(r.Min)))
		if n := len(out); n == 0 || out[n-1].Min < v.Min {
			out = append(out, v)
		}
	}
	return out
}

// Table writes a minimum with rows as a value of MIN_DYNOS.
func Table(least int, rows []Row) string {
	parts := []string{fmt.Sprintf("0:00=%d", least)}
	day := ""
	for i, row := range rows {
		if row.Days != day && row.From > 0 {
			parts = append(parts, fmt.Sprintf("%s 0:00=%d", row.Days, least))
		}
		day = row.Days
		parts = append(parts, fmt.Sprintf("%s %s=%d", row.Days, clock(row.From), row.Min))
		next := i+1 < len(rows) && rows[i+1].Days == row.Days && rows[i+1].From <= row.To
		if row.To < 24*60 && !next {
			parts = append(parts, fmt.Sprintf("%s %s=%d", row.Days, clock(row.To), least))
		}
	}
	return strings.Join(parts, ", ")
}

func clock(minutes int) string { return fmt.Sprintf("%d:%02d", minutes/60, minutes%60) }

// String describes the row in a few words.
func (r Row) String() string {
	to := clock(r.To)
	if r.To == 24*60 {
		to = "midnight"
	}
	return fmt.Sprintf("%s from %s to %s, minimum %d", r.Name, clock(r.From), to, r.Min)
}
