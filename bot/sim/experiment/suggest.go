package experiment

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/sim"
)

// What happens once a week must have happened twice.
const leastHistory = 14 * 24 * time.Hour

// EnoughToSuggest returns an error if the record is too short for suggestions.
func (r *Record) EnoughToSuggest() error {
	if length := r.End().Sub(r.Start()); length < leastHistory {
		return fmt.Errorf("the history covers %.1f days: suggestions need at least two weeks, because what "+
			"happens once a week must have happened twice", length.Hours()/24)
	}
	return nil
}

// SuggestCut cuts a simulation for [Search.Suggest]. Rows need as many days as there are. Everything else is tried
// once, on about two weeks of an app with one dyno. beat is the time between two heartbeats. whole uses all of the
// demand, however long that takes.
func SuggestCut(o sim.Options, beat time.Duration, whole bool) (Cut, error) {
	return split(o, beat, rowWork, rowWork/5, whole)
}

// Present is the state before suggestions.
type Present struct {
	// Least is the minimum, negative if it is a schedule, to which no rows are added. Most is the maximum.
	Least, Most int
	// Zone is the schedule's.
	Zone *time.Location
}

// Suggest returns the settings that are worth their price in the part to judge by, the best first: rows of the schedule
// for hours that were slow in the part to learn from, and unless onlyRows, single other settings.
func (s Search) Suggest(ctx context.Context, cut Cut, now Present, onlyRows bool) ([]Suggestion, error) {
	others := otherIdeas(cut.Learn.Bound, s.SlowMinute, now.Most)
	if onlyRows {
		others = nil
	}
	// A simulation of the part to learn from takes about as long as five of the other part.
	done := &units{tell: s.Progress, all: learning + 1 + float64(len(others))}
	_, learned, err := s.Score(ctx, cut.Learn, nil)
	if err != nil {
		return nil, err
	}
	done.add(learning)
	was, _, err := s.Score(ctx, cut.Judge, nil)
	if err != nil {
		return nil, err
	}
	done.add(1)
	j := jury{s, cut.Judge, was, done}
	rows, err := s.bestRows(ctx, cut.Learn, learned, now, done)
	if err != nil {
		return nil, err
	}
	found, err := j.all(ctx, rowIdeas(rows, now.Least))
	if err == nil && len(found) > 1 {
		var together []Suggestion
		together, err = j.all(ctx, []idea{rowsTogether(rows, found, now.Least)})
		found = append(found, together...)
	}
	if err == nil {
		var single []Suggestion
		single, err = j.all(ctx, others)
		found = append(found, single...)
	}
	slices.SortStableFunc(found, func(a, b Suggestion) int { return cmp.Compare(b.Saved, a.Saved) })
	return firstOfEach(found), err
}

// Keeps the best value of each setting, and all rows of the schedule.
func firstOfEach(found []Suggestion) []Suggestion {
	out := []Suggestion{}
	seen := map[string]bool{}
	for _, f := range found {
		name, _, _ := strings.Cut(f.Settings[0], "=")
		if name != "MIN_DYNOS" && seen[name] {
			continue
		}
		seen[name] = true
		out = append(out, f)
	}
	return out
}

// Dollars a week that a suggestion must save, with slow minutes at their price.
const worth = 0.05

type idea struct {
	what  string
	pairs []string
}

// A jury judges ideas by a simulation. was is the score of the present settings.
type jury struct {
	Search
	on   sim.Options
	was  Score
	done *units
}

// Returns the ideas that are worth their price.
func (j jury) all(ctx context.Context, ideas []idea) (worthy []Suggestion, err error) {
	all, ok := make([]Suggestion, len(ideas)), make([]bool, len(ideas))
	err = SideBySide(len(ideas), func(i int) (err error) {
		all[i], ok[i], err = j.one(ctx, ideas[i])
		j.done.add(1)
		return err
	})
	for i := range all {
		if ok[i] {
			worthy = append(worthy, all[i])
		}
	}
	return worthy, err
}

// ok is false if the idea is not worth its price, or not valid with the other settings.
func (j jury) one(ctx context.Context, i idea) (out Suggestion, ok bool, err error) {
	if _, err := j.Driver(i.pairs); err != nil {
		return out, false, nil
	}
	is, _, err := j.Score(ctx, j.on, i.pairs)
	out = Judge(i.what, i.pairs, j.was, is, j.SlowMinute)
	return out, out.Saved >= worth, err
}

// Rows for slow hours, each with the minimum that costs least in the part to learn from.
func (s Search) bestRows(
	ctx context.Context, learn sim.Options, learned sim.Result, now Present, done *units,
) ([]Row, error) {
	if now.Least < 0 {
		return nil, nil
	}
	var all []Row
	rows := Rows(learn.Start, now.Zone, learned, now.Least)
	for _, row := range rows {
		all = append(all, row.Variants()...)
	}
	costs := make([]float64, len(all))
	done.more(learning*float64(len(all)) + float64(len(rows)) + 1)
	err := SideBySide(len(all), func(i int) error {
		defer done.add(learning)
		pairs := minimum(now.Least, all[i])
		if _, err := s.Driver(pairs); err != nil { // a minimum above the maximum
			costs[i] = math.Inf(1)
			return nil
		}
		is, _, err := s.Score(ctx, learn, pairs)
		costs[i] = is.Cost
		return err
	})
	for r := range rows {
		best := math.Inf(1)
		for i, v := range all {
			if v.SameTime(rows[r]) && costs[i] < best {
				best, rows[r].Min = costs[i], v.Min
			}
		}
	}
	return rows, err
}

func minimum(least int, rows ...Row) []string { return []string{"MIN_DYNOS=" + Table(least, rows)} }

func rowIdeas(rows []Row, least int) (out []idea) {
	for _, row := range rows {
		out = append(out, idea{row.String(), minimum(least, row)})
	}
	return out
}

func rowsTogether(rows []Row, worthy []Suggestion, least int) idea {
	rows = slices.DeleteFunc(slices.Clone(rows), func(row Row) bool {
		return !slices.ContainsFunc(worthy, func(s Suggestion) bool { return s.What == row.String() })
	})
	return idea{"these rows together", minimum(least, rows...)}
}

// Single other settings. bound is the threshold, slowMinute the price of a slow minute, and most the maximum.
func otherIdeas(bound time.Duration, slowMinute float64, most int) (out []idea) {
	dims := append(Candidates(bound, slowMinute), Dimension{"MAX_DYNOS", []string{
		fmt.Sprint(most + max(1, most/2)), fmt.Sprint(2 * most),
	}})
	for _, d := range dims {
		for _, v := range d.Values {
			pair := d.Name + "=" + v
			out = append(out, idea{pair, []string{pair}})
		}
	}
	return out
}

// A Suggestion is settings, and what they would have saved a week in the part to judge by.
type Suggestion struct {
	What     string   `json:"what"`
	Settings []string `json:"settings"`
	// FewerSlow is the number of slow minutes saved a week, MoreDollars the additional cost of dynos; either may be
	// negative.
	FewerSlow   float64 `json:"fewer_slow_minutes_a_week"`
	MoreDollars float64 `json:"more_dollars_a_week"`
	// Saved is the worth of both, with slow minutes at their price.
	Saved float64 `json:"saved_dollars_a_week"`
}

// Judge compares a score with the one before.
func Judge(what string, settings []string, was, is Score, slowMinute float64) Suggestion {
	weeks := is.Hours / (7 * 24)
	s := Suggestion{
		What: what, Settings: settings,
		FewerSlow: float64(was.SlowMinutes-is.SlowMinutes) / weeks, MoreDollars: (is.Dollars - was.Dollars) / weeks,
	}
	s.Saved = s.FewerSlow*slowMinute - s.MoreDollars
	return s
}

// String is one line: "weekdays from 8:30 to 11:00, minimum 4: 11 fewer slow minutes, $0.90 more a week".
func (s Suggestion) String() string {
	slow, dollars := "the same number of slow minutes", fmt.Sprintf("$%.2f more a week", s.MoreDollars)
	switch {
	case s.FewerSlow >= 0.5:
		slow = fmt.Sprintf("%.0f fewer slow minutes", s.FewerSlow)
	case s.FewerSlow <= -0.5:
		slow = fmt.Sprintf("%.0f more slow minutes", -s.FewerSlow)
	}
	if s.MoreDollars < 0 {
		dollars = fmt.Sprintf("$%.2f less a week", -s.MoreDollars)
	}
	return s.What + ": " + slow + ", " + dollars
}

const mostSuggestions = 8

// WriteSuggestions writes suggestions for a terminal.
func (s Search) WriteSuggestions(w io.Writer, found []Suggestion) error {
	fmt.Fprintf(w, "A dyno costs %s a month, and a slow minute counts as %s. All figures are modeled: autoscalebot "+
		"backtest shows how accurately.\n\n",
		Money(s.Price), Money(s.SlowMinute))
	if len(found) == 0 {
		_, err := fmt.Fprintln(w, "None of the settings tried would have been worth its price.")
		return err
	}
	for _, f := range found[:min(mostSuggestions, len(found))] {
		fmt.Fprintf(w, "%v\n%s", f, Paste(f.Settings))
	}
	_, err := fmt.Fprintln(w, "\nEach is judged by itself. To try several together, run autoscalebot backtest.")
	return err
}
