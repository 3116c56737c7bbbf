package bot_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/schedule"
)

// The time of the bot's own clock is that of the ticks.
func withLimits(t *testing.T, dynos int, most string) *world {
	t.Helper()
	series, err := schedule.Parse(most)
	if err != nil {
		t.Fatal(err)
	}
	table, err := schedule.New(schedule.Fixed(1), series, time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(dynos, func(o *bot.Options) { o.Schedule = table })
	w.now = time.Now().Add(-30 * time.Second)
	return w
}

func between(low, high int) schedule.Limits { return schedule.Limits{Min: low, Max: high} }

func TestLimitsOverride(t *testing.T) {
	const most = "0:00=3, 9:00=20" // it is midnight
	t.Run("moves the number at once, and ends", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w := withLimits(t, 2, most)
			if err := w.OverrideLimits(between(5, 10), time.Time{}, time.Now().Add(time.Minute), "ada"); err != nil {
				t.Fatal(err)
			}
			r := w.beat(right)
			wantWhy(t, r, "scaled 2 → 5: 2 is below the minimum of 5 (set by ada until 2000-01-01 00:01 UTC)")
			if r.Limits != between(5, 10) || r.MaxRow != "" {
				t.Errorf("the record has the limits %v of %q", r.Limits, r.MaxRow)
			}
			w.beat(right)
			if got := w.Limits(w.now); got != between(5, 10) {
				t.Errorf("the limits are %v", got)
			}
			r = w.beat(right)
			wantWhy(t, r, "scaled 5 → 3: 5 is above the maximum of 3 (0:00=3)")
			wantTold(t, w, "scaled", "limits opened", "scaled", "limits resolved")
		})
	})
	t.Run("is told with its number and its author", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w := withLimits(t, 5, most)
			_ = w.OverrideLimits(between(5, 10), time.Time{}, time.Now().Add(time.Minute), "ada")
			w.beat(right)
			e := w.inbox.events[0]
			if text := e.Subject(); !strings.Contains(text, "limits of 5 to 10 are in force for web") || e.Min != 5 || e.Max != 10 {
				t.Errorf("told %q with %d to %d", text, e.Min, e.Max)
			}
			if want := "ada set limits of 5 to 10 dynos until 2000-01-01 00:01 UTC"; e.Reason != want {
				t.Errorf("told %q, want %q", e.Reason, want)
			}
		})
	})
	t.Run("that is planned waits for its begin", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w := withLimits(t, 2, most)
			begin := time.Now().Add(time.Minute)
			if err := w.OverrideLimits(between(5, 10), begin, begin.Add(time.Hour), "ada"); err != nil {
				t.Fatal(err)
			}
			w.beat(right, right)
			wantResizes(t, w)
			w.beat(right)
			wantResizes(t, w, 5)
		})
	})
	t.Run("bounds an override of the number", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w := withLimits(t, 2, most)
			_ = w.OverrideLimits(between(5, 10), time.Time{}, time.Now().Add(time.Hour), "ada")
			if err := w.Override(8, time.Hour, "ada"); err != nil {
				t.Error(err)
			}
			if err := w.Override(2, time.Hour, "ada"); err == nil || err.Error() != "2 is outside the limits now in force, 5 to 10" {
				t.Error(err)
			}
		})
	})
	t.Run("survives a restart, within MAX_DYNOS as it is then", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w := withLimits(t, 6, most)
			until := time.Now().Add(time.Hour)
			_ = w.OverrideLimits(between(5, 10), time.Time{}, until, "ada")
			for number, want := range map[int]schedule.Limits{20: between(5, 10), 7: between(5, 7), 4: between(4, 4)} {
				again := newWorld(6, func(o *bot.Options) {
					o.Schedule, o.Memory = atMost(t, number), bot.Memory{State: decide.State{Control: w.Control()}}
				})
				if got := again.Limits(time.Now()); got != want {
					t.Errorf("with MAX_DYNOS=%d the limits are %v, want %v", number, got, want)
				}
			}
		})
	})
}

func atMost(t *testing.T, n int) schedule.Table {
	t.Helper()
	table, err := schedule.New(schedule.Fixed(1), schedule.Fixed(n), nil)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func TestLimitsThatMakeNoSenseAreRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := withLimits(t, 2, "0:00=3, 9:00=20")
		now := time.Now()
		hour := now.Add(time.Hour)
		if err := w.OverrideLimits(between(2, 4), hour, hour.Add(time.Hour), "ada"); err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			limits      schedule.Limits
			from, until time.Time
			want        string
		}{
			{between(5, 4), now, hour, "the minimum 5 is above the maximum 4"},
			{between(0, 4), now, hour, "invalid minimum 0: must be at least 1"},
			{between(-1, 4), now, hour, "invalid minimum -1: must be at least 1"},
			{
				between(1, 21), now, hour,
				"21 is above 20, the largest number in MAX_DYNOS, which bounds what the app can cost. To allow more, raise MAX_DYNOS",
			},
			{between(1, 4), now, now, "the override of the limits would end in the past"},
			{between(1, 4), hour, hour, "the override of the limits would end before it begins"},
			{between(1, 4), now, now.Add(8785 * time.Hour), "the override of the limits would end too late: must be within 8784h"},
			{
				between(1, 4), now, hour.Add(1),
				"limits of 2 to 4 are already set from 2000-01-01 01:00 UTC until 2000-01-01 02:00 UTC. End them first",
			},
			{between(5, 4), hour, now, "the minimum 5 is above the maximum 4\nthe override of the limits would end in the past"},
		} {
			if err := w.OverrideLimits(c.limits, c.from, c.until, "ada"); err == nil || err.Error() != c.want {
				t.Errorf("%v from %v until %v: %v, want %s", c.limits, c.from, c.until, err, c.want)
			}
		}
		if all := w.Control().Limits; len(all) != 1 || all[0].Limits != between(2, 4) {
			t.Errorf("something that was refused changed %+v", all)
		}
	})
}

func TestLimitsArePlannedAndEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := withLimits(t, 2, "20")
		now := time.Now()
		at := func(hours int) time.Time { return now.Add(time.Duration(hours) * time.Hour) }
		set := func(low, from, until int) {
			t.Helper()
			if err := w.OverrideLimits(between(low, 20), at(from), at(until), "ada"); err != nil {
				t.Fatal(err)
			}
		}
		planned := func() (out string) {
			for _, o := range w.Control().Limits {
				out += fmt.Sprintf("%d from %d ", o.Min, int(o.From.Sub(now).Hours()))
			}
			return out
		}
		want := func(want string) {
			t.Helper()
			if got := planned(); got != want {
				t.Errorf("planned is %q, want %q", got, want)
			}
		}
		set(4, 30, 40)
		set(3, 20, 30) // right before the other
		set(2, 0, 10)
		want("2 from 0 3 from 20 4 from 30 ")
		set(5, 0, 12) // instead of the one in force
		want("5 from 0 3 from 20 4 from 30 ")
		if err := w.EndLimits(at(20), "ada"); err != nil {
			t.Error(err)
		}
		want("5 from 0 4 from 30 ")
		if err := w.EndLimits(at(21), "ada"); err == nil || err.Error() != "no override of the limits begins at 2000-01-01 21:00 UTC" {
			t.Error(err)
		}
		if err := w.EndLimits(time.Time{}, "ada"); err != nil {
			t.Error(err)
		}
		want("")
		for i := range 20 {
			set(2, 100+i, 101+i)
		}
		err := w.OverrideLimits(between(2, 20), at(200), at(201), "ada")
		if err == nil || err.Error() != "20 overrides of the limits are set already, the most that the bot keeps" {
			t.Error(err)
		}
	})
}

func TestLimitsInForce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := withLimits(t, 2, "20")
		series, err := schedule.Parse("0:00=3, 9:00=5, 10:00=20")
		if err != nil {
			t.Fatal(err)
		}
		table, err := schedule.New(schedule.Fixed(1), series, time.UTC)
		if err != nil {
			t.Fatal(err)
		}
		now := time.Now() // midnight
		clock := func(hour, minute int) time.Time {
			return now.Add(time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute)
		}
		if err := w.OverrideLimits(between(4, 8), clock(8, 30), clock(9, 30), "ada"); err != nil {
			t.Fatal(err)
		}
		inForce, at := w.InForce(table), now
		var got string
		for range 4 {
			when, l, ok := inForce.Next(at)
			if !ok || inForce.At(when) != l {
				t.Fatalf("after %v: %v, %v, %v", at, when, l, ok)
			}
			got += fmt.Sprintf("%s %d–%d, ", when.UTC().Format("15:04"), l.Min, l.Max)
			at = when
		}
		// At 9:00 only the schedule changes, which is not in force.
		if want := "08:30 4–8, 09:30 1–5, 10:00 1–20, 00:00 1–3, "; got != want {
			t.Errorf("the limits are %s, want %s", got, want)
		}
	})
}
