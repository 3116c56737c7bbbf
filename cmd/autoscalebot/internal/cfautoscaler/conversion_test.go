package cfautoscaler_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/autoscalebot/autoscalebot/bot/racetest"
	"github.com/autoscalebot/autoscalebot/bot/rapidtest"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings/settingstest"
	"github.com/autoscalebot/autoscalebot/schedule"
)

type drawnWindow struct {
	json       map[string]any
	on         func(date time.Time) bool
	start, end int // minutes of the day where it recurs
	from, to   time.Time
	limits     schedule.Limits
	initial    int
}

const (
	dateText = time.DateOnly
	onceText = "2006-01-02T15:04"
)

func drawWindow(t *rapid.T, today time.Time) drawnWindow {
	low := rapid.IntRange(0, 4).Draw(t, "min")
	w := drawnWindow{limits: schedule.Limits{Min: low, Max: max(1, low+rapid.IntRange(0, 9).Draw(t, "more"))}}
	w.json = map[string]any{"instance_min_count": w.limits.Min, "instance_max_count": w.limits.Max}
	if rapid.Bool().Draw(t, "has initial") {
		w.initial = rapid.IntRange(w.limits.Min, w.limits.Max).Draw(t, "initial")
		w.json["initial_min_instance_count"] = w.initial
	}
	if rapid.IntRange(0, 3).Draw(t, "kind") == 0 {
		w.from = today.AddDate(0, 0, rapid.IntRange(-3, 60).Draw(t, "day")).Add(time.Duration(rapid.SampledFrom([]int{0, 1, 480, 735, 1438, 1439}).Draw(t, "minute")) * time.Minute)
		w.to = w.from.Add(time.Duration(rapid.SampledFrom([]int{1, 2, 61, 600, 1440, 1441, 3000, 14400}).Draw(t, "length")) * time.Minute)
		w.json["start_date_time"], w.json["end_date_time"] = w.from.Format(onceText), w.to.Format(onceText)
		return w
	}
	w.start = rapid.IntRange(0, 47).Draw(t, "start") * 30
	w.end = min(w.start+rapid.SampledFrom([]int{1, 2, 3, 30, 45, 200}).Draw(t, "length"), 1439)
	w.json["start_time"], w.json["end_time"] = clockText(w.start), clockText(w.end)
	key, most := "days_of_week", 7
	if rapid.IntRange(0, 2).Draw(t, "monthly") == 0 {
		key, most = "days_of_month", 31
	}
	days := rapid.SliceOfNDistinct(rapid.IntRange(1, most), 1, most, rapid.ID[int]).Draw(t, "days")
	w.json[key] = days
	var first, last time.Time
	if rapid.Bool().Draw(t, "has start") {
		first = today.AddDate(0, 0, rapid.IntRange(-20, 50).Draw(t, "first"))
		w.json["start_date"] = first.Format(dateText)
	}
	switch rapid.IntRange(0, 3).Draw(t, "has end") {
	case 0:
		last = today.AddDate(0, 0, rapid.IntRange(-2, 70).Draw(t, "last"))
		w.json["end_date"] = last.Format(dateText)
	case 1:
		w.json["end_date"] = rapid.SampledFrom([]string{"2999-12-31", "2099-12-31", "2099-12-30"}).Draw(t, "last")
	}
	w.on = func(date time.Time) bool {
		on := slices.Contains(days, int(date.Weekday())) || date.Weekday() == time.Sunday && slices.Contains(days, 7)
		if key == "days_of_month" {
			on = slices.Contains(days, date.Day())
		}
		return on && !date.Before(first) && (last.IsZero() || !date.After(last))
	}
	return w
}

func drawWindows(t *rapid.T, most int, base schedule.Limits, today time.Time) (windows []drawnWindow) {
	for range rapid.IntRange(1, most).Draw(t, "windows") {
		more := append(slices.Clone(windows), drawWindow(t, today))
		if _, err := parse(policyOf(base, "UTC", more)); err == nil {
			windows = more
		}
	}
	if len(windows) == 0 {
		t.Skip("no window")
	}
	return windows
}

func clockText(minute int) string { return fmt.Sprintf("%02d:%02d", minute/60, minute%60) }

func policyOf(base schedule.Limits, zone string, windows []drawnWindow) string {
	recurring, specific := []any{}, []any{}
	for _, w := range windows {
		if w.on != nil {
			recurring = append(recurring, w.json)
		} else {
			specific = append(specific, w.json)
		}
	}
	text, err := json.Marshal(map[string]any{
		"instance_min_count": base.Min, "instance_max_count": base.Max,
		"schedules": map[string]any{"timezone": zone, "recurring_schedule": recurring, "specific_date": specific},
	})
	if err != nil {
		panic(err)
	}
	return string(text)
}

// A window that starts during another one does not apply. Of two that start at the same time, the one that does not recur
// applies, or else the first one.
func timeline(windows []drawnWindow, base schedule.Limits, from, to time.Time) (at func(time.Time) schedule.Limits, turns []time.Time) {
	var spans []span
	for _, once := range []bool{true, false} {
		for _, w := range windows {
			if once && w.on == nil {
				spans = append(spans, span{w.from, w.to, w.limits, w.initial})
			}
			for d := from; !once && w.on != nil && d.Before(to); d = d.AddDate(0, 0, 1) {
				if w.on(d) {
					spans = append(spans, span{d.Add(time.Duration(w.start) * time.Minute), d.Add(time.Duration(w.end) * time.Minute), w.limits, w.initial})
				}
			}
		}
	}
	sort.SliceStable(spans, func(i, j int) bool { return spans[i].start.Before(spans[j].start) })
	var held []span
	for _, s := range spans {
		if n := len(held); n == 0 || !held[n-1].end.After(s.start) {
			held = append(held, s)
			turns = append(turns, s.start, s.start.Add(2*time.Minute), s.end)
		}
	}
	return func(at time.Time) schedule.Limits {
		i := sort.Search(len(held), func(i int) bool { return held[i].start.After(at) }) - 1
		return oracle(held[max(0, i):max(0, i+1)], base, at)
	}, turns
}

func TestWhatAPolicyBecomesIsReadAndMeansTheSame(t *testing.T) {
	racetest.Computes(t)
	path := filepath.Join(t.TempDir(), "autoscale.yaml")
	settingstest.Env(t, "AUTOSCALE_FILE="+path, "HEROKU_APP_NAME=dancing-forest", "HEROKU_API_KEY=x")
	today := now.Truncate(24 * time.Hour)
	rapidtest.Check(t, func(t *rapid.T) {
		low := rapid.IntRange(1, 4).Draw(t, "min")
		base := schedule.Limits{Min: low, Max: low + rapid.IntRange(0, 6).Draw(t, "more")}
		windows := drawWindows(t, 25, base, today)
		text := policyOf(base, "UTC", windows)
		p, err := parse(text)
		must(t, err)
		must(t, os.WriteFile(path, p.Autoscale(), 0o600))
		s, err := settingstest.Load()
		if err != nil {
			t.Fatalf("%v\n%s\n%s", err, text, p.Autoscale())
		}
		end := today.AddDate(0, 0, 500)
		want, turns := timeline(windows, base, today.AddDate(0, 0, -40), end)
		minutes := []time.Time{today}
		for _, turn := range turns {
			minutes = append(minutes, turn.Add(-time.Minute), turn, turn.Add(time.Minute))
		}
		for m := range 3 * 24 * 60 {
			minutes = append(minutes, today.Add(time.Duration(m)*time.Minute))
		}
		for _, at := range minutes {
			if got := s.Table.At(at); !at.Before(today) && at.Before(end) && got != want(at) {
				t.Fatalf("%s: %v, want %v\n%s\n%s", at.Format("Mon "+onceText), got, want(at), text, p.Autoscale())
			}
		}
	})
}

func TestAPolicyOfManySchedulesHolds(t *testing.T) {
	racetest.Computes(t)
	var windows []drawnWindow
	for i := range 400 {
		from := now.Truncate(24*time.Hour).AddDate(0, 0, i*2)
		windows = append(windows, drawnWindow{json: map[string]any{
			"start_date_time": from.Add(20 * time.Hour).Format(onceText), "end_date_time": from.Add(26 * time.Hour).Format(onceText),
			"instance_min_count": i%5 + 1, "instance_max_count": i%7 + 6,
		}})
		hour := i % 23
		windows = append(windows, drawnWindow{on: func(time.Time) bool { return false }, json: map[string]any{
			"start_time": clockText(hour * 60), "end_time": clockText(hour*60 + 30), "days_of_week": []int{i%7 + 1},
			"start_date": from.Format(dateText), "end_date": from.AddDate(0, 0, 20).Format(dateText), "instance_min_count": i%5 + 1, "instance_max_count": i%7 + 6,
		}})
	}
	p := read(t, policyOf(schedule.Limits{Min: 1, Max: 4}, "UTC", windows))
	table(t, p)
	if rows := strings.Count(string(p.Autoscale()), "\n"); rows > 9000 {
		t.Errorf("%d lines", rows)
	}
}

func TestTablesWithDatesBecomePolicies(t *testing.T) {
	racetest.Computes(t)
	today := now.Truncate(24 * time.Hour)
	rapidtest.Check(t, func(t *rapid.T) {
		base := schedule.Limits{Min: 1, Max: 4}
		windows := drawWindows(t, 8, base, today)
		p, err := parse(policyOf(base, "UTC", windows))
		must(t, err)
		low, high := p.Tables()
		back := fromTables(t, low, high)
		written := string(back.Policy())
		notes := strings.Join(back.Notes, "\n")
		if strings.Contains(notes, "must not touch") || strings.Contains(notes, "neither") {
			return
		}
		again, err := parse(written)
		if err != nil {
			t.Fatalf("%v\n%s\n%s / %s", err, written, low, high)
		}
		tab := table(t, again)
		end := today.AddDate(0, 0, 120)
		want, turns := timeline(windows, base, today.AddDate(0, 0, -40), end)
		for _, turn := range turns {
			for _, at := range []time.Time{turn.Add(-time.Minute), turn, turn.Add(time.Minute)} {
				if got := tab.At(at); !at.Before(today) && at.Before(end) && got != want(at) {
					t.Fatalf("%s: %v, want %v\n%s / %s\n%s", at.Format("Mon "+onceText), got, want(at), low, high, written)
				}
			}
		}
	})
}

func schedules(t *testing.T, policy []byte) (recurring, specific []map[string]any) {
	t.Helper()
	var doc struct {
		Schedules struct {
			Recurring []map[string]any `json:"recurring_schedule"`
			Specific  []map[string]any `json:"specific_date"`
		} `json:"schedules"`
	}
	must(t, json.Unmarshal(policy, &doc))
	return doc.Schedules.Recurring, doc.Schedules.Specific
}

func TestAPeriodBecomesOneScheduleOfAPolicy(t *testing.T) {
	for _, c := range []struct{ high, want string }{
		{"0:00=3, 2026-12-01..2099-12-31 mon 9:00=4, 2026-12-01..2099-12-31 mon 17:00=3", `[map[days_of_week:[1] end_time:17:00 instance_max_count:4 instance_min_count:1 start_date:2026-12-01 start_time:09:00]] []`},
		{"mon-fri 9:00=5, mon-fri 17:00=3, 2026-12-07..2027-02-28 mon-fri 9:00=8, 2026-12-07..2027-02-28 mon-fri 17:00=3", `[` +
			`map[days_of_week:[1 2 3 4 5] end_date:2026-12-06 end_time:17:00 instance_max_count:5 instance_min_count:1 start_time:09:00] ` +
			`map[days_of_week:[1 2 3 4 5] end_date:2027-02-28 end_time:17:00 instance_max_count:8 instance_min_count:1 start_date:2026-12-07 start_time:09:00] ` +
			`map[days_of_week:[1 2 3 4 5] end_time:17:00 instance_max_count:5 instance_min_count:1 start_date:2027-03-01 start_time:09:00]] []`},
		{"0:00=3, ..2026-12-31 tue 9:00=3, ..2026-12-31 tue 10:00=6, ..2026-12-31 tue 11:00=3", `[map[days_of_week:[2] end_date:2026-12-31 end_time:11:00 instance_max_count:6 instance_min_count:1 start_time:10:00]] []`},
	} {
		p := fromTables(t, "1", c.high)
		recurring, specific := schedules(t, p.Policy())
		if got := fmt.Sprint(recurring, " ", specific); got != c.want || len(p.Notes) > 0 {
			t.Errorf("%s became\n%s\nwant\n%s\n%v", c.high, got, c.want, p.Notes)
		}
	}
}

// A policy converted back to a policy keeps its recurring schedules next to dates, and does not write them out.
func TestAPolicyKeepsWhatRecursBesideDates(t *testing.T) {
	p := read(t, `{"instance_min_count": 1, "instance_max_count": 4, "schedules": {"timezone": "UTC", "recurring_schedule": [
		{"start_time": "09:00", "end_time": "17:00", "days_of_week": [1], "instance_min_count": 2, "instance_max_count": 4},
		{"start_time": "18:00", "end_time": "19:00", "days_of_month": [1], "instance_min_count": 3, "instance_max_count": 4}],
		"specific_date": [{"start_date_time": "2027-05-05T08:00", "end_date_time": "2027-05-05T12:00", "instance_min_count": 4, "instance_max_count": 4}]}}`)
	text := p.Policy()
	recurring, specific := schedules(t, text)
	if len(recurring) != 2 || len(specific) != 1 || len(p.Notes) > 0 {
		t.Errorf("it became\n%s\nwith the notes %q", text, p.Notes)
	}
}

func TestRowsOfDatesBeyondTheHorizonAreNoted(t *testing.T) {
	for _, c := range []struct {
		rows  string
		noted bool
	}{
		{"0:00=1, cron(0 9 1 * *)=2, 2027-05-01..2099-12-31 0:00=3", true},
		{"0:00=1, cron(0 9 1 * *)=2, 2027-05-01..2027-06-01 0:00=3", false},
		{"0:00=1, mon 9:00=2, 2027-05-01..2099-12-31 0:00=3", false},
	} {
		p := fromTables(t, c.rows, "9")
		if noted := strings.Contains(strings.Join(p.Notes, "\n"), "rows of dates after"); noted != c.noted {
			t.Errorf("%s: noted is %v: %q", c.rows, noted, p.Notes)
		}
	}
}
