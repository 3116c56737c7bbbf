package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/autoscalebot/autoscalebot/bot/sim"
	"github.com/autoscalebot/autoscalebot/bot/sim/experiment"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/service"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
)

// A purpose is what settings are looked for.
type purpose struct {
	slowMinute, trials string
	// whole takes all of the load, however long that takes.
	whole bool
}

func newPurpose() purpose { return purpose{slowMinute: "0.10", trials: "64"} }

func (p *purpose) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&p.slowMinute, "slow-minute-price", p.slowMinute, "what a slow minute is worth to you, in `DOLLARS`")
	cmd.Flags().BoolVar(&p.whole, "whole", false, "simulate all of the time, and not only as much as takes a few minutes")
}

// search makes the search for a trial's price.
func (p purpose) search(m *mistakes, price float64) experiment.Search {
	if price <= 0 {
		price = service.UsualPrice
	}
	return experiment.Search{
		Price: price, SlowMinute: m.number("--slow-minute-price", p.slowMinute, 0, 1e6), Trials: int(m.whole("--trials", p.trials, 1, 10_000)),
	}
}

// split cuts a simulation in two, each of so much work at most.
func (p purpose) split(o sim.Options, beat time.Duration, learn, judge float64) (experiment.Cut, error) {
	if p.whole {
		learn, judge = math.Inf(1), math.Inf(1)
	}
	return experiment.Split(o, beat, learn, judge)
}

// takesAll says how a command takes the time that was left out.
const takesAll = "--whole takes all of it"

func newTune() *cobra.Command {
	sc, src, goal, asJSON := newScenario(), newSource(), newPurpose(), false
	cmd := &cobra.Command{
		Use:   "tune [--trace FILE|--shape NAME] [NAME=value ...]",
		Short: "Look for settings that are worth more, by your own price of a slow minute",
		Long: `Simulates many settings on the load of the past, as in autoscalebot backtest, or on a recorded or made-up load, as in autoscalebot simulate,
and looks for those that cost least: what the dynos cost, and what a slow minute is worth to you. Among them are minimums by the hour, for hours
that are slow on half of the days or more. It learns from the first 60 % of the time and judges by the rest, shows both, and prints the settings
to paste. NAME=value arguments are where it begins.`,
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		var m mistakes
		s := goal.search(&m, 0)
		t, o, err := onWhat(cmd, &m, sc, src, &s, args)
		if err != nil {
			return err
		}
		// A few seconds of a processor for each of the settings. Some of them have more heartbeats than there are.
		const most, beat = 40e6, 10 * time.Second
		cut, err := goal.split(o, min(beat, time.Duration(t.s.HeartbeatInterval)), most, 2*most)
		if err != nil {
			return err
		}
		s.Seed = o.Seed
		dims, err := dimensions(cmd.Context(), s, t, cut, o)
		if err != nil {
			return interrupted(cmd.Context(), err)
		}
		return tune(cmd, s, cut, dims, t.s.TimeZone.Location, asJSON)
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

// onWhat makes what is simulated, and how settings are tried: on the scene where the command line has one, else on the past. The trial has
// the settings where the search begins.
func onWhat(cmd *cobra.Command, m *mistakes, sc *scenario, src *source, s *experiment.Search, args []string) (trial, sim.Options, error) {
	if sc.trace != "" || sc.shape != "" {
		return onScenario(m, sc, s, args)
	}
	for flag, text := range map[string]*string{"slots": &src.slotsText, "service-ms": &src.serviceText, "bound-ms": &src.bound0} {
		if f := cmd.Flags().Lookup(flag); f.Changed { // fitted or recorded, if not said
			*text = f.Value.String()
		}
	}
	src.s0 = sc.seed
	_, p, err := src.learn(cmd, m, args)
	if err != nil {
		return trial{}, sim.Options{}, err
	}
	if price := p.price(); price > 0 {
		s.Price = price
	}
	s.Driver = p.driver(args)
	return p.other, p.options, nil
}

func onScenario(m *mistakes, sc *scenario, s *experiment.Search, args []string) (trial, sim.Options, error) {
	t := m.trial(args)
	o := sc.options(m, t)
	if len(m.problems) == 0 {
		m.note("autoscalebot tune", experiment.Check(o, t.bot("count", nil, nil)))
	}
	if len(m.problems) > 0 {
		return t, o, m.problems
	}
	if t.s.DynoPrice > 0 {
		s.Price = float64(t.s.DynoPrice)
	}
	s.Driver = func(pairs []string) (sim.Driver, error) {
		with, given, err := settings.LoadTrial([]string{"MAX_DYNOS=" + mostDynos}, slices.Concat(args, pairs))
		if err != nil {
			return sim.Driver{}, err
		}
		return trial{s: with, given: given}.bot("tried", nil, nil), nil
	}
	return t, o, nil
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

// singles are settings with the values to try, for a longest right response time and a price of a slow minute.
func singles(bound time.Duration, slowMinute float64) []experiment.Dimension {
	ms := func(shares ...float64) (out []string) {
		for _, s := range shares {
			out = append(out, fmt.Sprintf("%.0f", s*float64(bound.Milliseconds())))
		}
		return out
	}
	aims := []string{"lean", "balanced", "safe"}
	if slowMinute > 0 {
		aims = append(aims, strconv.FormatFloat(slowMinute, 'f', -1, 64))
	}
	return []experiment.Dimension{
		{Name: "INCREMENT_UP", Values: []string{"2", "3", "5", "50%", "100%"}},
		{Name: "INCREMENT_DOWN", Values: []string{"1", "2", "25%"}},
		{Name: "MAX_RESPONSE_TIME_IN_MS", Values: ms(0.25, 0.4, 0.6, 1)},
		{Name: "MIN_RESPONSE_TIME_IN_MS", Values: ms(0.1, 0.15, 0.2, 0.25)},
		{Name: "NUMBER_OF_FAILS_TO_SCALE_UP_AFTER", Values: []string{"1", "2", "3", "2/4"}},
		{Name: "NUMBER_OF_PASSES_TO_SCALE_DOWN_AFTER", Values: []string{"5", "10", "20", "36"}},
		{Name: "COOLDOWN_DOWN_IN_SECONDS", Values: []string{"300", "900"}},
		{Name: "STABILIZATION_IN_SECONDS", Values: []string{"300", "900"}},
		{Name: "HEARTBEAT_INTERVAL_IN_SECONDS", Values: []string{"5", "10", "30"}},
		{Name: "POLICY", Values: []string{"count", "adaptive"}},
		{Name: "AIM", Values: aims},
	}
}

// dimensions are all settings that are tried: the single ones, and minimums: one or two dynos more at all times, or as rows of the
// schedule for the hours that were slow.
func dimensions(ctx context.Context, s experiment.Search, t trial, cut experiment.Cut, o sim.Options) ([]experiment.Dimension, error) {
	all := singles(cut.Learn.Bound, s.SlowMinute)
	least, ok := t.least()
	if !ok {
		return all, nil
	}
	values := []string{strconv.Itoa(least + 1), strconv.Itoa(least + 2)}
	long, err := experiment.Split(o, time.Duration(t.s.HeartbeatInterval), mostForRows, 0) // since rows want as many days as there are
	if err != nil {
		return nil, err
	}
	_, learned, err := s.Score(ctx, long.Learn, nil)
	if err != nil {
		return nil, err
	}
	rows := experiment.Rows(long.Learn.Start, t.s.TimeZone.Location, learned, least)
	for _, row := range rows {
		for _, v := range row.Variants() {
			values = append(values, experiment.Table(least, []experiment.Row{v}))
		}
	}
	if len(rows) > 1 {
		values = append(values, experiment.Table(least, rows))
	}
	return append(all, experiment.Dimension{Name: "MIN_DYNOS", Values: values}), nil
}

// mostForRows bounds the work of finding rows of the schedule: half a minute of a processor.
const mostForRows = 300e6

// least is the minimum of the settings. ok is false where that is a table, which is its owner's.
func (t trial) least() (n int, ok bool) {
	n, err := strconv.Atoi(t.s.MinDynos.String())
	return n, err == nil
}

// tune searches and reports.
func tune(cmd *cobra.Command, s experiment.Search, cut experiment.Cut, dims []experiment.Dimension, zone *time.Location, asJSON bool) error {
	tell, end := progress(cmd.ErrOrStderr(), "trying settings")
	s.Progress = tell
	pairs, learned, err := s.Best(cmd.Context(), cut.Learn, dims)
	end()
	var was, wasLater, later experiment.Score
	for _, one := range []struct {
		score *experiment.Score
		on    sim.Options
		pairs []string
	}{{&was, cut.Learn, nil}, {&wasLater, cut.Judge, nil}, {&later, cut.Judge, pairs}} {
		if err == nil {
			*one.score, _, err = s.Score(cmd.Context(), one.on, one.pairs)
		}
	}
	if err != nil {
		return interrupted(cmd.Context(), err)
	}
	out := tuned{pairs, was, learned, wasLater, later, later.Cost < wasLater.Cost, s.Price, s.SlowMinute, cut.Of.Hours(), cut.Left().Hours()}
	if asJSON {
		enc := json.NewEncoder(cmd.OutOrStdout())
		enc.SetIndent("", "  ")
		return enc.Encode(out)
	}
	fmt.Fprint(cmd.OutOrStdout(), cut.Text(zone, takesAll))
	return out.text(cmd.OutOrStdout(), s.Trials)
}

// tuned is what came of a search.
type tuned struct {
	Settings []string         `json:"settings"`
	Was      experiment.Score `json:"learned_from_before"`
	Learned  experiment.Score `json:"learned_from_after"`
	WasLater experiment.Score `json:"judged_by_before"`
	Later    experiment.Score `json:"judged_by_after"`
	// Better says whether the settings cost less in the time that was not learned from.
	Better     bool    `json:"better"`
	Price      float64 `json:"price_per_month"`
	SlowMinute float64 `json:"slow_minute_price"`
	// Hours is how long the load lasts, LeftOut how much of it was left out to be quick.
	Hours   float64 `json:"hours"`
	LeftOut float64 `json:"hours_left_out"`
}

func (t tuned) text(w io.Writer, trials int) error {
	fmt.Fprintf(w, "%d settings were tried, for dynos at %s a month and slow minutes at %s.\n\n", trials, experiment.Money(t.Price), experiment.Money(t.SlowMinute))
	fmt.Fprintf(w, "learned from, as they are:  %v\nlearned from, found:        %v\n", t.Was, t.Learned)
	fmt.Fprintf(w, "judged by, as they are:     %v\njudged by, found:           %v\n\n", t.WasLater, t.Later)
	var err error
	switch {
	case len(t.Settings) == 0:
		_, err = fmt.Fprintln(w, "Nothing that was tried is better than the settings as they are.")
	case !t.Better:
		_, err = fmt.Fprintf(w, "What was found does not hold in the time that it was not learned from, so keep the settings as they are. It was:\n%s", experiment.Paste(t.Settings))
	default:
		_, err = fmt.Fprintf(w, "To paste:\n%s", experiment.Paste(t.Settings))
	}
	return err
}
