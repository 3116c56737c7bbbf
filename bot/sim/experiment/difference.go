package experiment

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/sim"
)

// A Difference is a time in which two results differ.
type Difference struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
	// Dynos are the means of both results, SlowMinutes their numbers.
	Dynos       [2]float64 `json:"dynos"`
	SlowMinutes [2]int     `json:"slow_minutes"`
}

const (
	// Minutes that are compared as a whole.
	lookTime = 30
	// The means must differ by this number of dynos.
	otherDynos = 0.5
	// A longer difference is listed as several.
	longestDifference = 2 * time.Hour
	// Differences that are listed.
	mostDifferences = 20
)

// Differences returns the times in which b differs from a, in order of time. If there are many, it returns the most
// important ones, and more is the number of the others.
func Differences(start time.Time, a, b sim.Result) (out []Difference, more int) {
	n := min(len(a.Minutes), len(b.Minutes))
	for i := 0; i < n; i += lookTime {
		end := min(i+lookTime, n)
		d := Difference{
			From: start.Add(time.Duration(i) * time.Minute),
			To:   start.Add(time.Duration(end) * time.Minute),
		}
		for k, result := range []sim.Result{a, b} {
			for _, m := range result.Minutes[i:end] {
				d.Dynos[k] += float64(m.Dynos) / float64(end-i)
				if m.IsSlow() {
					d.SlowMinutes[k]++
				}
			}
		}
		if math.Abs(d.Dynos[0]-d.Dynos[1]) >= otherDynos || d.SlowMinutes[0] != d.SlowMinutes[1] {
			out = join(out, d)
		}
	}
	if more = len(out) - mostDifferences; more <= 0 {
		return out, 0
	}
	slices.SortStableFunc(out, func(x, y Difference) int { return cmp.Compare(y.weight(), x.weight()) })
	out = out[:mostDifferences]
	slices.SortFunc(out, func(x, y Difference) int { return x.From.Compare(y.From) })
	return out, more
}

// Extends the last difference if d continues it, or else appends d.
func join(all []Difference, d Difference) []Difference {
	n := len(all) - 1
	if n < 0 || !all[n].To.Equal(d.From) || d.To.Sub(all[n].From) > longestDifference ||
		(all[n].Dynos[1] > all[n].Dynos[0]) != (d.Dynos[1] > d.Dynos[0]) {
		return append(all, d)
	}
	last := &all[n]
	was, is := last.To.Sub(last.From).Minutes(), d.To.Sub(d.From).Minutes()
	for k := range 2 {
		last.Dynos[k] = (last.Dynos[k]*was + d.Dynos[k]*is) / (was + is)
		last.SlowMinutes[k] += d.SlowMinutes[k]
	}
	last.To = d.To
	return all
}

// The importance of a difference: a slow minute counts as much as ten minutes of a dyno.
func (d Difference) weight() float64 {
	slow := math.Abs(float64(d.SlowMinutes[0] - d.SlowMinutes[1]))
	return 10*slow + math.Abs(d.Dynos[0]-d.Dynos[1])*d.To.Sub(d.From).Minutes()
}

func writeDifferences(w io.Writer, all []Difference, more int, zone *time.Location, was, is string) {
	if len(all) == 0 {
		fmt.Fprintf(w, "\n%s and %s do not differ.\n", was, is)
		return
	}
	fmt.Fprintf(w, "\nDifferences, %s → %s (mean dynos and slow minutes):\n", was, is)
	for _, d := range all {
		to := "15:04"
		if d.To.In(zone).Day() != d.From.In(zone).Day() {
			to = "Mon 2 Jan 15:04"
		}
		fmt.Fprintf(w, "  %s to %s: %.1f → %.1f dynos, %d → %d slow minutes\n",
			d.From.In(zone).Format("Mon 2 Jan 15:04"), d.To.In(zone).Format(to), d.Dynos[0], d.Dynos[1],
			d.SlowMinutes[0], d.SlowMinutes[1])
	}
	if more > 0 {
		fmt.Fprintf(w, "  and %d smaller differences\n", more)
	}
}
