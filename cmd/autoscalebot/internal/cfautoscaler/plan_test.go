package cfautoscaler_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/autoscalebot/autoscalebot/bot/racetest"
	"github.com/autoscalebot/autoscalebot/bot/rapidtest"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/cfautoscaler"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/document"
	"github.com/autoscalebot/autoscalebot/schedule"
)

// A hundred examples would take long. -rapid.checks sets another number.
func TestMain(m *testing.M) {
	if err := flag.Set("rapid.checks", "12"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

var now = time.Date(2026, 11, 23, 10, 7, 0, 0, time.UTC)

func must(t rapid.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func read(t testing.TB, text string) *cfautoscaler.Plan {
	t.Helper()
	p, err := parse(text)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return p
}

func parse(text string) (*cfautoscaler.Plan, error) {
	root, err := document.Parse([]byte(text))
	if err != nil {
		return nil, err
	}
	return cfautoscaler.Read(root, cfautoscaler.Guess(root), now)
}

func series(t rapid.TB, text string) schedule.Series {
	t.Helper()
	s, err := schedule.Parse(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return s
}

func table(t rapid.TB, p *cfautoscaler.Plan) schedule.Table {
	t.Helper()
	low, high := p.Tables()
	out, err := schedule.New(series(t, low), series(t, high), p.Calendar.Zone)
	if err != nil {
		t.Fatalf("%s / %s: %v", low, high, err)
	}
	return out
}

func fromTables(t rapid.TB, low, high string) *cfautoscaler.Plan {
	t.Helper()
	p := &cfautoscaler.Plan{}
	must(t, p.FromTables(series(t, low), series(t, high), time.UTC, now))
	return p
}

func TestTablesOfAPolicy(t *testing.T) {
	const head = `{"instance_min_count": 1, "instance_max_count": 4, "schedules": {"timezone": "Europe/Berlin", `
	for _, c := range []struct{ name, text, low, high string }{
		{
			"weekdays", head + `"recurring_schedule": [{"start_time": "09:00", "end_time": "17:30", "days_of_week": [1,2,3,4,5], "instance_min_count": 2, "instance_max_count": 10}]}}`,
			"mon-fri 9:00=2, mon-fri 17:30=1", "mon-fri 9:00=10, mon-fri 17:30=4",
		},
		{
			"an initial number is held for two minutes", head + `"recurring_schedule": [{"start_time": "09:00", "end_time": "17:00", "days_of_week": [1,7], "instance_min_count": 2, "instance_max_count": 10, "initial_min_instance_count": 5}]}}`,
			"mon,sun 9:00=5, mon,sun 9:02=2, mon,sun 17:00=1", "mon,sun 9:00=10, mon,sun 17:00=4",
		},
		{
			"days of the month", head + `"recurring_schedule": [{"start_time": "00:00", "end_time": "06:00", "days_of_month": [15,1], "instance_min_count": 1, "instance_max_count": 8}]}}`,
			"1", "cron(0 0 1,15 * *)=8, cron(0 6 1,15 * *)=4",
		},
		{
			"every day", head + `"recurring_schedule": [{"start_time": "09:00", "end_time": "10:00", "days_of_week": [1,2,3,4,5,6,7], "instance_min_count": 1, "instance_max_count": 8}]}}`,
			"1", "9:00=8, 10:00=4",
		},
		{
			"a date across midnight", head + `"specific_date": [{"start_date_time": "2026-12-24T20:00", "end_date_time": "2026-12-26T02:00", "instance_min_count": 3, "instance_max_count": 20}]}}`,
			"0:00=1, 2026-12-24 0:00=1, 2026-12-24 20:00=3, 2026-12-25 0:00=3, 2026-12-26 0:00=3, 2026-12-26 2:00=1",
			"0:00=4, 2026-12-24 0:00=4, 2026-12-24 20:00=20, 2026-12-25 0:00=20, 2026-12-26 0:00=20, 2026-12-26 2:00=4",
		},
		{"a date that is over", head + `"specific_date": [{"start_date_time": "2020-12-24T20:00", "end_date_time": "2020-12-26T02:00", "instance_min_count": 3, "instance_max_count": 20}]}}`, "1", "4"},
		{
			"only some dates", head + `"recurring_schedule": [{"start_time": "09:00", "end_time": "10:00", "days_of_week": [1], "start_date": "2026-01-01", "end_date": "2026-12-01", "instance_min_count": 1, "instance_max_count": 8}]}}`,
			"1", "0:00=4, ..2026-12-01 mon 9:00=8, ..2026-12-01 mon 10:00=4",
		},
		{
			"Mondays until the end of time", head + `"recurring_schedule": [{"start_time": "09:00", "end_time": "10:00", "days_of_week": [1], "start_date": "2026-12-01", "end_date": "2099-12-31", "instance_min_count": 1, "instance_max_count": 8}]}}`,
			"1", "0:00=4, 2026-12-01..2099-12-31 mon 9:00=8, 2026-12-01..2099-12-31 mon 10:00=4",
		},
		{
			"an end beyond our dates is none", head + `"recurring_schedule": [{"start_time": "09:00", "end_time": "10:00", "days_of_month": [1,2,3,15], "start_date": "2026-12-01", "end_date": "2999-12-31", "instance_min_count": 1, "instance_max_count": 8}]}}`,
			"1", "0:00=4, 2026-12-01.. cron(0 9 1-3,15 * *)=8, 2026-12-01.. cron(0 10 1-3,15 * *)=4",
		},
		{
			"always", head + `"recurring_schedule": [{"start_time": "09:00", "end_time": "10:00", "days_of_week": [1], "start_date": "1999-12-01", "end_date": "2999-12-31", "instance_min_count": 1, "instance_max_count": 8}]}}`,
			"1", "mon 9:00=8, mon 10:00=4",
		},
		{
			"without an end beside others", head + `"recurring_schedule": [{"start_time": "09:00", "end_time": "10:00", "days_of_week": [1], "start_date": "2026-12-01", "instance_min_count": 1, "instance_max_count": 8},
				{"start_time": "12:00", "end_time": "13:00", "days_of_week": [1,2,3,4,5,6,7], "instance_min_count": 1, "instance_max_count": 6}]}}`,
			"1", "0:00=4, 2026-12-01.. mon 9:00=8, 2026-12-01.. mon 10:00=4, 2026-11-23.. mon-fri 12:00=6, 2026-11-23.. sat,sun 12:00=6, 2026-11-23.. mon-fri 13:00=4, 2026-11-23.. sat,sun 13:00=4",
		},
		{
			"a date without an end", head + `"specific_date": [{"start_date_time": "2026-12-24T20:00", "end_date_time": "2999-12-31T00:00", "instance_min_count": 3, "instance_max_count": 20}]}}`,
			"0:00=1, 2026-12-24 0:00=1, 2026-12-24 20:00=3, 2026-12-25..2099-12-31 0:00=3", "0:00=4, 2026-12-24 0:00=4, 2026-12-24 20:00=20, 2026-12-25..2099-12-31 0:00=20",
		},
		{
			"days of the week and of the month that meet: the first holds", head + `"recurring_schedule": [{"start_time": "09:00", "end_time": "17:00", "days_of_week": [1], "instance_min_count": 1, "instance_max_count": 8},
				{"start_time": "08:00", "end_time": "12:00", "days_of_month": [15], "instance_min_count": 1, "instance_max_count": 6}]}}`,
			"1", "cron(0 8 15 * *)=6, cron(0 12 15 * *)=4, mon cron(0 9 1-14,16-31 * *)=8, mon cron(0 17 1-14,16-31 * *)=4",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := read(t, c.text)
			if low, high := p.Tables(); low != c.low || high != c.high {
				t.Errorf("tables are\n%s\n%s\nwant\n%s\n%s", low, high, c.low, c.high)
			}
			table(t, p)
			if p.Calendar.Zone.String() != "Europe/Berlin" {
				t.Errorf("the zone is %v", p.Calendar.Zone)
			}
		})
	}
}

// C9 and C12: a schedule's limits replace both limits of the policy, and its initial minimum applies at the start.
func TestScenariosOfSchedules(t *testing.T) {
	const text = `{"instance_min_count": 1, "instance_max_count": 20, "schedules": {"timezone": "UTC", "recurring_schedule": [
		{"start_time": "09:00", "end_time": "17:00", "days_of_week": [1], "instance_min_count": 2, "instance_max_count": 10 %s}]}}`
	for _, c := range []struct {
		initial      string
		at           string
		n, want      int
		low, highest int
	}{
		{`,"initial_min_instance_count": 5`, "09:00", 12, 10, 5, 10},
		{`,"initial_min_instance_count": 5`, "09:01", 3, 5, 5, 10},
		{`,"initial_min_instance_count": 5`, "09:00", 6, 6, 5, 10},
		{`,"initial_min_instance_count": 5`, "09:02", 3, 3, 2, 10},
		{"", "09:00", 1, 2, 2, 10},
		{"", "09:00", 3, 3, 2, 10},
		{"", "17:00", 12, 12, 1, 20},
	} {
		tab := table(t, read(t, fmt.Sprintf(text, c.initial)))
		at, err := time.Parse("2006-01-02 15:04", "2026-11-30 "+c.at)
		must(t, err)
		if l := tab.At(at); l.Clamp(c.n) != c.want || l.Min != c.low || l.Max != c.highest {
			t.Errorf("%s %s: %d becomes %d within %v, want %d", c.initial, c.at, c.n, l.Clamp(c.n), l, c.want)
		}
	}
}

// C8 and C11, as far as reading goes.
func TestAdjustments(t *testing.T) {
	for text, want := range map[string]string{
		"+1": "{1 0} false", "-2": "{2 0} true", "+10%": "{0 10} false", "-60%": "{0 60} true", "+100%": "{0 100} false",
		"10%": "", "10.5a%": "", "#1": "", "+0": "", "1": "", "+01": "", "+1.5": "", "+": "", "+1%%": "", "+99999999999999999999": "", " +1": "",
	} {
		step, down, ok := cfautoscaler.ParseAdjustment(text)
		if got := fmt.Sprint(step, " ", down); ok && got != strings.Replace(want, "} ", "} ", 1) || ok != (want != "") {
			t.Errorf("%q is %s, %t; want %s", text, got, ok, want)
		}
	}
}

func TestMistakesOfAPolicy(t *testing.T) {
	const rule = `{"instance_min_count": 1, "instance_max_count": 4, "scaling_rules": [{"metric_type": "cpu", "threshold": 50, "operator": ">", "adjustment": "+1"%s}]}`
	const recurring = `{"instance_min_count": 1, "instance_max_count": 4, "schedules": {"timezone": "UTC", "recurring_schedule": [
{"start_time": "09:00", "end_time": "17:00", "days_of_week": [1], "instance_min_count": 2, "instance_max_count": 5%s}]}}`
	const specific = `{"instance_min_count": 1, "instance_max_count": 4, "schedules": {"timezone": "UTC", "specific_date": [
{"start_date_time": "2026-12-24T09:00", "end_date_time": "2026-12-24T17:00", "instance_min_count": 2, "instance_max_count": 5}%s]}}`
	const again = `,
{"start_time": "%s", "end_time": "%s", %s, "instance_min_count": 2, "instance_max_count": 5%s}`
	for _, c := range []struct{ text, want string }{
		{fmt.Sprintf(rule, ""), ""},
		{fmt.Sprintf(rule, `, "breach_duration_secs": 60, "cool_down_secs": 3600`), ""},
		{fmt.Sprintf(rule, `, "breach_duration_secs": 59`), `breach_duration_secs is "59": must be a whole number from 60 to 3600`},
		{fmt.Sprintf(rule, `, "cool_down_secs": 3601`), `cool_down_secs is "3601": must be a whole number from 60 to 3600`},
		{fmt.Sprintf(rule, `, "cool_down_secs": "60"`), `cool_down_secs is "60": must be a number without quotes`},
		{fmt.Sprintf(rule, `, "window": 60`), ""},
		{strings.ReplaceAll(fmt.Sprintf(rule, ""), `"+1"`, `"1"`), `adjustment is "1": must be a sign and a number of instances, such as +1, or a percentage, such as -50%`},
		{strings.ReplaceAll(fmt.Sprintf(rule, ""), `">"`, `"=="`), `operator is "==": must be <, >, <= or >=`},
		{strings.ReplaceAll(fmt.Sprintf(rule, ""), `50`, `101`), "threshold is 101: must be at most 100 for cpu"},
		{strings.ReplaceAll(fmt.Sprintf(rule, ""), `50`, `0`), "threshold is 0: must be above 0 for cpu"},
		{strings.ReplaceAll(fmt.Sprintf(rule, ""), `"cpu"`, `"my metric"`), `metric_type is "my metric": must be at most 100 letters, digits and underscores`},
		{strings.ReplaceAll(fmt.Sprintf(rule, ""), `"operator": ">", `, ``), "operator is missing"},
		{strings.ReplaceAll(fmt.Sprintf(rule, ""), `"instance_min_count": 1`, `"instance_min_count": 0`), `instance_min_count is "0": must be a whole number from 1 to 10000`},
		{strings.ReplaceAll(fmt.Sprintf(rule, ""), `"instance_min_count": 1`, `"instance_min_count": 4`), ""},
		{strings.ReplaceAll(fmt.Sprintf(rule, ""), `"instance_min_count": 1`, `"instance_min_count": 5`), "instance_min_count is 5: must be at most instance_max_count, 4"},
		{strings.ReplaceAll(fmt.Sprintf(rule, ""), `50`, `50.5`), "threshold is 50.5: must be a whole number"},
		{strings.ReplaceAll(fmt.Sprintf(rule, ""), `50`, `"50"`), `threshold is "50": must be a number without quotes`},
		{strings.ReplaceAll(fmt.Sprintf(rule, ""), `50`, `1e2`), ""},
		{`{"instance_min_count": 1, "instance_max_count": 2}`, "a policy must have scaling_rules, schedules or both"},
		{`{"instance_min_count": 1, "instance_max_count": 2, "schedules": {"timezone": "UTC"}}`, "schedules must have recurring_schedule, specific_date or both"},
		{`{"instance_min_count": 1, "instance_max_count": 2, "schedules": {"specific_date": []}}`, "timezone is missing"},
		{`{"instance_min_count": 1, "instance_max_count": 2, "schedules": {"timezone": "Mars/X", "specific_date": []}}`, `timezone is "Mars/X": must be an IANA name`},
		{fmt.Sprintf(recurring, ""), ""},
		{fmt.Sprintf(recurring, `, "initial_min_instance_count": 5`), ""},
		{fmt.Sprintf(recurring, `, "initial_min_instance_count": 1`), "initial_min_instance_count is 1: must be from instance_min_count, 2, to instance_max_count, 5"},
		{fmt.Sprintf(recurring, `, "initial_min_instance_count": 6`), "initial_min_instance_count is 6"},
		{fmt.Sprintf(recurring, `, "days_of_month": [1]`), "must have days_of_week or days_of_month, but not both"},
		{fmt.Sprintf(recurring, `, "start_date": "2026-12-02", "end_date": "2026-12-01"`), "start_date is after end_date"},
		{fmt.Sprintf(recurring, `, "start_date": "2026-02-30"`), `start_date is "2026-02-30"`},
		{strings.ReplaceAll(fmt.Sprintf(recurring, ""), "17:00", "09:00"), "start_time must be before end_time"},
		{strings.ReplaceAll(fmt.Sprintf(recurring, ""), "17:00", "24:00"), `end_time is "24:00": must be a time from 00:00 to 23:59, such as 08:00`},
		{strings.ReplaceAll(fmt.Sprintf(recurring, ""), "[1]", "[0]"), "days_of_week must be whole numbers from 1 to 7"},
		{fmt.Sprintf(recurring, "}"+fmt.Sprintf(again, "16:00", "18:00", `"days_of_week": [1]`, "")[:0]+fmt.Sprintf(again, "16:00", "18:00", `"days_of_week": [7,1]`, "")[0:len(fmt.Sprintf(again, "16:00", "18:00", `"days_of_week": [7,1]`, ""))-1]), "line 3: this schedule overlaps or touches the one in line 2 on a common day"},
		{fmt.Sprintf(recurring, "}"+strings.TrimSuffix(fmt.Sprintf(again, "17:00", "18:00", `"days_of_week": [1]`, ""), "}")), "overlaps or touches"},
		{fmt.Sprintf(recurring, "}"+strings.TrimSuffix(fmt.Sprintf(again, "17:01", "18:00", `"days_of_week": [1]`, ""), "}")), ""},
		{fmt.Sprintf(recurring, "}"+strings.TrimSuffix(fmt.Sprintf(again, "16:00", "18:00", `"days_of_week": [2]`, ""), "}")), ""},
		{fmt.Sprintf(recurring, `, "end_date": "2026-12-01"}`+strings.TrimSuffix(fmt.Sprintf(again, "16:00", "18:00", `"days_of_week": [1]`, `, "start_date": "2026-12-02"`), "}")), ""},
		{strings.ReplaceAll(fmt.Sprintf(recurring, ""), "[1]", "[]"), "days_of_week is empty: must be whole numbers from 1 to 7"},
		{strings.ReplaceAll(fmt.Sprintf(recurring, ""), `"instance_min_count": 2`, `"instance_min_count": 5`), ""},
		{fmt.Sprintf(recurring, `, "start_date": "2999-12-01"`), ""},
		{fmt.Sprintf(specific, ""), ""},
		{strings.ReplaceAll(fmt.Sprintf(specific, ""), "24T17", "24T08"), "start_date_time must be before end_date_time"},
		{fmt.Sprintf(specific, `,
{"start_date_time": "2026-12-24T17:00", "end_date_time": "2026-12-25T17:00", "instance_min_count": 2, "instance_max_count": 5}`), ""},
		{fmt.Sprintf(specific, `,
{"start_date_time": "2026-12-24T16:59", "end_date_time": "2026-12-25T17:00", "instance_min_count": 2, "instance_max_count": 5}`), "line 3: this date overlaps the one in line 2"},
	} {
		_, err := parse(c.text)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s\nerror is %v, want %q", c.text, err, c.want)
		}
	}
}

func TestAllMistakesAtOnce(t *testing.T) {
	_, err := parse("instance_limits: {min: 3, max: 1}\nrules:\n- {rule_type: disk, threshold: {min: 1, max: 2}}\n- {rule_type: cpu, threshold: {min: 2, max: 1}}\nmore: 1\nscheduled_limit_changes:\n- {executes_at: soon, recurrence: 128, instance_limits: {min: 1}}\n")
	want := `line 5: a manifest has no more; its keys are instance_limits, rules, scheduled_limit_changes
line 1: min is 3: must be at most max, 1
line 3: rule_type is "disk": must be one of cpu, memory, http_throughput, http_latency, rabbitmq, custom, compare
line 4: min is 2: must be below max, 1
line 7: executes_at is "soon": must be a time such as 2026-12-24T08:00:00Z
line 7: recurrence is "128": must be a whole number from 0 to 127
line 7: max is missing`
	if got := fmt.Sprint(err); got != want {
		t.Errorf("error is\n%s\nwant\n%s", got, want)
	}
}

func TestTablesOfAManifest(t *testing.T) {
	const head = "instance_limits: {min: 1, max: 4}\nscheduled_limit_changes:\n"
	for _, c := range []struct{ name, text, low, high string }{
		{
			"weekdays: Tuesday and Thursday", head + "- {recurrence: 20, executes_at: '2026-01-01T08:00:00Z', instance_limits: {min: 1, max: 9}}\n- {recurrence: 127, executes_at: '2026-01-01T18:00:00+01:00', instance_limits: {min: 1, max: 2}}",
			"1", "tue,thu 8:00=9, mon-fri 17:00=2, sat,sun 17:00=2",
		},
		{
			"once, for good", head + "- {executes_at: '2026-12-24T08:00:00Z', instance_limits: {min: 2, max: 9}}",
			"0:00=1, 2026-12-24 0:00=1, 2026-12-24 8:00=2, 2026-12-25..2099-12-31 0:00=2", "0:00=4, 2026-12-24 0:00=4, 2026-12-24 8:00=9, 2026-12-25..2099-12-31 0:00=9",
		},
		{"after our dates", head + "- {executes_at: '2999-12-24T08:00:00Z', instance_limits: {min: 2, max: 9}}\n- {executes_at: '1980-12-24T08:00:00Z', instance_limits: {min: 3, max: 8}}", "3", "8"},
		{"once, before now", head + "- {executes_at: '2025-12-24T08:00:00Z', instance_limits: {min: 2, max: 9}}", "2", "9"},
		{
			"Sunday is bit 6", head + "- {recurrence: 64, executes_at: '2026-01-01T08:00:00Z', instance_limits: {min: 1, max: 9}}\n- {recurrence: 1, executes_at: '2026-01-01T08:00:00Z', instance_limits: {min: 1, max: 2}}",
			"1", "sun 8:00=9, sat 8:00=2",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := read(t, c.text)
			if low, high := p.Tables(); low != c.low || high != c.high {
				t.Errorf("tables are\n%s\n%s\nwant\n%s\n%s", low, high, c.low, c.high)
			}
			table(t, p)
		})
	}
}

func around(from time.Time, days int, clocks map[int]bool) (out []time.Time) {
	for d := range days {
		date := from.Truncate(24*time.Hour).AddDate(0, 0, d)
		for m := range clocks {
			for _, off := range []int{-1, 0, 1, 2} {
				out = append(out, date.Add(time.Duration(m+off)*time.Minute))
			}
		}
		out = append(out, date, date.Add(time.Duration(d*67%1440)*time.Minute), date.Add(1439*time.Minute))
	}
	return out
}

func clock(t time.Time) int { return t.Hour()*60 + t.Minute() }

func limits(t *rapid.T) schedule.Limits {
	low := rapid.IntRange(1, 4).Draw(t, "min")
	return schedule.Limits{Min: low, Max: low + rapid.IntRange(1, 9).Draw(t, "more")}
}

// A policy converted to tables and back sets the same limits at every minute. They are those of the window that starts first.
func TestPoliciesKeepTheirMeaning(t *testing.T) {
	racetest.Computes(t)
	rapidtest.Check(t, func(t *rapid.T) {
		base := limits(t)
		text, windows := policyText(t, base)
		p, err := parse(text)
		if err != nil {
			t.Skip(err) // overlaps, above all
		}
		low, high := p.Tables()
		tab := table(t, p)
		back := fromTables(t, low, high)
		again, err := parse(string(back.Policy()))
		if err != nil {
			if strings.Contains(err.Error(), "must have scaling_rules") {
				return
			}
			t.Fatalf("%v\n%s\n%s / %s", err, back.Policy(), low, high)
		}
		againTable := table(t, again)
		clocks := map[int]bool{}
		for _, w := range windows {
			clocks[clock(w.start)], clocks[clock(w.end)] = true, true
		}
		for _, at := range around(now.AddDate(0, 0, 1), 16, clocks) {
			want := oracle(windows, base, at)
			if got := tab.At(at); got != want {
				t.Fatalf("%s: %v, want %v\n%s\n%s / %s", at, got, want, text, low, high)
			}
			if got := againTable.At(at); got != want {
				t.Fatalf("%s: after a round %v, want %v\n%s\n%s / %s\n%s", at, got, want, text, low, high, back.Policy())
			}
		}
	})
}

type span struct {
	start, end time.Time
	limits     schedule.Limits
	initial    int
}

func oracle(spans []span, base schedule.Limits, at time.Time) schedule.Limits {
	var active *span
	for i := range spans {
		s := &spans[i]
		if s.start.After(at) {
			break
		}
		if active == nil || !active.end.After(s.start) {
			active = s
		}
	}
	if active == nil || !active.end.After(at) {
		return base
	}
	if at.Sub(active.start) < 2*time.Minute {
		return schedule.Limits{Min: max(active.initial, active.limits.Min), Max: active.limits.Max}
	}
	return active.limits
}

func policyText(t *rapid.T, base schedule.Limits) (string, []span) {
	var recurring, specific []string
	var spans []span
	day0 := now.Truncate(24*time.Hour).AddDate(0, 0, -7)
	window := func(l schedule.Limits) (text string, initial int) {
		text = fmt.Sprintf(`"instance_min_count": %d, "instance_max_count": %d`, l.Min, l.Max)
		if rapid.Bool().Draw(t, "initial") {
			initial = rapid.IntRange(l.Min, l.Max).Draw(t, "initial")
			text += fmt.Sprintf(`, "initial_min_instance_count": %d`, initial)
		}
		return text, initial
	}
	for range rapid.IntRange(0, 3).Draw(t, "recurring") {
		l := limits(t)
		text, initial := window(l)
		start := rapid.IntRange(0, 200).Draw(t, "start") * 5
		end := min(start+rapid.IntRange(1, 100).Draw(t, "length")*5, 1439)
		key, most := "days_of_week", 7
		if rapid.IntRange(0, 3).Draw(t, "monthly") == 0 {
			key, most = "days_of_month", 31
		}
		days := rapid.SliceOfNDistinct(rapid.IntRange(1, most), 1, most, rapid.ID[int]).Draw(t, "days")
		recurring = append(recurring, fmt.Sprintf(`{"start_time": "%02d:%02d", "end_time": "%02d:%02d", "%s": %s, %s}`,
			start/60, start%60, end/60, end%60, key, strings.ReplaceAll(fmt.Sprint(days), " ", ", "), text))
		for d := range 31 {
			date := day0.AddDate(0, 0, d)
			for _, on := range days {
				if key == "days_of_week" && on%7 == int(date.Weekday()) || key == "days_of_month" && on == date.Day() {
					spans = append(spans, span{date.Add(time.Duration(start) * time.Minute), date.Add(time.Duration(end) * time.Minute), l, initial})
				}
			}
		}
	}
	for range rapid.IntRange(0, 2).Draw(t, "specific") {
		l := limits(t)
		text, initial := window(l)
		start := day0.AddDate(0, 0, 8).Add(time.Duration(rapid.IntRange(0, 288*9).Draw(t, "start")) * 5 * time.Minute)
		end := start.Add(time.Duration(rapid.IntRange(1, 600).Draw(t, "length")) * 5 * time.Minute)
		const layout = "2006-01-02T15:04"
		specific = append(specific, fmt.Sprintf(`{"start_date_time": %q, "end_date_time": %q, %s}`, start.Format(layout), end.Format(layout), text))
		spans = append(spans, span{start, end, l, initial})
	}
	// The documentation does not define two that begin at the same time; here the date applies.
	sortSpans(spans, len(specific))
	return fmt.Sprintf(`{"instance_min_count": %d, "instance_max_count": %d, "schedules": {"timezone": "UTC", "recurring_schedule": [%s], "specific_date": [%s]}}`,
		base.Min, base.Max, strings.Join(recurring, ", "), strings.Join(specific, ", ")), spans
}

func sortSpans(spans []span, dates int) {
	n := len(spans) - dates
	ordered := append(append([]span{}, spans[n:]...), spans[:n]...)
	copy(spans, ordered)
	for i := 1; i < len(spans); i++ { // stable, and short
		for j := i; j > 0 && spans[j].start.Before(spans[j-1].start); j-- {
			spans[j], spans[j-1] = spans[j-1], spans[j]
		}
	}
}

func TestManifestsKeepTheirMeaning(t *testing.T) {
	rapidtest.Check(t, func(t *rapid.T) {
		base := limits(t)
		type point struct {
			at       time.Time
			weekdays int
			limits   schedule.Limits
		}
		var points []point
		text := fmt.Sprintf("instance_limits: {min: %d, max: %d}\nscheduled_limit_changes:\n", base.Min, base.Max)
		taken := map[int]bool{}
		for range rapid.IntRange(0, 4).Draw(t, "changes") {
			p := point{limits: limits(t)}
			p.at = now.Truncate(24*time.Hour).AddDate(0, 0, -20).Add(time.Duration(rapid.IntRange(0, 287).Draw(t, "minute")) * 5 * time.Minute)
			if taken[clock(p.at)] {
				t.Skip("two changes at once")
			}
			taken[clock(p.at)] = true
			if p.weekdays = rapid.IntRange(0, 127).Draw(t, "recurrence"); p.weekdays == 0 || rapid.IntRange(0, 2).Draw(t, "once") == 0 {
				p.weekdays = 0
				p.at = p.at.AddDate(0, 0, 21+rapid.IntRange(0, 20).Draw(t, "day"))
			}
			points = append(points, p)
			text += fmt.Sprintf("- {recurrence: %d, executes_at: %q, instance_limits: {min: %d, max: %d}}\n", p.weekdays, p.at.Format(time.RFC3339), p.limits.Min, p.limits.Max)
		}
		p, err := parse(text)
		must(t, err)
		tab := table(t, p)
		low, high := p.Tables()
		back := fromTables(t, low, high)
		written := string(back.Manifest(now))
		again, err := parse(written)
		if err != nil {
			t.Fatalf("%v\n%s", err, written)
		}
		againTable := table(t, again)
		policy, err := parse(string(p.Policy()))
		if err != nil && !strings.Contains(err.Error(), "must have scaling_rules") {
			t.Fatalf("%v\n%s", err, p.Policy())
		}
		var policyTable schedule.Table
		if err == nil {
			policyTable = table(t, policy)
		}
		disturbed := strings.Contains(strings.Join(back.Notes, "\n"), "comes on")
		clocks := map[int]bool{}
		for _, p := range points {
			clocks[clock(p.at)] = true
		}
		for _, at := range around(now.AddDate(0, 0, 8), 20, clocks) {
			want, last := base, time.Time{}
			for _, p := range points {
				begun := p.at
				if p.weekdays != 0 {
					for begun = time.Date(at.Year(), at.Month(), at.Day(), p.at.Hour(), p.at.Minute(), 0, 0, time.UTC); begun.After(at) || p.weekdays&(1<<(6-int(begun.Weekday()))) == 0; {
						begun = begun.AddDate(0, 0, -1)
					}
				}
				if !begun.After(at) && !begun.Before(last) {
					want, last = p.limits, begun
				}
			}
			if got := tab.At(at); got != want {
				t.Fatalf("%s: %v, want %v\n%s\n%s / %s", at, got, want, text, low, high)
			}
			if got := againTable.At(at); got != want && !disturbed {
				t.Fatalf("%s: after a round %v, want %v\n%s\n%s / %s\n%s", at, got, want, text, low, high, written)
			}
			if err != nil { // a policy that does not even have schedules
				continue
			}
			if next := clock(at.Add(time.Minute)); next == 0 || clocks[next] { // the minute that has to lie between two schedules
				continue
			}
			if got := policyTable.At(at); got != want {
				t.Fatalf("%s: as a policy %v, want %v\n%s\n%s", at, got, want, text, p.Policy())
			}
		}
	})
}

func FuzzRead(f *testing.F) {
	for _, text := range []string{
		`{"instance_min_count": 1, "instance_max_count": 4, "scaling_rules": [{"metric_type": "cpu", "threshold": 50, "operator": ">", "adjustment": "+1"}]}`,
		`{"instance_min_count": 1, "instance_max_count": 4, "schedules": {"timezone": "UTC", "recurring_schedule": [{"start_time": "09:00", "end_time": "17:00", "days_of_week": [1], "instance_min_count": 2, "instance_max_count": 5}], "specific_date": [{"start_date_time": "2026-12-24T09:00", "end_date_time": "2026-12-24T17:00", "instance_min_count": 2, "instance_max_count": 5}]}}`,
		"instance_limits: {min: 1, max: 2}\nrules:\n- {rule_type: rabbitmq, queue_name: q, threshold: {min: 1, max: 2}}\nscheduled_limit_changes:\n- {recurrence: 10, executes_at: '2032-01-01T00:00:00Z', instance_limits: {min: 10, max: 20}}",
		`{"instance_min_count": 1, "instance_max_count": 4, "schedules": {"timezone": "UTC", "recurring_schedule": [{"start_time": "09:00", "end_time": "17:00", "days_of_week": [1], "start_date": "2026-12-01", "end_date": "2999-12-31", "instance_min_count": 2, "instance_max_count": 5}, {"start_time": "08:00", "end_time": "09:00", "days_of_month": [15], "end_date": "2027-01-01", "instance_min_count": 2, "instance_max_count": 2}], "specific_date": [{"start_date_time": "2026-12-24T23:59", "end_date_time": "2099-12-31T17:00", "instance_min_count": 2, "instance_max_count": 5, "initial_min_instance_count": 4}]}}`,
		"instance_limits: {min: 1, max: 4}\nscheduled_limit_changes:\n- {executes_at: '2027-01-01T00:00:00Z', instance_limits: {min: 10, max: 20}}",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		root, err := document.Parse(text)
		if err != nil {
			return
		}
		for _, format := range []cfautoscaler.Format{cfautoscaler.Manifest, cfautoscaler.Policy} {
			p, err := cfautoscaler.Read(root, format, now)
			if err != nil {
				if ms, ok := err.(document.Mistakes); !ok || len(ms) == 0 {
					t.Errorf("%v is no list of mistakes", err)
				}
				continue
			}
			table(t, p)
			p.Policy()
			p.Manifest(now)
		}
	})
}
