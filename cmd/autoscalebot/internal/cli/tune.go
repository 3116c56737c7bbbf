package cli

import (
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/autoscalebot/autoscalebot/bot/sim"
	"github.com/autoscalebot/autoscalebot/bot/sim/experiment"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/service"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
)

// A purpose has the flags that say what settings are worth.
type purpose struct {
	slowMinute, trials string
	// whole simulates all of the load, however long that takes.
	whole bool
}

func newPurpose() purpose { return purpose{slowMinute: "0.10", trials: "64"} }

func (p *purpose) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&p.slowMinute, "slow-minute-price", p.slowMinute,
		"cost of a slow minute to you, in `dollars`")
	cmd.Flags().BoolVar(&p.whole, "whole", false,
		"simulate all of the load, even if that takes more than a few minutes")
}

func (p purpose) search(m *mistakes) experiment.Search {
	return experiment.Search{
		Price: service.UsualPrice, SlowMinute: m.number("--slow-minute-price", p.slowMinute, 0, 1e6),
		Trials: int(m.whole("--trials", p.trials, 1, 10_000)),
	}
}

// takesAll is the hint if a part of the load is left out.
const takesAll = "--whole takes all of it"

func newTune() *cobra.Command {
	sc, src, goal, asJSON := newScenario(), newSource(), newPurpose(), false
	cmd := &cobra.Command{
		Use:   "tune [--trace FILE|--shape NAME] [NAME=value ...]",
		Short: "Search for settings that cost less, at your price of a slow minute",
		Long: `Simulate many settings on the recorded load, as autoscalebot backtest does, or
on a trace or a shape, as autoscalebot simulate does. Search for those with the
lowest total cost: the dynos, and the slow minutes at your price. The search
includes minimums by the hour, for hours that are slow on at least half of the
days.

The command learns from the first 60 % of the time and judges by the rest. It
shows both, and prints the settings to paste. NAME=value arguments are the
start of the search.`,
		Example: `  autoscalebot tune --slow-minute-price 0.20
  autoscalebot tune --shape sine POLICY=adaptive`,
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		var m mistakes
		s := goal.search(&m)
		t, o, err := onWhat(cmd, &m, sc, src, &s, args)
		if err != nil {
			return err
		}
		beat, zone := time.Duration(t.s.HeartbeatInterval), t.s.TimeZone.Location
		cut, err := experiment.TuneCut(o, beat, goal.whole)
		if err != nil {
			return err
		}
		s.Seed = o.Seed
		tell, end := progress(cmd.ErrOrStderr(), "trying settings")
		defer end()
		s.Progress = tell
		dims := experiment.Candidates(cut.Learn.Bound, s.SlowMinute)
		if least := t.least(); least >= 0 {
			minimums, err := s.Minimums(cmd.Context(), o, beat, zone, least)
			if err != nil {
				return interrupted(cmd.Context(), err)
			}
			dims = append(dims, minimums)
		}
		found, err := s.Tune(cmd.Context(), cut, dims)
		end()
		if err != nil {
			return interrupted(cmd.Context(), err)
		}
		if asJSON {
			return printJSON(cmd.OutOrStdout(), found)
		}
		fmt.Fprint(cmd.OutOrStdout(), cut.Text(zone, takesAll))
		return found.Text(cmd.OutOrStdout())
	}
	sc.flags(cmd)
	src.period.flags(cmd)
	cmd.Flags().StringVar(&src.file, "from-file", "",
		"read this `file` of autoscalebot export instead of the history")
	goal.flags(cmd)
	cmd.Flags().StringVar(&goal.trials, "trials", goal.trials, "`number` of settings to try")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return cmd
}

// The search runs on the scenario if the command line has one, else on the past. The trial has the settings at its
// start.
func onWhat(
	cmd *cobra.Command, m *mistakes, sc *scenario, src *source, s *experiment.Search, args []string,
) (trial, sim.Options, error) {
	if sc.trace != "" || sc.shape != "" {
		return onScenario(m, sc, s, args)
	}
	for flag, text := range map[string]*string{
		"slots": &src.slotsText, "service-ms": &src.serviceText,
		"bound-ms": &src.bound0,
	} {
		if f := cmd.Flags().Lookup(flag); f.Changed { // else fitted or recorded
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
		with, err := settings.LoadTrial([]string{"MAX_DYNOS=" + mostDynos},
			slices.Concat(settings.MainNames(args), pairs))
		if err != nil {
			return sim.Driver{}, err
		}
		return trial{s: with}.bot("tried", nil, nil), nil
	}
	return t, o, nil
}
