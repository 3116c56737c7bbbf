package experiment

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/sim"
)

type part struct {
	sim.Demand
	from   float64
	length time.Duration
}

// Rate is the demand at a number of seconds after the start of the part.
func (p part) Rate(seconds float64) float64 { return p.Demand.Rate(p.from + seconds) }

// Length is the length of the part.
func (p part) Length() time.Duration { return p.length }

// Part returns the options for the part of the demand between from and to, scaled as the whole is. Both are counted
// from the start of the demand, in whole minutes.
func Part(o sim.Options, from, to time.Duration) sim.Options {
	if o.Peak > 0 {
		if top := sim.Peak(o.Demand, sim.PeakWindow(o.Demand.Length())); top > 0 {
			o.Demand = sim.Scale(o.Demand, o.Peak*o.Fleet.Capacity()/top)
		}
		o.Peak = 0
	}
	if o.Start.IsZero() {
		o.Start = time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC)
	}
	o.Demand, o.Start, o.Length = part{o.Demand, from.Seconds(), to - from}, o.Start.Add(from), to-from
	troubles := slices.Clone(o.Fleet.Troubles)
	for i := range troubles {
		troubles[i].From -= from
		troubles[i].To -= from
	}
	o.Fleet.Troubles = troubles
	if from > 0 {
		o.Fleet.Dynos = 0 // what the part needs at its start
	}
	return o
}

// A Cut is a simulation in two parts: one to learn from, and a later one to judge by.
type Cut struct {
	Learn, Judge sim.Options
	// Of is the length of the whole. The rest of it is left out, because it would take too much work.
	Of time.Duration
}

// Requests that can be simulated in the time of a decision of the adaptive policy, about 0.14 ms.
const beatWork = 1400

// Split cuts a simulation into its first 60 %, to learn from, and the rest, to judge by. A part that needs too much
// work is cut to the time nearest to the other part. Work is counted in requests; a heartbeat, one each beat, counts as
// many.
func Split(o sim.Options, beat time.Duration, mostLearned, mostJudged float64) (Cut, error) {
	length := o.Demand.Length().Truncate(time.Minute)
	at := (length * 6 / 10).Truncate(time.Minute)
	if at < 10*time.Minute || length-at < 10*time.Minute {
		return Cut{}, fmt.Errorf("the load lasts %v: needs at least 30 minutes, a part to learn from and a part to "+
			"judge by", length)
	}
	whole := Part(o, 0, length)
	from, to := at, at
	work := func(minute time.Duration) float64 {
		return 60*whole.Demand.Rate(minute.Seconds()+30) + beatWork*time.Minute.Seconds()/beat.Seconds()
	}
	for sum := 0.0; from > 0 && sum < mostLearned; from -= time.Minute {
		sum += work(from - time.Minute)
	}
	for sum := 0.0; to < length && sum < mostJudged; to += time.Minute {
		sum += work(to)
	}
	return Cut{Part(o, from, at), Part(o, at, to), length}, nil
}

func split(o sim.Options, beat time.Duration, mostLearned, mostJudged float64, whole bool) (Cut, error) {
	if whole {
		mostLearned, mostJudged = math.Inf(1), math.Inf(1)
	}
	return Split(o, beat, mostLearned, mostJudged)
}

// Left is the time that was left out.
func (c Cut) Left() time.Duration { return c.Of - c.Learn.Length - c.Judge.Length }

// Text describes both parts in two lines, and what was left out. more tells the reader how to include that.
func (c Cut) Text(zone *time.Location, more string) string {
	part := func(o sim.Options) string {
		const day = "Mon 2 Jan 2006 15:04"
		return o.Start.In(zone).Format(day) + " to " + o.Start.Add(o.Length).In(zone).Format(day) + " (" +
			span(o.Length.Hours()) + ")"
	}
	text := "Learned from " + part(c.Learn) + ",\njudged by " + part(c.Judge) + ".\n"
	if left := c.Left(); left > 0 {
		text += fmt.Sprintf("%s of %s were left out to save time; %s.\n", span(left.Hours()),
			span(c.Of.Hours()), more)
	}
	return text
}

// A Score is the result of settings.
type Score struct {
	Hours       float64 `json:"hours"`
	SlowMinutes int     `json:"slow_minutes"`
	DynoHours   float64 `json:"dyno_hours"`
	// Dollars is the price of the dynos. Cost adds the price of the slow minutes.
	Dollars float64 `json:"dollars"`
	Cost    float64 `json:"cost"`
}

// Hours in a month for prices, as in the package sim.
const hoursAMonth = 720

// A Search tries settings on a simulation.
type Search struct {
	// Driver makes a driver from NAME=value pairs. An error means that they are not valid together.
	Driver func(pairs []string) (sim.Driver, error)
	// Price is the price of a dyno a month, and SlowMinute that of a slow minute, both in dollars.
	Price, SlowMinute float64
	// Trials is the number of settings to try, chosen by Seed.
	Trials int
	Seed   uint64
	// Progress, unless nil, is called with the share of the trials that are done.
	Progress func(share float64)
}

// Score simulates settings.
func (s Search) Score(ctx context.Context, o sim.Options, pairs []string) (Score, sim.Result, error) {
	d, err := s.Driver(pairs)
	if err != nil {
		return Score{}, sim.Result{}, err
	}
	r, err := sim.Run(ctx, o, d)
	out := Score{Hours: r.Hours, DynoHours: r.DynoHours, Dollars: r.DynoHours * s.Price / hoursAMonth}
	for _, m := range r.Minutes {
		if m.IsSlow() {
			out.SlowMinutes++
		}
	}
	out.Cost = out.Dollars + s.SlowMinute*float64(out.SlowMinutes)
	return out, r, err
}

// A Dimension is a setting and the values to try.
type Dimension struct {
	Name   string
	Values []string
}

// Settings tried between two updates of the best, on every machine, so that results do not depend on it.
const batch = 8

// Best searches for the settings with the lowest cost in a simulation. The first half of the trials is random. The rest
// changes one or two settings of the best so far. It returns the pairs, none if nothing is better than the present
// settings.
func (s Search) Best(ctx context.Context, o sim.Options, dims []Dimension) (pairs []string, score Score, err error) {
	r := rand.New(rand.NewPCG(s.Seed, 0x7475_6e65))
	best := make([]int, len(dims)) // 0 is the present value, i+1 is Values[i]
	score, _, err = s.Score(ctx, o, nil)
	if err != nil {
		return nil, score, err
	}
	tried := map[string]bool{fmt.Sprint(best): true}
	for done := 0; done < s.Trials; done += batch {
		var picks [][]int
		for range 50 * batch {
			pick := draw(r, dims, best, done < s.Trials/2)
			if key := fmt.Sprint(pick); !tried[key] && len(picks) < batch {
				tried[key] = true
				picks = append(picks, pick)
			}
		}
		scores, err := s.all(ctx, o, dims, picks)
		if err != nil {
			return nil, score, err
		}
		for i, sc := range scores {
			if sc.Cost < score.Cost {
				best, score = picks[i], sc
			}
		}
		if s.Progress != nil {
			s.Progress(min(1, float64(done+batch)/float64(s.Trials)))
		}
	}
	// Changes with little or no effect are left out.
	for i := range best {
		was := best[i]
		if best[i] = 0; was == 0 {
			continue
		}
		sc, _, err := s.Score(ctx, o, pairsOf(dims, best))
		if err != nil || sc.Cost > score.Cost*1.001 {
			best[i] = was
			continue
		}
		score = sc
	}
	return pairsOf(dims, best), score, ctx.Err()
}

func draw(r *rand.Rand, dims []Dimension, best []int, any bool) []int {
	pick := slices.Clone(best)
	if any {
		for i, d := range dims {
			pick[i] = max(0, r.IntN(2*len(d.Values)+1)-len(d.Values)) // the present value, half of the time
		}
		return pick
	}
	for range 1 + r.IntN(2) {
		i := r.IntN(len(dims))
		pick[i] = r.IntN(len(dims[i].Values) + 1)
	}
	return pick
}

func pairsOf(dims []Dimension, pick []int) []string {
	out := []string{}
	for i, v := range pick {
		if v > 0 {
			out = append(out, dims[i].Name+"="+dims[i].Values[v-1])
		}
	}
	return out
}

func (s Search) all(ctx context.Context, o sim.Options, dims []Dimension, picks [][]int) ([]Score, error) {
	scores := make([]Score, len(picks))
	err := SideBySide(len(picks), func(i int) (err error) {
		pairs := pairsOf(dims, picks[i])
		if _, err := s.Driver(pairs); err != nil {
			scores[i].Cost = math.Inf(1)
			return nil
		}
		scores[i], _, err = s.Score(ctx, o, pairs)
		return err
	})
	return scores, err
}

// String writes the score for a terminal.
func (s Score) String() string {
	return fmt.Sprintf("%d slow minutes, %.1f dyno-hours ($%.2f) in %s: $%.2f with slow minutes", s.SlowMinutes,
		s.DynoHours, s.Dollars, span(s.Hours), s.Cost)
}

// Paste writes settings a line each, quoted for a shell.
func Paste(pairs []string) string {
	var b strings.Builder
	for _, p := range pairs {
		name, value, _ := strings.Cut(p, "=")
		if strings.ContainsAny(value, " ,%/") {
			value = "'" + value + "'"
		}
		fmt.Fprintf(&b, "  %s=%s\n", name, value)
	}
	return b.String()
}

// Money writes an amount of dollars: $25, $0.10, $0.0004.
func Money(dollars float64) string {
	if dollars == math.Trunc(dollars) || dollars < 0.01 {
		return fmt.Sprintf("$%g", dollars)
	}
	return fmt.Sprintf("$%.2f", dollars)
}
