package cli

import (
	"cmp"
	"strings"

	"github.com/spf13/cobra"

	"github.com/autoscalebot/autoscalebot/bot/sim/experiment"
)

func newSimulate() *cobra.Command {
	sc, out, policy, routerLogs := newScenario(), output{}, "", false
	cmd := &cobra.Command{
		Use:   "simulate --trace FILE|--shape NAME [NAME=value ...]",
		Short: "Simulate what the settings, or another policy, would do under a load",
		Long: `Runs the very bot on a simulated app, on virtual time, under a recorded load (--trace, a CSV of unix_time,requests) or a made-up one
(--shape), and says how many minutes were slow and what the dynos cost, against perfect knowledge. Settings come from the environment and
from NAME=value arguments, as in INCREMENT=2; where MAX_DYNOS is not set, it is ` + mostDynos + `. Nothing is asked and nobody is told, and no key is needed.

--policy compares: ` + strings.Join(policyNames(), ", ") + `.
Shapes: ` + shapeHelp() + `.`,
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		var m mistakes
		t := m.trial(args)
		t.routerLogs = routerLogs
		o := sc.options(&m, t)
		drivers := m.drivers(cmp.Or(policy, t.policy()), t, o)
		out.check(&m)
		if len(m.problems) == 0 {
			m.note("autoscalebot simulate", experiment.Check(o, drivers[0]))
		}
		if len(m.problems) > 0 {
			return m.problems
		}
		results, err := runAll(cmd, o, drivers, "simulating")
		if err != nil {
			return err
		}
		return out.write(cmd.OutOrStdout(), experiment.Report{
			Demand: sc.name(), Peak: o.Peak, Start: o.Start, Zone: t.s.TimeZone.Location, Fleet: o.Fleet,
			Bound: o.Bound, Limits: o.Limits,
			Price: o.Price, Results: results,
		})
	}
	sc.flags(cmd)
	cmd.Flags().StringVar(&policy, "policy", "",
		"`NAMES` of policies, with commas between, or all; that of the settings, if not said")
	cmd.Flags().BoolVar(&routerLogs, "router-logs", false,
		"let the adaptive policies read the router's log lines too, as with a log drain")
	out.flags(cmd)
	return cmd
}
