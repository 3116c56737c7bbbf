package schedule_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/robfig/cron/v3"
	"pgregory.net/rapid"

	"github.com/autoscalebot/autoscalebot/bot/racetest"
	"github.com/autoscalebot/autoscalebot/bot/rapidtest"
	"github.com/autoscalebot/autoscalebot/schedule"
)

// Computed differently from the package: cron's own Next gives the beginnings, on a calendar without a zone.
type modelRow struct {
	text   string
	rank   int
	begins func(date time.Time) []int // the minutes of a day at which it begins
	n      int
}

type modelSeries []modelRow

func (s modelSeries) String() string {
	texts := make([]string, len(s))
	for i, r := range s {
		texts[i] = fmt.Sprintf("%s=%d", r.text, r.n)
	}
	return strings.Join(texts, ",")
}

// -1 before the first row begins.
func (s modelSeries) numbers(from time.Time, days int) []int {
	const minutes = 24 * 60
	numbers := make([]int, 0, days*minutes)
	n := -1
	var begun [minutes]int // the number of the row that begins then, else -1
	for d := range days {
		date := from.AddDate(0, 0, d)
		top := -1
		forget := func() {
			for m := range begun {
				begun[m] = -1
			}
		}
		forget()
		for _, r := range s {
			starts := r.begins(date)
			if len(starts) == 0 || r.rank < top {
				continue
			}
			if r.rank > top {
				top = r.rank
				forget()
			}
			for _, m := range starts {
				begun[m] = r.n
			}
		}
		for _, next := range begun {
			if next >= 0 {
				n = next
			}
			numbers = append(numbers, n)
		}
	}
	return numbers
}

// Up to seven rows around a date. No two begin in the same minute, and at least one begins each week.
func drawSeries(t *rapid.T, name string, around time.Time, yearly bool) modelSeries {
	days := []string{"", "mon-fri ", "sat,sun ", "fri-mon ", "wed "}
	matches := []func(time.Time) bool{
		func(time.Time) bool { return true },
		func(d time.Time) bool { return d.Weekday()%6 != 0 },
		func(d time.Time) bool { return d.Weekday()%6 == 0 },
		func(d time.Time) bool { return d.Weekday() >= time.Friday || d.Weekday() <= time.Monday },
		func(d time.Time) bool { return d.Weekday() == time.Wednesday },
	}
	expressions := []string{"7 9 * * *", "11 */2 * * *", "13,43 1-3 * * MON-SAT", "17 23 * * SUN"}
	ranks := []int{0, 0, 1, 1}
	if yearly {
		expressions = append(expressions, "19 0 1,15 * *", "23 2 */3 * SUN", "29 1 * 3,11 *")
		ranks = append(ranks, 1, 1, 1)
	}
	number := rapid.IntRange(0, 6)

	minutes := rapid.SliceOfNDistinct(rapid.IntRange(0, 287), 1, 5, rapid.ID[int]).Draw(t, name+" minutes")
	var s modelSeries
	for i, five := range minutes {
		hour, minute := five/12, five%12*5
		r := modelRow{n: number.Draw(t, name+" number")}
		var on func(date time.Time) bool
		day := rapid.IntRange(0, len(days)+1).Draw(t, name+" day")
		switch {
		case day == len(days)+1 && i > 0:
			first := around.AddDate(0, 0, rapid.IntRange(-6, 3).Draw(t, name+" date"))
			last := first.AddDate(0, 0, rapid.IntRange(6, 20).Draw(t, name+" length"))
			open := rapid.IntRange(0, 2).Draw(t, name+" open")
			weekday := rapid.IntRange(1, len(days)-1).Draw(t, name+" weekday")
			from, to := first.Format(time.DateOnly), last.Format(time.DateOnly)
			switch open {
			case 1:
				from, first = "", time.Time{}
			case 2:
				to, last = "", last.AddDate(10, 0, 0)
			}
			r.text, r.rank = from+".."+to+" "+days[weekday], 2
			on = func(d time.Time) bool { return !d.Before(first) && !d.After(last) && matches[weekday](d) }
		case day == len(days) && i > 0:
			first := around.AddDate(0, 0, rapid.IntRange(-3, 3).Draw(t, name+" date"))
			last := first.AddDate(0, 0, rapid.IntRange(0, 2).Draw(t, name+" length"))
			r.text, r.rank = first.Format(time.DateOnly)+".."+last.Format(time.DateOnly)+" ", 3
			on = func(d time.Time) bool { return !d.Before(first) && !d.After(last) }
		default:
			day %= len(days)
			r.text, r.rank, on = days[day], min(day, 1), matches[day]
		}
		r.begins = func(date time.Time) []int {
			if on(date) {
				return []int{hour*60 + minute}
			}
			return nil
		}
		r.text += fmt.Sprintf("%d:%02d", hour, minute)
		s = append(s, r)
	}
	for _, i := range rapid.SliceOfNDistinct(rapid.IntRange(0, len(expressions)-1), 0, 2, rapid.ID[int]).Draw(t, name+" cron") {
		r := modelRow{text: "cron(" + expressions[i] + ")", rank: ranks[i], n: number.Draw(t, name+" number")}
		spec, err := cron.ParseStandard(expressions[i])
		if err != nil {
			t.Fatal(err)
		}
		begins := map[string][]int{}
		for c := spec.Next(around.AddDate(0, 0, -42)); c.Before(around.AddDate(0, 0, 50)); c = spec.Next(c) {
			date := c.Format(time.DateOnly)
			begins[date] = append(begins[date], c.Hour()*60+c.Minute())
		}
		on := func(time.Time) bool { return true }
		if n := rapid.IntRange(0, 3).Draw(t, name+" bound"); n == 0 {
			r.text, r.rank, on = "sat,sun "+r.text, 1, matches[2]
		} else if n == 1 {
			first := around.AddDate(0, 0, rapid.IntRange(-6, 3).Draw(t, name+" date"))
			r.text, r.rank = first.Format(time.DateOnly)+".. "+r.text, 2
			if ranks[i] == 0 {
				r.rank = 3 // it begins on each of its dates
			}
			on = func(d time.Time) bool { return !d.Before(first) }
		}
		r.begins = func(date time.Time) []int {
			if !on(date) {
				return nil
			}
			return begins[date.Format(time.DateOnly)]
		}
		s = append(s, r)
	}
	return s
}

// The days of change on which the model runs, at their midnight.
var changeDays = []struct{ zone, date string }{
	{"UTC", "2026-12-24"},
	{"America/New_York", "2026-03-08"},
	{"America/New_York", "2026-11-01"},
	{"Europe/Berlin", "2026-03-29"},
	{"Europe/Berlin", "2026-10-25"},
	{"America/Santiago", "2026-04-05"},
	{"America/Santiago", "2026-09-06"},
	{"America/Sao_Paulo", "2018-02-18"},
	{"America/Sao_Paulo", "2018-11-04"},
	{"Asia/Beirut", "2026-10-25"},
	{"America/Havana", "2026-11-01"},
	{"Australia/Lord_Howe", "2026-04-05"},
	{"Australia/Lord_Howe", "2026-10-04"},
	{"Pacific/Apia", "2011-12-30"},
}

// The model has the number of each minute of the calendar. It walks minute by minute, reads the local time, and
// remembers the latest minute that the clock has reached.
func TestAtAgreesWithAWalkThroughTheMinutes(t *testing.T) {
	racetest.Computes(t)
	rapidtest.Check(t, func(t *rapid.T) {
		change := rapid.SampledFrom(changeDays).Draw(t, "change")
		z, err := time.LoadLocation(change.zone)
		if err != nil {
			t.Fatal(err)
		}
		around, _ := time.Parse(time.DateOnly, change.date)
		model := drawSeries(t, "max", around, true)
		series, err := schedule.Parse(model.String())
		if err != nil {
			t.Fatalf("Parse(%s): %v", model, err)
		}
		tab, err := schedule.New(schedule.Fixed(0), series, z)
		if err != nil {
			t.Fatal(err)
		}

		start := around.AddDate(0, 0, -10)
		numbers := model.numbers(start, 14)
		reached := 0
		for now := start.AddDate(0, 0, 8); now.Before(around.AddDate(0, 0, 3)); now = now.Add(time.Minute) {
			local := now.In(z)
			_, offset := local.Zone()
			clock := now.Add(time.Duration(offset) * time.Second)
			reached = max(reached, int(clock.Sub(start)/time.Minute))
			if got := tab.At(now).Max; got != numbers[reached] {
				t.Fatalf("At(%s) of %s = %d, want %d", local, model, got, numbers[reached])
			}
		}

		// Next returns the next change, and nothing changes before it.
		for now, end := around.AddDate(0, 0, -2), around.AddDate(0, 0, 2); now.Before(end); {
			when, l, ok := tab.Next(now)
			if ok && (!when.After(now) || tab.At(when) != l || l == tab.At(now)) {
				t.Fatalf("Next(%s) of %s = %s, %v; At is %v then and %v now", now, model, when, l, tab.At(when), tab.At(now))
			}
			for before := now; (!ok || before.Before(when)) && before.Before(end); before = before.Add(time.Minute) {
				if tab.At(before) != tab.At(now) {
					t.Fatalf("Next(%s) of %s = %s, but At changes at %s", now, model, when, before)
				}
			}
			if !ok {
				break
			}
			now = when
		}
	})
}

// Between dates without an end there may be no day without dates.
var open = regexp.MustCompile(`(^|,)\.\.|\.\. `)

// The model examines each minute of some weeks that contain all dates and all weekdays.
func TestNewRefusesExactlyWhatAWalkThroughTheMinutesFinds(t *testing.T) {
	racetest.Computes(t)
	rapidtest.Check(t, func(t *rapid.T) {
		around := time.Date(2026, 12, 24, 0, 0, 0, 0, time.UTC)
		yearly := rapid.Bool().Draw(t, "yearly")
		lower, upper := drawSeries(t, "min", around, yearly), drawSeries(t, "max", around, yearly)
		for i := range upper {
			upper[i].n += rapid.IntRange(0, 6).Draw(t, "more")
		}
		minimum, minErr := schedule.Parse(lower.String())
		maximum, maxErr := schedule.Parse(upper.String())
		if minErr != nil || maxErr != nil {
			t.Fatal(minErr, maxErr)
		}
		tab, err := schedule.New(minimum, maximum, nil)

		found, zero := "", false
		low, high := lower.numbers(around.AddDate(0, 0, -40), 88), upper.numbers(around.AddDate(0, 0, -40), 88)
		for m := 8 * 24 * 60; m < len(low); m++ { // by then each series has begun
			zero = zero || low[m] == 0
			if low[m] > high[m] && found == "" {
				found = fmt.Sprintf("MIN_DYNOS %d is above MAX_DYNOS %d", low[m], high[m])
			}
		}
		switch {
		case found != "" && err == nil:
			t.Fatalf("New(%s; %s) let pass: %s", lower, upper, found)
		case found == "" && err != nil && !yearly && !open.MatchString(lower.String()+","+upper.String()):
			t.Fatalf("New(%s; %s): %v", lower, upper, err)
		case err == nil && !yearly && !open.MatchString(lower.String()) && tab.HasZero() != zero:
			t.Fatalf("HasZero of %s = %t, want %t", lower, tab.HasZero(), zero)
		}
	})
}
