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

// leastHistory is how long a record must be to suggest anything from: what happens once a week must have happened
// twice.
const leastHistory = 14 * 24 * time.Hour

// EnoughToSuggest says why a record is too short to suggest anything from, nil where it is not.
func (r *Record) EnoughToSuggest() error {
	if length := r.End().Sub(r.Start()); length < leastHistory {
		return fmt.Errorf("the history covers %.1f days, which is too little to suggest anything from: what happens "+
			"once a week must have happened "+
			"twice, so two weeks are the least", length.Hours()/24)
	}
	return nil
}

// SuggestCut cuts a simulation for [Search.Suggest]: the rows want as many days as there are, and all else is tried
// once each, on two weeks of an app of a dyno or so. beat is the time between two heartbeats. whole takes all of it,
// however long that takes.
func SuggestCut(o sim.Options, beat time.Duration, whole bool) (Cut, error) {
	return split(o, beat, rowWork, rowWork/5, whole)
}

// Present is where suggestions begin.
type Present struct {
	// Least is the minimum, below zero where that is a schedule, to which no rows are added; Most is the maximum.
	Least, Most int
	// Zone is the schedule's.
	Zone *time.Location
}

// Suggest finds what is worth its price in the part that is judged by, the best first: rows of the schedule for hours
// that were slow in the part that is learned from, and where onlyRows does not say otherwise single other settings.
func (s Search) Suggest(ctx context.Context, cut Cut, now Present, onlyRows bool) ([]Suggestion, error) {
	_, learned, err := s.Score(ctx, cut.Learn, nil)
	if err != nil {
		return nil, err
	}
	was, _, err := s.Score(ctx, cut.Judge, nil)
	if err != nil {
		return nil, err
	}
	j := jury{s, cut.Judge, was}
	rows, err := s.bestRows(ctx, cut.Learn, learned, now)
	if err != nil {
		return nil, err
	}
	found, err := j.all(ctx, rowIdeas(rows, now.Least))
	if err == nil && len(found) > 1 {
		var together []Suggestion
		together, err = j.all(ctx, []idea{rowsTogether(rows, found, now.Least)})
		found = append(found, together...)
	}
	if err == nil && !onlyRows {
		var others []Suggestion
		others, err = j.all(ctx, otherIdeas(cut.Learn.Bound, s.SlowMinute, now.Most))
		found = append(found, others...)
	}
	slices.SortStableFunc(found, func(a, b Suggestion) int { return cmp.Compare(b.Saved, a.Saved) })
	return firstOfEach(found), err
}

// firstOfEach leaves out the values of a setting that save less than another one does. Rows of the schedule stay.
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

// worth is the least that a suggestion must save a week, in dollars with the slow minutes at their price.
const worth = 0.05

type idea struct {
	what  string
	pairs []string
}

// A jury judges ideas by a simulation, in which the settings as they are came to was.
type jury struct {
	Search
	on  sim.Options
	was Score
}

// all judges ideas side by side, and gives those that are worth their price.
func (j jury) all(ctx context.Context, ideas []idea) (worthy []Suggestion, err error) {
	all, ok := make([]Suggestion, len(ideas)), make([]bool, len(ideas))
	err = SideBySide(len(ideas), func(i int) (err error) {
		if j.Progress != nil {
			j.Progress(float64(i) / float64(len(ideas)))
		}
		all[i], ok[i], err = j.one(ctx, ideas[i])
		return err
	})
	for i := range all {
		if ok[i] {
			worthy = append(worthy, all[i])
		}
	}
	return worthy, err
}

// one says what settings would have saved; ok is false where that is nothing, or they do not go together.
func (j jury) one(ctx context.Context, i idea) (out Suggestion, ok bool, err error) {
	if _, err := j.Driver(i.pairs); err != nil {
		return out, false, nil
	}
	is, _, err := j.Score(ctx, j.on, i.pairs)
	out = Judge(i.what, i.pairs, j.was, is, j.SlowMinute)
	return out, out.Saved >= worth, err
}

// bestRows are rows for the hours that were slow, each with the minimum that costs least in the part that is learned
// from.
func (s Search) bestRows(ctx context.Context, learn sim.Options, learned sim.Result, now Present) ([]Row, error) {
	if now.Least < 0 {
		return nil, nil
	}
	var all []Row
	rows := Rows(learn.Start, now.Zone, learned, now.Least)
	for _, row := range rows {
		all = append(all, row.Variants()...)
	}
	costs := make([]float64, len(all))
	err := SideBySide(len(all), func(i int) error {
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

// otherIdeas are single other settings, for a longest right response time, a price of a slow minute and a maximum.
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

// A Suggestion is settings, and what they would have saved a week in the time that they are judged by.
type Suggestion struct {
	What     string   `json:"what"`
	Settings []string `json:"settings"`
	// FewerSlow is how many slow minutes fewer a week, MoreDollars how much more the dynos cost; either may be below
	// zero.
	FewerSlow   float64 `json:"fewer_slow_minutes_a_week"`
	MoreDollars float64 `json:"more_dollars_a_week"`
	// Saved is what both are worth, with the slow minutes at their price.
	Saved float64 `json:"saved_dollars_a_week"`
}

// Judge compares a score with what it was before.
func Judge(what string, settings []string, was, is Score, slowMinute float64) Suggestion {
	weeks := is.Hours / (7 * 24)
	s := Suggestion{
		What: what, Settings: settings,
		FewerSlow: float64(was.SlowMinutes-is.SlowMinutes) / weeks, MoreDollars: (is.Dollars - was.Dollars) / weeks,
	}
	s.Saved = s.FewerSlow*slowMinute - s.MoreDollars
	return s
}

// String says it in a line: "weekdays from 8:30 to 11:00 min 4: 11 fewer slow minutes, $0.90 more a week".
func (s Suggestion) String() string {
	slow, dollars := "no more and no fewer slow minutes", fmt.Sprintf("$%.2f more a week", s.MoreDollars)
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

// WriteSuggestions writes what a search has found for a terminal.
func (s Search) WriteSuggestions(w io.Writer, found []Suggestion) error {
	fmt.Fprintf(w, "Dynos are taken at %s a month and slow minutes at %s. All figures are modelled: autoscalebot "+
		"backtest shows how well.\n\n",
		Money(s.Price), Money(s.SlowMinute))
	if len(found) == 0 {
		_, err := fmt.Fprintln(w, "Nothing that was tried would have been worth its price.")
		return err
	}
	for _, f := range found[:min(mostSuggestions, len(found))] {
		fmt.Fprintf(w, "%v\n%s", f, Paste(f.Settings))
	}
	_, err := fmt.Fprintln(w, "\nEach is judged by itself; what several do together, autoscalebot backtest tells.")
	return err
}
