package schedule_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/autoscalebot/autoscalebot/bot/rapidtest"
	"github.com/autoscalebot/autoscalebot/schedule"
)

// Days are counted from 2026-11-29, a Sunday. expression has the last three fields of a row at 9:00.
func beginsOn(t testing.TB, expression string) (days []int) {
	t.Helper()
	tab := table(t, "0", "0:00=1, cron(0 9 "+expression+")=5", "UTC")
	for d := range 35 {
		at := time.Date(2026, 11, 29+d, 9, 0, 0, 0, time.UTC)
		if _, row := tab.Rows(at); row != "0:00=1" {
			days = append(days, d)
		}
	}
	return days
}

// 0 is Sunday.
func weekdaysOf(weekdays ...int) (days []int) {
	for d := range 35 {
		if slices.Contains(weekdays, d%7) {
			days = append(days, d)
		}
	}
	return days
}

func TestCronTakesSundayAsSeven(t *testing.T) {
	for field, want := range map[string][]int{
		"7": {0}, "0": {0}, "SUN": {0}, "sun": {0}, "7-7": {0}, "0,7": {0}, "*/7": {0}, "7/2": {0}, "7-7/3": {0},
		"1-7": {0, 1, 2, 3, 4, 5, 6}, "0-7": {0, 1, 2, 3, 4, 5, 6}, "0-6": {0, 1, 2, 3, 4, 5, 6}, "SUN-SAT": {0, 1, 2, 3, 4, 5, 6},
		"5-7": {0, 5, 6}, "6-7": {0, 6}, "FRI-SUN": {0, 5, 6}, "mon-sun": {0, 1, 2, 3, 4, 5, 6}, "sun-sun": {0}, "0-sun": {0}, "5-sun": {0, 5, 6},
		"1,7": {0, 1}, "7,1": {0, 1}, "mon,7": {0, 1}, "1-3,7": {0, 1, 2, 3}, "2,5-7": {0, 2, 5, 6},
		"1-7/2": {0, 1, 3, 5}, "1-7/3": {0, 1, 4}, "0-7/7": {0}, "0-7/2": {0, 2, 4, 6}, "2-7/5": {0, 2}, "1-7/100": {1},
		"1-5": {1, 2, 3, 4, 5}, "MON-FRI": {1, 2, 3, 4, 5}, "*/2": {0, 2, 4, 6}, "?": {0, 1, 2, 3, 4, 5, 6},
	} {
		t.Run(field, func(t *testing.T) {
			if got, want := beginsOn(t, "* * "+field), weekdaysOf(want...); !slices.Equal(got, want) {
				t.Errorf("begins on the days %v, want %v", got, want)
			}
		})
	}
}

// If both the day of the month and the day of the week are restricted, one of them is enough, also for a 7.
func TestCronJoinsDaysOfTheMonthAndSundays(t *testing.T) {
	want := weekdaysOf(0)
	for d := range 35 {
		if at := time.Date(2026, 11, 29+d, 0, 0, 0, 0, time.UTC); at.Day() == 15 && !slices.Contains(want, d) {
			want = append(want, d)
		}
	}
	slices.Sort(want)
	for _, field := range []string{"0", "7", "7-7", "sun"} {
		if got := beginsOn(t, "15 * "+field); !slices.Equal(got, want) {
			t.Errorf("15 * %s begins on the days %v, want %v", field, got, want)
		}
	}
}

func TestCronSaysWhatIsWrong(t *testing.T) {
	for expression, want := range map[string][]string{
		"0 9 * * 8":        {"day of the week", "`8`", "0–7"},
		"0 9 * * 1-8":      {"day of the week", "`1-8`"},
		"0 9 * * 7-3":      {"day of the week", "`7-3`"},
		"0 9 * * SAT-MON":  {"day of the week", "`SAT-MON`", "ends before it begins", "write 6,0-1"},
		"0 9 * * FRI-tue":  {"write 5-6,0-2"},
		"0 9 * * 5-1":      {"write 5-6,0-1"},
		"0 22-6 * * *":     {"hour", "`22-6`", "write 22-23,0-6"},
		"0 9 25-5 * *":     {"write 25-31,1-5"},
		"0 9 * NOV-FEB *":  {"month", "write 11-12,1-2"},
		"0 9 * * monday":   {"day of the week", "`monday`", "SUN–SAT"},
		"0 9 * * 1-7/0":    {"day of the week", "`1-7/0`"},
		"0 9 * * FRI#2":    {"day of the week", "`FRI#2`"},
		"60 9 * * *":       {"minute", "`60`", "0–59"},
		"0 24 * * *":       {"hour", "`24`", "0–23"},
		"0 9 0 * *":        {"day of the month", "`0`", "1–31"},
		"0 9 L * *":        {"day of the month", "`L`"},
		"0 9 * 13 *":       {"month", "`13`", "1–12"},
		"61 25 * * 9":      {"minute `61`", "hour `25`", "day of the week `9`"},
		"0 0 9 * * *":      {"6 fields", "five"},
		"9":                {"1 field"},
		"@fortnightly":     {"`@fortnightly` is unknown", "@weekly"},
		"0 9 * * 99999999": {"day of the week"},
	} {
		_, err := schedule.Parse("0:00=1, cron(" + expression + ")=5")
		if err == nil {
			t.Errorf("%s is taken", expression)
			continue
		}
		for _, w := range want {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("%s: %q does not say %q", expression, err, w)
			}
		}
		if len(strings.Fields(expression)) == 5 && strings.Contains(err.Error(), "five") {
			t.Errorf("%s: %q complains of the number of fields", expression, err)
		}
	}
}

func TestCronWeekdaysAreThoseOfCrontab(t *testing.T) {
	rapidtest.Check(t, func(t *rapid.T) {
		var items []string
		var want []int
		for range rapid.IntRange(1, 3).Draw(t, "items") {
			first := rapid.IntRange(0, 7).Draw(t, "first")
			last := rapid.IntRange(first, 7).Draw(t, "last")
			step := rapid.IntRange(1, 8).Draw(t, "step")
			item := fmt.Sprintf("%d-%d/%d", first, last, step)
			if first == last && step == 1 && rapid.Bool().Draw(t, "short") {
				item = fmt.Sprint(first)
			}
			items = append(items, item)
			for d := first; d <= last; d += step {
				want = append(want, d%7)
			}
		}
		tab, err := schedule.New(schedule.Fixed(0), mustParse(t, "0:00=1, cron(0 9 * * "+strings.Join(items, ",")+")=5"), time.UTC)
		if err != nil {
			t.Fatal(err)
		}
		for d := range 7 {
			at := time.Date(2026, 11, 29+d, 12, 0, 0, 0, time.UTC)
			every := len(slices.Compact(slices.Sorted(slices.Values(want)))) == 7
			if got := tab.At(at).Max == 5; got != (slices.Contains(want, d) || every) {
				t.Fatalf("%v on weekday %d: %v, want the weekdays %v", items, d, got, want)
			}
		}
	})
}

func mustParse(t *rapid.T, text string) schedule.Series {
	s, err := schedule.Parse(text)
	if err != nil {
		t.Fatalf("Parse(%q): %v", text, err)
	}
	return s
}
