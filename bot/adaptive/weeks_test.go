package adaptive_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/adaptive"
	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/bot/racetest"
)

const day = 24 * time.Hour

// A state that knows the days before noon. need is what each quarter of an hour needed.
func learned(days int, need func(at time.Time) int) decide.State {
	var st decide.State
	for at := noon.Add(-time.Duration(days) * day); at.Before(noon); at = at.Add(10 * time.Minute) {
		st = st.Learn(at, need(at))
	}
	return st
}

// A load that needs 4 dynos from noon to one o'clock on some days, else 1.
func midday(on func(time.Time) bool) func(time.Time) int {
	return func(at time.Time) int {
		if at.Hour() == 12 && on(at) {
			return 4
		}
		return 1
	}
}

// Runs an app that needs 2 dynos until shortly before noon.
func before(t *testing.T, p decide.Policy, st decide.State) decide.Decision {
	t.Helper()
	a := newApp(p, 2, 0.9)
	a.state, a.now = st, noon.Add(-30*time.Minute)
	a.limits[0] = 2
	return a.run(29*time.Minute + 30*time.Second)
}

func TestTheSameHourOfFormerDaysRaisesTheFloor(t *testing.T) {
	racetest.Computes(t)
	p := adaptively(t, adaptive.Balanced, 1000)
	always := func(time.Time) bool { return true }
	for _, c := range []struct {
		name string
		days int
		need func(time.Time) int
		want string
	}{
		{"every day", 8, midday(always), "of the last 7 days needed 4 (4–4)"},
		{"every Monday", 28, midday(func(at time.Time) bool { return at.Weekday() == time.Monday }), "of the last 4 Mondays needed 4 (4–4)"},
		{"all days but one", 8, midday(func(at time.Time) bool { return at.Weekday() != time.Tuesday }), "of the last 7 days needed 4 (1–4)"},
		{"too few days", 4, midday(always), ""},
		{"one day of seven", 8, midday(func(at time.Time) bool { return at.Weekday() == time.Sunday }), ""},
		{"never", 28, func(time.Time) int { return 1 }, ""},
	} {
		d := before(t, p, learned(c.days, c.need))
		got := ""
		if d.Load.Expected != nil {
			_, got, _ = strings.Cut(d.Load.String(), "are kept because this hour ")
		}
		if got != c.want || (d.From > 2) != (c.want != "") {
			t.Errorf("%s: shortly before noon %d dynos are kept, and why is %q; want %q", c.name, d.From, got, c.want)
		}
	}
}

// A forecast alone adds half of what is needed, however high it is.
func TestAForecastAloneAddsLittle(t *testing.T) {
	d := before(t, adaptively(t, adaptive.Balanced, 1000), learned(8, func(at time.Time) int {
		if at.Hour() == 12 {
			return 500
		}
		return 1
	}))
	if e := d.Load.Expected; e == nil || e.Dynos < 450 || e.Dynos > 550 || d.To > 4 {
		t.Errorf("500 were needed at noon of every day, and %d are kept: %+v", d.To, e)
	}
}

// Forecasts of a rise that no longer comes soon lose their trust.
func TestForecastsThatWereWrongAreForgotten(t *testing.T) {
	st := learned(8, midday(func(time.Time) bool { return true }))
	for at := noon; at.Before(noon.Add(2 * day)); at = at.Add(10 * time.Minute) {
		st = st.Learn(at, 1)
	}
	a := newApp(adaptively(t, adaptive.Balanced, 1000), 2, 0.9)
	a.state, a.now, a.limits[0] = st, noon.Add(2*day-30*time.Minute), 2
	if d := a.run(29*time.Minute + 30*time.Second); d.Load.Expected != nil {
		t.Errorf("after two days without a rise at noon one is still expected: %v", d.Load)
	}
}

func TestWhatWeeksNeededIsSmallAndSurvives(t *testing.T) {
	racetest.Computes(t)
	st := learned(40, func(at time.Time) int { return 1 + at.Minute() + 7*at.Hour() })
	text, err := json.Marshal(st.Weeks)
	if err != nil || len(text) > 5000 {
		t.Fatalf("four weeks take %d bytes: %v", len(text), err)
	}
	var again decide.State
	if err := json.Unmarshal(must(t, st), &again); err != nil {
		t.Fatal(err)
	}
	a, b := before(t, adaptively(t, adaptive.Balanced, 1000), st), before(t, adaptively(t, adaptive.Balanced, 1000), again)
	if a.Load.Expected == nil || *a.Load.Expected != *b.Load.Expected {
		t.Errorf("%+v, and through JSON %+v", a.Load.Expected, b.Load.Expected)
	}
	if older := st.Learn(noon.Add(-9*day), 5000); string(must(t, older.Weeks)) != string(text) {
		t.Error("what is older than what is known was taken in")
	}
}

func must(t *testing.T, v any) []byte {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestCountingExpectsNothing(t *testing.T) {
	a := newApp(policy(nil, 1000), 2, 0.9)
	a.state, a.now, a.limits[0] = learned(8, midday(func(time.Time) bool { return true })), noon.Add(-time.Minute), 2
	if d := a.run(30 * time.Second); d.To != 2 || d.Load != nil {
		t.Errorf("counting expects: %+v", d)
	}
}
