package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/autoscalebot/autoscalebot/bot/sim"
	"github.com/autoscalebot/autoscalebot/bot/sim/experiment"
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
		p, err := src.read(cmd, &m, args)
		if err != nil {
			return err
		}
		if length := p.record.End().Sub(p.record.Start()); length < leastHistory {
			return fmt.Errorf("the history covers %.1f days, which is too little to suggest anything from: what happens once a week must have happened "+
				"twice, so two weeks are the least", length.Hours()/24)
		}
		if _, err := src.fit(cmd, &p); err != nil {
			return err
		}
		if price := p.price(); price > 0 {
			s.Price = price
		}
		s.Driver, s.Seed = p.driver(args), p.options.Seed
		// The rows want as many days as there are; all else is tried once each, on two weeks of an app of a dyno or so.
		cut, err := goal.split(p.options, time.Duration(p.other.s.HeartbeatInterval), mostForRows, mostForRows/5)
		if err != nil {
			return err
		}
		found, err := suggest(cmd, s, p, cut.Learn, cut.Judge, only)
		if err != nil {
			return interrupted(cmd.Context(), err)
		}
		if asJSON {
			enc := json.NewEncoder(cmd.OutOrStdout())
			enc.SetIndent("", "  ")
			return enc.Encode(map[string]any{
				"suggestions": found, "price_per_month": s.Price, "slow_minute_price": s.SlowMinute,
				"hours": cut.Of.Hours(), "hours_left_out": cut.Left().Hours(),
			})
		}
		fmt.Fprint(cmd.OutOrStdout(), cut.Text(p.base.s.TimeZone.Location, takesAll))
		return printSuggestions(cmd.OutOrStdout(), found, s)
	}
	src.flags(cmd)
	goal.flags(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	cmd.Flags().BoolVar(&only, "rows", false, "suggest rows of the schedule only, which is quicker")
	return cmd
}

// suggest finds what is worth its price in the part that is judged by, the best first.
func suggest(cmd *cobra.Command, s experiment.Search, p pastTime, learn, judge sim.Options, onlyRows bool) ([]experiment.Suggestion, error) {
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
	judgeAll := func(ideas []idea) (found []experiment.Suggestion, err error) {
		all, ok := make([]experiment.Suggestion, len(ideas)), make([]bool, len(ideas))
		err = experiment.SideBySide(len(ideas), func(i int) (err error) {
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
	rows, err := bestRows(ctx, s, p, learn, learned)
	if err != nil {
		return nil, err
	}
	found, err := judgeAll(rowIdeas(p, rows, nil))
	if err == nil && len(found) > 1 {
		var together []experiment.Suggestion
		together, err = judgeAll(rowIdeas(p, rows, found))
		found = append(found, together...)
	}
	if err == nil && !onlyRows {
		var others []experiment.Suggestion
		others, err = judgeAll(ideas(p, learn, s.SlowMinute))
		found = append(found, others...)
	}
	slices.SortStableFunc(found, func(a, b experiment.Suggestion) int { return cmp.Compare(b.Saved, a.Saved) })
	return firstOfEach(found), err
}

// firstOfEach leaves out the values of a setting that save less than another one does. Rows of the schedule stay.
func firstOfEach(found []experiment.Suggestion) []experiment.Suggestion {
	out := []experiment.Suggestion{}
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
func judgeIdea(ctx context.Context, s experiment.Search, judge sim.Options, was experiment.Score, i idea) (out experiment.Suggestion, ok bool, err error) {
	if _, err := s.Driver(i.pairs); err != nil {
		return out, false, nil
	}
	is, _, err := s.Score(ctx, judge, i.pairs)
	out = experiment.Judge(i.what, i.pairs, was, is, s.SlowMinute)
	return out, out.Saved >= worth, err
}

// An idea is settings that may be worth their price.
type idea struct {
	what  string
	pairs []string
}

// bestRows are rows for the hours that were slow, each with the minimum that costs least in the part that is learned from.
func bestRows(ctx context.Context, s experiment.Search, p pastTime, learn sim.Options, learned sim.Result) ([]experiment.Row, error) {
	least, ok := p.other.least()
	if !ok {
		return nil, nil
	}
	var all []experiment.Row
	rows := experiment.Rows(learn.Start, p.other.s.TimeZone.Location, learned, least)
	for _, row := range rows {
		all = append(all, row.Variants()...)
	}
	costs := make([]float64, len(all))
	err := experiment.SideBySide(len(all), func(i int) error {
		pairs := []string{"MIN_DYNOS=" + experiment.Table(least, all[i:i+1])}
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

// rowIdeas are rows, one by one. Where some were found to be worth their price, they are these, as one.
func rowIdeas(p pastTime, rows []experiment.Row, worthy []experiment.Suggestion) []idea {
	least, _ := p.other.least()
	var out []idea
	var together []experiment.Row
	for _, row := range rows {
		out = append(out, idea{row.String(), []string{"MIN_DYNOS=" + experiment.Table(least, []experiment.Row{row})}})
		if slices.ContainsFunc(worthy, func(s experiment.Suggestion) bool { return s.What == row.String() }) {
			together = append(together, row)
		}
	}
	if len(together) > 0 {
		return []idea{{"these rows together", []string{"MIN_DYNOS=" + experiment.Table(least, together)}}}
	}
	return out
}

// ideas are single other settings.
func ideas(p pastTime, learn sim.Options, slowMinute float64) []idea {
	var out []idea
	for _, d := range singles(learn.Bound, slowMinute) {
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

func printSuggestions(w io.Writer, found []experiment.Suggestion, s experiment.Search) error {
	fmt.Fprintf(w, "Dynos are taken at %s a month and slow minutes at %s. All figures are modelled: autoscalebot backtest shows how well.\n\n",
		experiment.Money(s.Price), experiment.Money(s.SlowMinute))
	if len(found) == 0 {
		_, err := fmt.Fprintln(w, "Nothing that was tried would have been worth its price.")
		return err
	}
	for _, f := range found[:min(mostSuggestions, len(found))] {
		fmt.Fprintf(w, "%v\n%s", f, experiment.Paste(f.Settings))
	}
	_, err := fmt.Fprintln(w, "\nEach is judged by itself; what several do together, autoscalebot backtest tells.")
	return err
}
