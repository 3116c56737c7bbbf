package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/autoscalebot/autoscalebot/bot/sim"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/proof"
)

// leastHistory is how long a record must be to suggest anything from: what happens once a week must have happened twice.
const leastHistory = 14 * 24 * time.Hour

func newSuggest() *cobra.Command {
	src, goal, asJSON, only := newSource(), newPurpose(), false, false
	cmd := &cobra.Command{
		Use:   "suggest [NAME=value ...]",
		Short: "Suggest rows of the schedule and other settings from the history",
		Long: `Looks in the first 60 % of the recorded time, as autoscalebot backtest models it, for hours that are slow on half of the days or more, and
makes rows of MIN_DYNOS for them; and tries single other settings. Each is judged by what it would have done in the rest of the time, and
told where it is worth its price. It needs two weeks of history.`,
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		var m mistakes
		s := goal.search(&m, 0)
		_, p, err := src.learn(cmd, &m, args)
		if err != nil {
			return err
		}
		if length := p.record.End().Sub(p.record.Start()); length < leastHistory {
			return fmt.Errorf("the history covers %.1f days, which is too little to suggest anything from: what happens once a week must have happened "+
				"twice, so two weeks are the least", length.Hours()/24)
		}
		if price := p.price(); price > 0 {
			s.Price = price
		}
		s.Driver = p.driver(args)
		// The rows want as many days as there are; all else is tried once each, on two weeks of an app of a dyno or so.
		learn, judge, err := proof.Split(p.options, 300e6, 60e6)
		if err != nil {
			return err
		}
		found, err := suggest(cmd, s, p, learn, judge, only)
		if err != nil {
			return interrupted(cmd.Context(), err)
		}
		if asJSON {
			enc := json.NewEncoder(cmd.OutOrStdout())
			enc.SetIndent("", "  ")
			return enc.Encode(map[string]any{"suggestions": found, "price_per_month": s.Price, "slow_minute_price": s.SlowMinute})
		}
		return printSuggestions(cmd.OutOrStdout(), found, s, judge.Length)
	}
	src.flags(cmd)
	goal.flags(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	cmd.Flags().BoolVar(&only, "rows", false, "suggest rows of the schedule only, which is quicker")
	return cmd
}

// suggest finds what is worth its price in the part that is judged by, the best first.
func suggest(cmd *cobra.Command, s proof.Search, p pastTime, learn, judge sim.Options, onlyRows bool) ([]proof.Suggestion, error) {
	ctx := cmd.Context()
	_, learned, err := s.Score(ctx, learn, nil)
	if err != nil {
		return nil, err
	}
	was, _, err := s.Score(ctx, judge, nil)
	if err != nil {
		return nil, err
	}
	tell, end := progress(cmd.ErrOrStderr(), "judging suggestions")
	defer end()
	judgeAll := func(ideas []idea) (found []proof.Suggestion, err error) {
		all, ok := make([]proof.Suggestion, len(ideas)), make([]bool, len(ideas))
		err = proof.SideBySide(len(ideas), func(i int) (err error) {
			if tell != nil {
				tell(float64(i) / float64(len(ideas)))
			}
			all[i], ok[i], err = judgeIdea(ctx, s, judge, was, ideas[i])
			return err
		})
		for i := range all {
			if ok[i] {
				found = append(found, all[i])
			}
		}
		return found, err
	}
	found, err := judgeAll(rowIdeas(p, learn, learned, nil))
	if err == nil && len(found) > 1 {
		var together []proof.Suggestion
		together, err = judgeAll(rowIdeas(p, learn, learned, found))
		found = append(found, together...)
	}
	if err == nil && !onlyRows {
		var others []proof.Suggestion
		others, err = judgeAll(ideas(p, learn))
		found = append(found, others...)
	}
	slices.SortStableFunc(found, func(a, b proof.Suggestion) int { return cmp.Compare(b.Saved, a.Saved) })
	return firstOfEach(found), err
}

// firstOfEach leaves out the values of a setting that save less than another one does. Rows of the schedule stay.
func firstOfEach(found []proof.Suggestion) (out []proof.Suggestion) {
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

// judgeIdea says what settings would have saved; ok is false where that is nothing, or they do not go together.
func judgeIdea(ctx context.Context, s proof.Search, judge sim.Options, was proof.Score, i idea) (out proof.Suggestion, ok bool, err error) {
	if _, err := s.Driver(i.pairs); err != nil {
		return out, false, nil
	}
	is, _, err := s.Score(ctx, judge, i.pairs)
	out = proof.Judge(i.what, i.pairs, was, is, s.SlowMinute)
	return out, out.Saved >= worth, err
}

// An idea is settings that may be worth their price.
type idea struct {
	what  string
	pairs []string
}

// rowIdeas are rows for the hours that were slow. Where some were found to be worth their price, they are these, as one.
func rowIdeas(p pastTime, learn sim.Options, learned sim.Result, worthy []proof.Suggestion) []idea {
	least, err := strconv.Atoi(p.other.s.MinDynos.String())
	if err != nil { // there is a table already, which is its owner's
		return nil
	}
	var out []idea
	var together []proof.Row
	for _, row := range proof.Rows(learn.Start, p.other.s.TimeZone.Location, learned, least) {
		out = append(out, idea{row.String(), []string{"MIN_DYNOS=" + proof.Table(least, []proof.Row{row})}})
		if slices.ContainsFunc(worthy, func(s proof.Suggestion) bool { return s.What == row.String() }) {
			together = append(together, row)
		}
	}
	if len(together) > 0 {
		return []idea{{"these rows together", []string{"MIN_DYNOS=" + proof.Table(least, together)}}}
	}
	return out
}

// ideas are single other settings.
func ideas(p pastTime, learn sim.Options) []idea {
	var out []idea
	for _, d := range dimensions(learn.Bound) {
		for _, v := range d.Values {
			pair := d.Name + "=" + v
			out = append(out, idea{pair, []string{pair}})
		}
	}
	top := p.other.s.Table.At(learn.Start).Max
	for _, m := range []int{top + max(1, top/2), 2 * top} {
		pair := fmt.Sprintf("MAX_DYNOS=%d", m)
		out = append(out, idea{pair, []string{pair}})
	}
	return out
}

// mostSuggestions is how many are told.
const mostSuggestions = 8

func printSuggestions(w io.Writer, found []proof.Suggestion, s proof.Search, judged time.Duration) error {
	fmt.Fprintf(w, "Judged by %.1f days after those that were learned from, for dynos at $%g a month and slow minutes at $%g. All figures are modelled: autoscalebot backtest shows how well.\n\n",
		judged.Hours()/24, s.Price, s.SlowMinute)
	if len(found) == 0 {
		_, err := fmt.Fprintln(w, "Nothing that was tried would have been worth its price.")
		return err
	}
	for _, f := range found[:min(mostSuggestions, len(found))] {
		fmt.Fprintf(w, "%v\n%s", f, proof.Paste(f.Settings))
	}
	_, err := fmt.Fprintln(w, "\nEach is judged by itself; what several do together, autoscalebot backtest tells.")
	return err
}
