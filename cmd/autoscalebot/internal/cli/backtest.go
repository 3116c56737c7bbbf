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
		return out.write(cmd.OutOrStdout(), b)
	}
	src.flags(cmd)
	cmd.Flags().StringVar(&policy, "policy", "", "also try the `NAMES` of policies, with commas between, or all")
	out.flags(cmd)
	return cmd
}
