package cli

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/autoscalebot/autoscalebot/bot/sim"
)

func newBacktest() *cobra.Command {
	src, out, policy := newSource(), output{}, ""
	cmd := &cobra.Command{
		Use:   "backtest [NAME=value ...]",
		Short: "Simulate other settings on the recorded load",
		Long: `Infer the past load from the recorded heartbeats, fit a model of the app,
report the model's error, and simulate settings on that load: the recorded
ones, and others that you give as NAME=value. --policy adds other policies, as
in autoscalebot simulate. The report says which numbers are observed and which
are modeled.

` + readsHistory,
		Example: `  autoscalebot backtest --since 30d INCREMENT_UP=2
  autoscalebot backtest --policy adaptive,oracle --out backtest.html`,
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
		return out.write(cmd.Context(), cmd.OutOrStdout(), b)
	}
	src.flags(cmd)
	cmd.Flags().StringVar(&policy, "policy", "", "also simulate these policies: `names` separated by commas, or all")
	out.flags(cmd)
	return cmd
}
