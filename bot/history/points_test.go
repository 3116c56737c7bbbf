package history_test

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/bot/history"
	"github.com/autoscalebot/autoscalebot/bot/racetest"
	"github.com/autoscalebot/autoscalebot/bot/record"
	"github.com/autoscalebot/autoscalebot/probe"
)

func points(t testing.TB, db *history.DB, from, to time.Time, atMost int) history.Series {
	t.Helper()
	s, err := db.Points(t.Context(), from, to, atMost)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// A simple reference implementation.
func sums(all []record.Record, from time.Time, step time.Duration) []history.Point {
	var out []history.Point
	var times []float64
	var lastTime time.Time
	lastDynos := 0
	for i, r := range all {
		ran, seen := 0.0, 0.0
		if r.Dynos >= 0 {
			if !lastTime.IsZero() {
				seen = r.Time.Sub(lastTime).Seconds()
				ran = float64(lastDynos) * seen
			}
			lastTime, lastDynos = r.Time, r.After()
		}
		if r.Time.Before(from) {
			continue
		}
		begin := r.Time.Truncate(step)
		if len(out) == 0 || !out[len(out)-1].Time.Equal(begin) {
			out = append(out, history.Point{Time: begin, MedianMS: -1, P95MS: -1, MaxMS: -1, Dynos: -1})
			times = nil
		}
		p := &out[len(out)-1]
		p.Heartbeats++
		switch r.Decision.Verdict {
		case decide.Slow:
			p.Slow++
		case decide.Fast:
			p.Fast++
		case decide.NoData:
			p.NoData++
		}
		if hb, ok := r.Heartbeat(); ok && hb.Outcome == probe.Answered {
			times = append(times, hb.Value)
			slices.Sort(times)
			p.MedianMS, p.P95MS, p.MaxMS = rank(times, 0.5), rank(times, 0.95), times[len(times)-1]
		}
		p.LowMS, p.HighMS, p.Min, p.Max = r.Decision.MinResponseMS, r.Decision.MaxResponseMS, r.Limits.Min, r.Limits.Max
		if r.After() >= 0 {
			p.Dynos = r.After()
		}
		p.DynoSeconds += ran
		p.Seconds += seen
		p.MaxDynoSeconds += float64(r.Limits.Max) * seen
		if r.Action == record.Scaled && r.Decision.To > r.Decision.From {
			p.Ups++
		} else if r.Action == record.Scaled {
			p.Downs++
		}
		_ = i
	}
	return out
}

func rank(sorted []float64, q float64) float64 {
	return sorted[max(0, int(math.Ceil(q*float64(len(sorted))))-1)]
}

// Response times may differ by 1 %.
func near(a, b history.Point) bool {
	close := func(x, y, share float64) bool { return math.Abs(x-y) <= share*math.Abs(y)+1e-6 }
	ok := close(a.MedianMS, b.MedianMS, 0.01) && close(a.P95MS, b.P95MS, 0.01) && close(a.DynoSeconds, b.DynoSeconds, 0) &&
		close(a.Seconds, b.Seconds, 0) && close(a.MaxDynoSeconds, b.MaxDynoSeconds, 0)
	a.MedianMS, a.P95MS, a.DynoSeconds, a.Seconds, a.MaxDynoSeconds = b.MedianMS, b.P95MS, b.DynoSeconds, b.Seconds, b.MaxDynoSeconds
	a.Time, b.Time = a.Time.UTC(), b.Time.UTC()
	return ok && a == b
}

func TestPointsSumUpTheirHeartbeats(t *testing.T) {
	racetest.Long(t)
	everywhere(t, func(t *testing.T, l lab) {
		db := l.open(t)
		all := beats(noon.Add(-10*time.Minute), 10*time.Second, 1500) // 4 h 10 min
		for part := range slices.Chunk(all, 7) {
			push(t, db, part...)
			if len(part) == 7 && part[0].Time.Minute()%20 == 0 { // batches of different sizes
				keepAll(t, db)
			}
		}
		keepAll(t, db)
		for _, c := range []struct {
			from, to time.Duration
			atMost   int
			step     time.Duration
		}{
			{0, 4 * time.Minute, 300, time.Second},
			{0, 10 * time.Minute, 300, 2 * time.Second},
			{0, 160 * time.Minute, 500, 20 * time.Second},
			{0, 4 * time.Hour, 500, time.Minute},
			{0, 4 * time.Hour, 240, time.Minute},
			{0, 4 * time.Hour, 239, 2 * time.Minute},
			{7 * time.Minute, 4 * time.Hour, 24, 10 * time.Minute},
			{0, 4 * time.Hour, 4, time.Hour},
			{0, 4 * time.Hour, 1, 6 * time.Hour},
			{-24 * time.Hour, 30 * time.Hour, 3, 28 * 24 * time.Hour},
		} {
			from, to := noon.Add(c.from), noon.Add(c.to)
			got := points(t, db, from, to, c.atMost)
			if c.atMost < 4 {
				if len(got.Points) > c.atMost || len(got.Points) == 0 || got.Step < 4*time.Hour {
					t.Errorf("%d points at most: %d points of %v", c.atMost, len(got.Points), got.Step)
				}
				continue
			}
			if got.Step != c.step {
				t.Errorf("%v to %v in %d points: steps of %v, want %v", c.from, c.to, c.atMost, got.Step, c.step)
				continue
			}
			end, _ := slices.BinarySearchFunc(all, to, func(r record.Record, t time.Time) int { return r.Time.Compare(t) })
			want := sums(all[:end], from.Truncate(c.step), c.step)
			if len(got.Points) != len(want) || len(want) > c.atMost {
				t.Errorf("%v to %v: %d points, want %d", c.from, c.to, len(got.Points), len(want))
				continue
			}
			for i, w := range want {
				if !near(got.Points[i], w) {
					t.Errorf("%v to %v: point %d of %v is\n%+v, want\n%+v", c.from, c.to, i, c.step, got.Points[i], w)
					break
				}
			}
		}
	})
}

func TestPointsWithoutBoundsAreOfTheWholeHistory(t *testing.T) {
	racetest.Long(t)
	everywhere(t, func(t *testing.T, l lab) {
		db := l.open(t)
		if s := points(t, db, time.Time{}, time.Time{}, 0); len(s.Points) != 0 {
			t.Errorf("an empty history has the points %+v", s.Points)
		}
		keepAll(t, db, beats(noon, time.Minute, 200)...)
		total := 0
		s := points(t, db, time.Time{}, time.Time{}, 50)
		for _, p := range s.Points {
			total += p.Heartbeats
		}
		if total != 200 || len(s.Points) > 50 {
			t.Errorf("%d points have %d heartbeats, want 50 at most with 200", len(s.Points), total)
		}
		if s := points(t, db, noon.Add(time.Hour), noon, 10); len(s.Points) != 0 {
			t.Errorf("a time that ends before it begins has the points %+v", s.Points)
		}
	})
}

func TestAGapCountsAsAnHourAtTheMost(t *testing.T) {
	db := lab{url: "memory"}.open(t)
	all := beats(noon, 5*time.Hour, 2)
	keepAll(t, db, all...)
	got := points(t, db, noon, noon.Add(6*time.Hour), 10).Points
	if len(got) != 2 || got[0].DynoSeconds != 0 || got[0].Seconds != 0 || got[1].DynoSeconds != float64(all[0].After())*3600 || got[1].Seconds != 3600 {
		t.Errorf("points %+v, want none and then an hour of %d dynos", got, all[0].After())
	}
}

// A completed change whose own record was lost counts once, and is among the changes.
func TestAChangeThatIsFoundMadeCounts(t *testing.T) {
	everywhere(t, func(t *testing.T, l lab) {
		db := l.open(t)
		all := beats(noon, 30*time.Second, 4)
		for i := range all {
			all[i].Action, all[i].Decision.ManualChange = record.Held, nil
		}
		all[1].Decision.Completed = &decide.Completed{From: 2, To: 3, Asked: noon}
		all[2].Decision.CompletedSize = &decide.CompletedSize{From: "standard-1x", To: "standard-2x", Asked: noon}
		all[3].Decision.Completed = &decide.Completed{From: 3, To: 1, Asked: noon}
		keepAll(t, db, all...)
		p := points(t, db, noon, noon.Add(time.Hour), 1).Points
		if len(p) != 1 || p[0].Ups != 1 || p[0].Downs != 1 {
			t.Errorf("counted %+v, want one up and one down", p)
		}
		if got := records(t, db, history.Query{Changed: true}); len(got) != 3 {
			t.Errorf("%d changes are found, want 3", len(got))
		}
	})
}
