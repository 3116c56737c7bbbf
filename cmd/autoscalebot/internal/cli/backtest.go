package cli

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/autoscalebot/autoscalebot/bot/sim"
	"github.com/autoscalebot/autoscalebot/bot/sim/experiment"
)

func newBacktest() *cobra.Command {
	src, out, policy := newSource(), output{}, ""
	cmd := &cobra.Command{
		Use:   "backtest [NAME=value ...]",
		Short: "Tell what other settings would have done with the load of the past",
		Long: `Infers the load of the past from how long the recorded heartbeats waited, fits a model of the app to the record, says how far the model is
off, and simulates the recorded settings and others on that load. Other settings are NAME=value arguments, as in INCREMENT=2, and other
policies --policy, as in autoscalebot simulate. What was not observed is modelled, and the report says what that is.

It reads the history that the settings name (HISTORY, DATABASE_URL), while the bot runs or not, or a file that autoscalebot export wrote.`,
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		var m mistakes
		if policy != "" {
			m.policies(policy)
		}
		out.check(&m)
		b, p, err := src.learn(cmd, &m, args)
		if err != nil {
			return err
		}
		drivers := []sim.Driver{p.base.bot("as set", nil, p.record)}
		if len(args) > 0 {
			drivers = append(drivers, p.other.bot("with "+strings.Join(args, " "), nil, p.schedule))
		}
		if policy != "" {
			more := m.drivers(policy, p.other, p.options)
			if len(m.problems) > 0 {
				return m.problems
			}
			drivers = append(drivers, more...)
		}
		results, err := runAll(cmd, p.options, drivers, "simulating")
		if err != nil {
			return err
		}
		b.Results = append(b.Results, results...)
		return out.backtest(cmd.OutOrStdout(), b)
	}
	src.flags(cmd)
	cmd.Flags().StringVar(&policy, "policy", "", "also try the `NAMES` of policies, with commas between, or all")
	out.flags(cmd)
	return cmd
}

// backtest prints the backtest, and draws it where that is asked for.
func (o output) backtest(w io.Writer, b experiment.Backtest) error {
	if o.out != "" {
		if err := writeWhole(o.out, func(f io.Writer) error { return b.Draw(f, filepath.Ext(o.out)) }); err != nil {
			return err
		}
	}
	if o.json {
		return b.JSON(w)
	}
	return b.Text(w)
}

// A past time is what is known of it: the record, the settings that it was recorded with, and those that are tried.
type pastTime struct {
	record      *experiment.Record
	base, other trial
	// schedule is that of the settings that are tried.
	schedule mixed
	options  sim.Options
}

// learn reads the record and fits the model. The backtest has the result at the recorded dynos.
func (src *source) learn(cmd *cobra.Command, m *mistakes, args []string) (experiment.Backtest, pastTime, error) {
	p, err := src.read(cmd, m, args)
	if err != nil {
		return experiment.Backtest{}, p, err
	}
	b, err := src.fit(cmd, &p)
	return b, p, err
}

// fit fits the model to the record.
func (src *source) fit(cmd *cobra.Command, p *pastTime) (experiment.Backtest, error) {
	tell, end := progress(cmd.ErrOrStderr(), "fitting a model to the record")
	if tell != nil {
		tell(0)
	}
	model, err := experiment.Learn(cmd.Context(), p.record, src.known, p.base.s.Timeout())
	end()
	if err != nil {
		return experiment.Backtest{}, interrupted(cmd.Context(), err)
	}
	p.options = model.Options()
	p.options.Bound, p.options.Price, p.options.Seed = src.bound, p.price(), src.seed
	length := model.Demand().Length()
	for _, l := range []trial{p.base, p.other} {
		limits := l.limits(p.options.Start, length)
		p.options.Limits.Min, p.options.Limits.Max = min(p.options.Limits.Min, limits.Min), max(p.options.Limits.Max, limits.Max)
	}
	low, high := float64(p.base.s.MinResponseTime), float64(p.base.s.MaxResponseTime)
	if p.options.Bound == 0 {
		p.options.Bound = min(time.Duration(max(1, high)*float64(time.Millisecond)), p.options.Fleet.Timeout)
	}
	result, as, err := model.Replay(cmd.Context(), p.options, low, high)
	return experiment.Backtest{
		Report: experiment.Report{
			Demand: "the recorded load", Start: p.options.Start, Zone: p.base.s.TimeZone.Location, Fleet: p.options.Fleet, Bound: p.options.Bound,
			Limits: p.options.Limits, Price: p.options.Price, Results: []sim.Result{result},
		},
		Model: model, Given: src.known, As: as, LowMS: low, HighMS: high,
	}, interrupted(cmd.Context(), err)
}

// price is what a dyno costs a month: as the settings say, or the record.
func (p pastTime) price() float64 {
	if price := float64(p.other.s.DynoPrice); price > 0 {
		return price
	}
	return p.record.Price
}

// settingsOf writes the settings that a record tells as NAME=value.
func settingsOf(r *experiment.Record) []string {
	d := r.Last.Decision
	out := []string{fmt.Sprintf("HEARTBEAT_INTERVAL_IN_SECONDS=%g", r.Interval().Seconds())}
	if d.MaxResponseMS > 0 && d.MinResponseMS <= d.MaxResponseMS {
		out = append(out, fmt.Sprintf("MAX_RESPONSE_TIME_IN_MS=%g", d.MaxResponseMS), fmt.Sprintf("MIN_RESPONSE_TIME_IN_MS=%g", max(0, d.MinResponseMS)))
	}
	if q := r.Fails; q.N > 0 {
		out = append(out, fmt.Sprintf("NUMBER_OF_FAILS_TO_SCALE_UP_AFTER=%d/%d", min(q.N, 64), min(q.M, 64)))
	}
	if q := r.Passes; q.N > 0 {
		out = append(out, fmt.Sprintf("NUMBER_OF_PASSES_TO_SCALE_DOWN_AFTER=%d/%d", min(q.N, 64), min(q.M, 64)))
	}
	return out
}

// interruptedRead is a read's error, in other words where it comes of Ctrl-C.
func interruptedRead(ctx context.Context, what string, err error) error {
	if err == nil {
		return nil
	}
	return interrupted(ctx, fmt.Errorf("%s: %w", what, err))
}
