package cost_test

import (
	"context"
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/cost"
	"github.com/autoscalebot/autoscalebot/bot/history"
	"github.com/autoscalebot/autoscalebot/bot/record"
)

// A past runs a number of dynos at each moment, in hourly points.
type past struct {
	begin, end time.Time
	dynos      func(time.Time) int
	records    []record.Record
}

func (p past) Points(_ context.Context, from, to time.Time, _ int) (history.Series, error) {
	s := history.Series{Step: time.Hour}
	for at := from.UTC().Truncate(time.Hour); at.Before(to); at = at.Add(time.Hour) {
		if at.Before(p.begin) || !at.Before(p.end) {
			continue
		}
		seconds := min(time.Hour, p.end.Sub(at)).Seconds()
		n := p.dynos(at)
		s.Points = append(s.Points, history.Point{
			Time: at, Heartbeats: 120, Dynos: n, Seconds: seconds, DynoSeconds: seconds * float64(n), MaxDynoSeconds: seconds * 8, Max: 8,
		})
	}
	return s, nil
}

func (p past) Records(_ context.Context, q history.Query) (out []record.Record, err error) {
	for _, r := range p.records {
		if !r.Time.Before(q.From) && (q.To.IsZero() || r.Time.Before(q.To)) {
			out = append(out, r)
		}
	}
	if n := len(out) - q.Limit; n > 0 && q.Oldest {
		out = out[:q.Limit]
	} else if n > 0 {
		out = out[n:]
	}
	return out, nil
}

func priced(at time.Time, dynos int, size string, price float64) record.Record {
	r := record.Record{Time: at, Dynos: dynos, Price: price}
	r.Decision.SizeFrom = size
	return r
}

func location(t *testing.T, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func always(n int) func(time.Time) int { return func(time.Time) int { return n } }

func near(a, b float64) bool { return math.Abs(a-b) < 1e-6 }

// A dyno that runs all month costs its price: in February, in leap years, where the clocks change, and where the month begins at half past.
func TestAWholeMonthCostsThePrice(t *testing.T) {
	for _, c := range []struct {
		zone, month string
		hours       float64
	}{
		{"UTC", "2026-11", 720},
		{"UTC", "2027-02", 672},
		{"UTC", "2028-02", 696},
		{"Europe/Berlin", "2026-10", 745},
		{"Europe/Berlin", "2027-03", 743},
		{"America/New_York", "2026-11", 721},
		{"Asia/Kolkata", "2026-12", 744},
		{"Pacific/Kiritimati", "2027-01", 744},
		{"Australia/Lord_Howe", "2026-10", 743.5},
	} {
		zone := location(t, c.zone)
		begin, err := time.ParseInLocation("2006-01", c.month, zone)
		if err != nil {
			t.Fatal(err)
		}
		p := past{begin.AddDate(0, -1, 0), begin.AddDate(0, 2, 0), always(3), []record.Record{priced(begin.AddDate(0, 0, -20), 3, "", 25)}}
		m, err := cost.Read(t.Context(), p, cost.MonthOf(begin.AddDate(0, 0, 27), zone), begin.AddDate(0, 2, 0), 0)
		if err != nil || !near(m.Total.DynoHours, 3*c.hours) || !near(m.Total.Dollars, 75) || !near(m.Maximum.Dollars, 200) || m.Peak != 3 || !near(m.Constant.Dollars, 75) {
			t.Errorf("%s in %s: %+v, %v", c.month, c.zone, m, err)
		}
		if m.UnknownHours > 1e-6 || m.UnpricedHours != 0 || m.Forecast != nil || !m.Begin.Equal(begin) || !m.Until.Equal(m.End) || len(m.Lines) != 1 {
			t.Errorf("%s in %s: %+v", c.month, c.zone, m)
		}
	}
}

// Each price and size counts from the record that has it. What a record does not say is as before, and an unknown beginning as what follows.
func TestPricesInForce(t *testing.T) {
	begin := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	day := func(n int) time.Time { return begin.AddDate(0, 0, n) }
	dynos := func(at time.Time) int {
		if at.Before(day(20)) {
			return 2
		}
		return 4
	}
	p := past{begin, day(30), dynos, []record.Record{
		priced(day(1), 2, "", 0), priced(day(10), 2, "Standard-1X", 30), priced(day(15), 2, "Standard-2X", 60), priced(day(16), 9, "", 0), priced(day(20), 4, "Standard-1X", 30),
	}}
	m, err := cost.Read(t.Context(), p, begin, day(60), 0)
	got := ""
	for _, l := range m.Lines {
		got += fmt.Sprintf("%s at $%g: %.0f h, $%.2f; ", l.Size, l.Price, l.DynoHours, l.Dollars)
	}
	if want := "Standard-1X at $30: 1680 h, $70.00; Standard-2X at $60: 240 h, $20.00; "; err != nil || got != want {
		t.Errorf("got %s, %v, want %s", got, err, want)
	}
	if m.Peak != 9 || !near(m.Total.Dollars, 90) || !near(m.Constant.Dollars, 9*35) || !near(m.Maximum.Dollars, 8*35) {
		t.Errorf("%+v", m)
	}
	p.records = nil
	if m, err := cost.Read(t.Context(), p, begin, day(60), 0); err != nil || m.Total.Dollars != 0 || !near(m.UnpricedHours, 1920) || !near(m.Total.DynoHours, 1920) {
		t.Errorf("without a price: %+v, %v", m, err)
	}
	if m, err := cost.Read(t.Context(), p, begin, day(60), 30); err != nil || !near(m.Total.Dollars, 80) || m.UnpricedHours != 0 {
		t.Errorf("with the price of the settings: %+v, %v", m, err)
	}
}

// The running month is counted up to now, and its rest is the average of the last 7 days. Gaps are not counted.
func TestTheRunningMonth(t *testing.T) {
	begin := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	now := begin.AddDate(0, 0, 10).Add(30 * time.Minute)
	first := begin.AddDate(0, 0, 2)
	dynos := func(at time.Time) int { return 1 + 2*(at.Hour()/12) } // 2 on average
	p := past{first, now, dynos, []record.Record{priced(first, 1, "", 30)}}
	m, err := cost.Read(t.Context(), p, begin, now, 0)
	if err != nil || !m.Until.Equal(now) || !m.First.Equal(first) || !near(m.UnknownHours, 48) || !near(m.Total.DynoHours, 8*48+0.5) {
		t.Errorf("%+v, %v", m, err)
	}
	average := (7*48 + 0.5 - 0.0) / (7*24 + 0.5) // the bucket that begins before the 7 days counts as a whole
	if m.Forecast == nil || math.Abs(m.Average-average) > 0.02 || math.Abs(m.Forecast.Dollars-(m.Total.Dollars+m.Average*30*19.98/30)) > 0.1 {
		t.Errorf("the forecast is %+v at %g, want %g", m.Forecast, m.Average, average)
	}
	if m, err := cost.Read(t.Context(), p, begin.AddDate(0, 1, 0), now, 0); err != nil || m.Forecast != nil || m.Total.DynoHours != 0 || !m.First.IsZero() {
		t.Errorf("a month to come: %+v, %v", m, err)
	}
	if m, err := cost.Read(t.Context(), p, begin.AddDate(0, -1, 0), now, 0); err != nil || !m.First.IsZero() || !near(m.UnknownHours, 744) {
		t.Errorf("a month before the history: %+v, %v", m, err)
	}
}

// The price of a pool's servers is an average that varies with them.
func TestManyPricesBecomeOne(t *testing.T) {
	begin := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	p := past{begin: begin, end: begin.AddDate(0, 1, 0), dynos: always(1)}
	for d := range 30 {
		p.records = append(p.records, priced(begin.AddDate(0, 0, d), 1, "", float64(10+d)))
	}
	m, err := cost.Read(t.Context(), p, begin, p.end, 0)
	if err != nil || len(m.Lines) != 1 || !near(m.Total.Dollars, 24.5) || !near(m.Lines[0].Price, 24.5) || !near(m.Lines[0].Dollars, 24.5) {
		t.Errorf("%+v, %v", m, err)
	}
	if slices.ContainsFunc(m.Lines, func(l cost.Line) bool { return l.Size != "" }) {
		t.Errorf("%+v", m.Lines)
	}
}
