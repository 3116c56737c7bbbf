package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/autoscalebot/autoscalebot/bot/sim"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/proof"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
)

// A purpose is what settings are looked for.
type purpose struct{ slowMinute, trials string }

func newPurpose() purpose { return purpose{slowMinute: "0.10", trials: "64"} }

func (p *purpose) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&p.slowMinute, "slow-minute-price", p.slowMinute, "what a slow minute is worth to you, in `DOLLARS`")
}

// search makes the search for a trial's price.
func (p purpose) search(m *mistakes, price float64) proof.Search {
	if price <= 0 {
		price = usualPrice
	}
	return proof.Search{
		Price: price, SlowMinute: m.number("--slow-minute-price", p.slowMinute, 0, 1e6), Trials: int(m.whole("--trials", p.trials, 1, 10_000)),
	}
}

func newTune() *cobra.Command {
	sc, src, goal, asJSON := newScene(), newSource(), newPurpose(), false
	cmd := &cobra.Command{
		Use:   "tune [--trace FILE|--shape NAME] [NAME=value ...]",
		Short: "Look for settings that are worth more, by your own price of a slow minute",
		Long: `Simulates many settings on the load of the past, as in autoscalebot backtest, or on a recorded or made-up load, as in autoscalebot simulate,
and looks for those that cost least: what the dynos cost, and what a slow minute is worth to you. It learns from the first 60 % of the time
and judges by the rest, shows both, and prints the settings to paste. NAME=value arguments are where it begins.`,
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		var m mistakes
		s := goal.search(&m, 0)
		o, err := s0(cmd, &m, sc, src, &s, args)
		if err != nil {
			return err
		}
		const most = 12e6 // requests, a second or two of a processor
		learn, judge, err := proof.Split(o, most, 4*most)
		if err != nil {
			return err
		}
		s.Seed = o.Seed
		return tune(cmd, s, learn, judge, asJSON)
	}
	sc.flags(cmd)
	cmd.Flags().StringVar(&src.when.since, "since", src.when.since, "from when, for the history: so long ago, such as 30d, or a day such as 2026-11-01")
	cmd.Flags().StringVar(&src.when.until, "until", "", "until when, in the same form; now, if not said")
	cmd.Flags().StringVar(&src.file, "from-file", "", "a `FILE` that autoscalebot export --format jsonl wrote, instead of the history")
	goal.flags(cmd)
	cmd.Flags().StringVar(&goal.trials, "trials", goal.trials, "the `N`umber of settings to try")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return cmd
}

// s0 makes what is simulated, and how settings are tried: on the scene where the command line has one, else on the past.
func s0(cmd *cobra.Command, m *mistakes, sc *scene, src *source, s *proof.Search, args []string) (sim.Options, error) {
	below := []string{"MAX_DYNOS=" + mostDynos}
	if sc.trace != "" || sc.shape != "" {
		t := m.trial(args)
		o := sc.options(m, t)
		if len(m.problems) == 0 {
			m.note("autoscalebot tune", proof.Check(o, t.bot("count", nil, nil)))
		}
		if len(m.problems) > 0 {
			return o, m.problems
		}
		if t.s.DynoPrice > 0 {
			s.Price = float64(t.s.DynoPrice)
		}
		s.Driver = func(pairs []string) (sim.Driver, error) {
			with, given, err := settings.LoadTrial(below, slices.Concat(args, pairs))
			if err != nil {
				return sim.Driver{}, err
			}
			return trial{with, given}.bot("tried", nil, nil), nil
		}
		return o, nil
	}
	for _, name := range []string{"slots", "service-ms", "bound-ms"} { // fitted or recorded, if not said
		if f := cmd.Flags().Lookup(name); f != nil && f.Changed {
			switch name {
			case "slots":
				src.slotsText = sc.slots
			case "service-ms":
				src.serviceText = sc.serviceMS
			default:
				src.bound0 = sc.boundMS
			}
		}
	}
	src.s0 = sc.seed
	_, p, err := src.learn(cmd, m, args)
	if err != nil {
		return sim.Options{}, err
	}
	if price := p.price(); price > 0 {
		s.Price = price
	}
	s.Driver = p.driver(args)
	return p.options, nil
}

// driver makes a driver of settings that are laid over those that were recorded and over args.
func (p pastTime) driver(args []string) func(pairs []string) (sim.Driver, error) {
	return func(pairs []string) (sim.Driver, error) {
		q := p
		if err := q.load(slices.Concat(args, pairs)); err != nil {
			return sim.Driver{}, err
		}
		return q.other.bot("tried", nil, q.schedule), nil
	}
}

// dimensions are the settings that are tried, for a longest right response time.
func dimensions(bound time.Duration) []proof.Dimension {
	ms := func(shares ...float64) (out []string) {
		for _, s := range shares {
			out = append(out, fmt.Sprintf("%.0f", s*float64(bound.Milliseconds())))
		}
		return out
	}
	all := []proof.Dimension{
		{Name: "INCREMENT_UP", Values: []string{"2", "3", "5", "50%", "100%"}},
		{Name: "INCREMENT_DOWN", Values: []string{"1", "2", "25%"}},
		{Name: "MAX_RESPONSE_TIME_IN_MS", Values: ms(0.25, 0.4, 0.6, 1)},
		{Name: "MIN_RESPONSE_TIME_IN_MS", Values: ms(0.1, 0.15, 0.2, 0.25)},
		{Name: "NUMBER_OF_FAILS_TO_SCALE_UP_AFTER", Values: []string{"1", "2", "3", "2/4"}},
		{Name: "NUMBER_OF_PASSES_TO_SCALE_DOWN_AFTER", Values: []string{"5", "10", "20", "36"}},
		{Name: "COOLDOWN_DOWN_IN_SECONDS", Values: []string{"300", "900"}},
		{Name: "STABILIZATION_IN_SECONDS", Values: []string{"300", "900"}},
		{Name: "POLICY", Values: []string{"count", "adaptive"}},
		{Name: "AIM", Values: []string{"lean", "balanced", "safe"}},
	}
	return slices.DeleteFunc(all, func(d proof.Dimension) bool {
		return !slices.ContainsFunc(settings.Entries(), func(e settings.Entry) bool { return e.Name == d.Name })
	})
}

// tune searches and reports.
func tune(cmd *cobra.Command, s proof.Search, learn, judge sim.Options, asJSON bool) error {
	tell, end := progress(cmd.ErrOrStderr(), "trying settings")
	s.Progress = tell
	pairs, learned, err := s.Best(cmd.Context(), learn, dimensions(learn.Bound))
	end()
	var was, wasLater, later proof.Score
	for _, one := range []struct {
		score *proof.Score
		on    sim.Options
		pairs []string
	}{{&was, learn, nil}, {&wasLater, judge, nil}, {&later, judge, pairs}} {
		if err == nil {
			*one.score, _, err = s.Score(cmd.Context(), one.on, one.pairs)
		}
	}
	if err != nil {
		return interrupted(cmd.Context(), err)
	}
	out := tuned{pairs, was, learned, wasLater, later, later.Cost < wasLater.Cost, s.Price, s.SlowMinute}
	if asJSON {
		enc := json.NewEncoder(cmd.OutOrStdout())
		enc.SetIndent("", "  ")
		return enc.Encode(out)
	}
	return out.text(cmd.OutOrStdout(), s.Trials)
}

// tuned is what came of a search.
type tuned struct {
	Settings []string    `json:"settings"`
	Was      proof.Score `json:"learned_from_before"`
	Learned  proof.Score `json:"learned_from_after"`
	WasLater proof.Score `json:"judged_by_before"`
	Later    proof.Score `json:"judged_by_after"`
	// Better says whether the settings cost less in the time that was not learned from.
	Better     bool    `json:"better"`
	Price      float64 `json:"price_per_month"`
	SlowMinute float64 `json:"slow_minute_price"`
}

func (t tuned) text(w io.Writer, trials int) error {
	fmt.Fprintf(w, "%d settings were tried, for dynos at $%g a month and slow minutes at $%g.\n\n", trials, t.Price, t.SlowMinute)
	fmt.Fprintf(w, "learned from, as they are:  %v\nlearned from, found:        %v\n", t.Was, t.Learned)
	fmt.Fprintf(w, "judged by, as they are:     %v\njudged by, found:           %v\n\n", t.WasLater, t.Later)
	var err error
	switch {
	case len(t.Settings) == 0:
		_, err = fmt.Fprintln(w, "Nothing that was tried is better than the settings as they are.")
	case !t.Better:
		_, err = fmt.Fprintf(w, "What was found does not hold in the time that it was not learned from, so keep the settings as they are. It was:\n%s", proof.Paste(t.Settings))
	default:
		_, err = fmt.Fprintf(w, "To paste:\n%s", proof.Paste(t.Settings))
	}
	return err
}
