package schedule_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/autoscalebot/autoscalebot/bot/racetest"
	"github.com/autoscalebot/autoscalebot/bot/rapidtest"
	"github.com/autoscalebot/autoscalebot/schedule"
)

// Each is "row by row".
func silenced(t testing.TB, text string) (out []string) {
	t.Helper()
	for _, s := range parse(t, text).Silenced() {
		pair := s.Row + " by " + s.By
		if s.Never {
			pair += ", never"
		}
		out = append(out, pair)
	}
	return out
}

func TestSilencedRows(t *testing.T) {
	for text, want := range map[string][]string{
		"0:00=3, mon-fri 8:00=5, 20:00=2":                             {"0:00=3 by mon-fri 8:00=5", "20:00=2 by mon-fri 8:00=5"},
		`{"0:00": 3, "mon-fri 8:00": 5, "20:00": 2}`:                  {"0:00=3 by mon-fri 8:00=5", "20:00=2 by mon-fri 8:00=5"},
		"0:00=3, mon-fri 8:00=5":                                      {"0:00=3 by mon-fri 8:00=5"},
		"mon-fri 0:00=1, mon-fri 8:00=5, 20:00=2":                     {"20:00=2 by mon-fri 8:00=5"},
		"0:00=1, 9:00=5, 18:00=1, sat 10:00=2":                        {"9:00=5 by sat 10:00=2", "18:00=1 by sat 10:00=2"},
		"0:00=1, cron(0 9 1 * *)=4, 18:00=1":                          {"18:00=1 by cron(0 9 1 * *)=4"},
		"0:00=2, cron(0 9 * * 1-5)=5, 17:30=2":                        {"0:00=2 by cron(0 9 * * 1-5)=5", "17:30=2 by cron(0 9 * * 1-5)=5"},
		"0:00=3, 2026-11-27..2026-11-30 8:00=20":                      {"0:00=3 by 2026-11-27..2026-11-30 8:00=20"},
		"0:00=3, 2026-12-01..2027-02-28 mon,tue 9:00=8":               {"0:00=3 by 2026-12-01..2027-02-28 mon,tue 9:00=8"},
		"0:00=1, mon-fri 9:00=5, mon-fri 17:00=1, 2026-12-24 12:00=2": {"mon-fri 9:00=5 by 2026-12-24 12:00=2", "mon-fri 17:00=1 by 2026-12-24 12:00=2"},
		"0:00=1, mon 9:00=5, 2000-01-01..2099-12-31 0:00=3": {
			"0:00=1 by 2000-01-01..2099-12-31 0:00=3, never", "mon 9:00=5 by 2000-01-01..2099-12-31 0:00=3, never",
		},

		// What people write and mean.
		"3":                       nil,
		"0:00=2, 9:00=5, 17:00=2": nil,
		"0:00=2, mon-fri 9:00=5, mon-fri 17:00=2":                                       nil,
		"0:00=3, mon-fri 0:00=3, mon-fri 8:00=5, mon-fri 20:00=2, 20:00=2":              nil,
		"mon-fri 8:30=3, mon-fri 18:00=1, sat,sun 0:00=1":                               nil,
		"9:00=5, 17:00=2, sat,sun 0:00=1":                                               nil,
		"0:00=1, 9:00=5, 18:00=1, sat 10:00=2, sat 16:00=1":                             nil,
		"0:00=1, 9:00=5, 18:00=1, sat 0:00=1, sat 10:00=2, sat 16:00=1":                 nil,
		"0:00=3, 2026-11-27..2026-11-30 0:00=20":                                        nil,
		"0:00=2, mon-fri 9:00=5, mon-fri 17:00=2, 2026-12-24..2026-12-26 0:00=8":        nil,
		"0:00=2, cron(0 9 * * MON-FRI)=5, cron(30 17 * * MON-FRI)=2":                    nil,
		"0:00=1, cron(0 9 1 * *)=4, cron(0 18 1 * *)=1":                                 nil,
		"0:00=1, 2026-12-01..2099-12-31 mon 9:00=4, 2026-12-01..2099-12-31 mon 17:00=1": nil,

		// If several rows override a row, each is named.
		"0:00=3, sat,sun 10:00=5, mon-fri 8:00=6": {"0:00=3 by mon-fri 8:00=6", "0:00=3 by sat,sun 10:00=5"},
	} {
		if got := silenced(t, text); !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", text, got, want)
		}
	}
}

func TestSilencedSaysHowToWriteTheRow(t *testing.T) {
	for text, want := range map[string][]string{
		"0:00=3, mon-fri 8:00=5, 20:00=2":                                       {"mon-fri 0:00=3", "mon-fri 20:00=2"},
		"0:00=3, sat,sun 10:00=5, mon-fri 8:00=6":                               {"mon-fri 0:00=3", "sat,sun 0:00=3"},
		"0:00=3, mon 17:00=4, mon 0:00=3, 2026-12-01..2027-02-28 mon 9:00=5":    {"2026-12-01..2027-02-28 mon 17:00=4"},
		"0:00=1, mon-fri 0:00=1, mon-fri 9:00=2, 2026-12-01.. mon,tue 6:00=5":   {"2026-12-01..2099-12-31 mon,tue 0:00=1", "2026-12-01..2099-12-31 mon,tue 0:00=1", "2026-12-01..2099-12-31 mon,tue 9:00=2"},
		"0:00=1, mon 0:00=1, mon 9:00=2, 2026-12-01..2027-02-28 mon-fri 6:00=5": {"2026-12-01..2027-02-28 mon-fri 0:00=1", ""},
		"0:00=3, 2026-12-24 8:00=5, 20:00=2":                                    {"2026-12-24 0:00=3", "2026-12-24 20:00=2"},
		"0:00=2, mon 9:00=4, 2026-12-01..2027-02-28 10:00=3":                    {"mon 0:00=2", "2026-12-01..2027-02-28 0:00=2", ""},
	} {
		var got []string
		for _, s := range parse(t, text).Silenced() {
			got = append(got, s.Write)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: write %q, want %q", text, got, want)
		}
	}
}

type plannedRow struct {
	text   string
	rank   int
	fits   func(time.Time) bool
	minute int
	n      int
}

func drawPlan(t *rapid.T) (rows []plannedRow) {
	always := func(time.Time) bool { return true }
	on := func(days ...time.Weekday) func(time.Time) bool {
		return func(d time.Time) bool { return slices.Contains(days, d.Weekday()) }
	}
	date := func(from, to string) func(time.Time) bool {
		return func(d time.Time) bool { day := d.Format(time.DateOnly); return from <= day && day <= to }
	}
	both := func(a, b func(time.Time) bool) func(time.Time) bool {
		return func(d time.Time) bool { return a(d) && b(d) }
	}
	work := on(time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday)
	days := []struct {
		text string
		rank int
		fits func(time.Time) bool
	}{
		{"%d:00", 0, always},
		{"%d:00", 0, always},
		{"mon-fri %d:00", 1, work},
		{"sat,sun %d:00", 1, on(time.Saturday, time.Sunday)},
		{"cron(0 %d * * 5-7)", 1, on(time.Friday, time.Saturday, time.Sunday)},
		{"cron(0 %d 1 * *)", 1, func(d time.Time) bool { return d.Day() == 1 }},
		{"2026-12-01..2027-02-28 mon-fri %d:00", 2, both(work, date("2026-12-01", "2027-02-28"))},
		{"2026-12-24 %d:00", 3, date("2026-12-24", "2026-12-24")},
		{"2026-12-30..2027-01-03 %d:00", 3, date("2026-12-30", "2027-01-03")},
	}
	for range rapid.IntRange(1, 6).Draw(t, "rows") {
		d := rapid.SampledFrom(days).Draw(t, "days")
		hour, n := rapid.SampledFrom([]int{0, 8, 12, 20}).Draw(t, "hour"), rapid.IntRange(1, 3).Draw(t, "n")
		when := fmt.Sprintf(d.text, hour)
		rows = append(rows, plannedRow{fmt.Sprintf("%s=%d", when, n), d.rank, d.fits, 60 * hour, n})
	}
	return rows
}

func ruling(rows []plannedRow, d time.Time) (out []plannedRow) {
	top := 0
	for _, r := range rows {
		if r.fits(d) {
			top = max(top, r.rank)
		}
	}
	return slices.DeleteFunc(slices.Clone(rows), func(r plannedRow) bool { return !r.fits(d) || r.rank < top })
}

// A row that is reported as never beginning on some days does not begin there. A row that is not reported begins on
// each day on which it could, unless it is overridden on purpose. Adding the suggested row makes it begin.
func TestSilencedIsRight(t *testing.T) {
	racetest.Computes(t)
	rapidtest.Check(t, func(t *rapid.T) {
		rows := drawPlan(t)
		texts := make([]string, len(rows))
		for i, r := range rows {
			texts[i] = r.text
		}
		text := strings.Join(texts, ", ")
		series, err := schedule.Parse(text)
		if err != nil || !strings.Contains(series.String(), "=") {
			t.Skip("not a table")
		}
		tab, err := schedule.New(schedule.Fixed(0), series, time.UTC)
		if err != nil {
			t.Fatal(err)
		}
		row := func(text string) plannedRow {
			return rows[slices.IndexFunc(rows, func(r plannedRow) bool { return r.text == text })]
		}
		at := func(d time.Time, minute int) int { return tab.At(d.Add(time.Duration(minute) * time.Minute)).Max }
		told := map[[2]string]bool{}
		needed := map[string]bool{}
		for _, s := range series.Silenced() {
			told[[2]string{s.Row, s.By}] = true
			if s.Write == "" {
				continue
			}
			mended, err := schedule.Parse(text + ", " + s.Write)
			if err != nil {
				t.Fatalf("%s: %s is no row to add: %v", text, s.Write, err)
			}
			for _, again := range mended.Silenced() {
				if again.Row == s.Row && again.By == s.By {
					t.Fatalf("%s: with %s there is still %v", text, s.Write, again)
				}
			}
		}
		for d := time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC); d.Year() < 2028; d = d.AddDate(0, 0, 1) {
			rule := ruling(rows, d)
			for _, r := range rows {
				if !r.fits(d) || slices.ContainsFunc(rule, func(o plannedRow) bool { return o.rank == r.rank }) {
					continue
				}
				lesser := slices.DeleteFunc(slices.Clone(rows), func(o plannedRow) bool { return o.rank >= rule[0].rank })
				end := 0
				for m, o := range atEnd(ruling(lesser, d)) {
					end = max(end, 10*m+o)
				}
				begins := slices.ContainsFunc(rule, func(o plannedRow) bool { return o.minute == 0 })
				own := begins && at(d, 0) == at(d, 1439) || at(d, 1439) == end%10
				same := slices.ContainsFunc(rule, func(o plannedRow) bool { return o.minute == r.minute })
				if own || same || at(d, r.minute) == r.n {
					continue
				}
				needed[r.text] = true
				if !slices.ContainsFunc(rule, func(o plannedRow) bool { return told[[2]string{r.text, o.text}] }) &&
					!slices.ContainsFunc(series.Silenced(), func(s schedule.Silenced) bool { return s.Row == r.text && s.Never }) {
					t.Fatalf("%s: nothing is said of %s, which could begin on %s and does not", text, r.text, d.Format(time.DateOnly))
				}
			}
		}
		for _, s := range series.Silenced() {
			r, by := row(s.Row), row(s.By)
			if !s.Never && !needed[s.Row] {
				t.Fatalf("%s: there is no day for %v", text, s)
			}
			for d := time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC); d.Year() < 2028; d = d.AddDate(0, 0, 1) {
				if begins := slices.ContainsFunc(ruling(rows, d), func(o plannedRow) bool { return o.text == r.text }); begins && (by.fits(d) || s.Never) {
					t.Fatalf("%s: %v, but it does on %s", text, s, d.Format(time.DateOnly))
				}
			}
		}
	})
}

// By minute.
func atEnd(rule []plannedRow) map[int]int {
	if len(rule) == 0 {
		return nil
	}
	last := slices.MaxFunc(rule, func(a, b plannedRow) int { return a.minute - b.minute })
	return map[int]int{last.minute: last.n}
}

func TestNotAllSilencedRowsOfManyAreTold(t *testing.T) {
	var rows []string
	for i := range 200 {
		d := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, i)
		rows = append(rows, fmt.Sprintf("%s 9:00=%d", d.Format(time.DateOnly), 2+i%3))
	}
	if n := len(parse(t, "0:00=1, 18:00=1, "+strings.Join(rows, ", ")).Silenced()); n != schedule.MostSilenced {
		t.Errorf("%d are told, want %d", n, schedule.MostSilenced)
	}
}

func BenchmarkSilenced(b *testing.B) {
	var rows []string
	for i := range 5000 {
		d := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, i)
		rows = append(rows, fmt.Sprintf("%s 9:00=%d", d.Format(time.DateOnly), 2+i%3))
	}
	s := parse(b, "0:00=1, 18:00=1, "+strings.Join(rows, ", "))
	for b.Loop() {
		s.Silenced()
	}
}
