package cli

import (
	"cmp"

	"github.com/spf13/cobra"

	"github.com/autoscalebot/autoscalebot/bot/sim/experiment"
)

func newSimulate() *cobra.Command {
	sc, out, policy, routerLogs := newScenario(), output{}, "", false
	cmd := &cobra.Command{
		Use:   "simulate --trace FILE|--shape NAME [NAME=value ...]",
		Short: "Simulate settings and policies under a load",
		Long: `Run the bot in virtual time on a simulated app, under a recorded load (--trace,
a CSV file of unix_time,requests) or a synthetic one (--shape). Report the slow
minutes and the cost of the dynos, compared with perfect knowledge. The command
needs no key, calls no platform and sends no notices.

Settings come from the environment and from NAME=value arguments, such as
INCREMENT=2. MAX_DYNOS is ` + mostDynos + ` unless you set it.

Policies:
` + wrapped(policyNames()) + `

Shapes:
` + wrapped(shapes()),
		Example: `  autoscalebot simulate --shape flash INCREMENT_UP=2
  autoscalebot simulate --shape sine --policy all --out policies.html
  autoscalebot simulate --trace load.csv --from 7d --to 14d`,
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
		return out.write(cmd.Context(), cmd.OutOrStdout(), experiment.Report{
			Demand: sc.name(), Peak: o.Peak, Start: o.Start, Zone: t.s.TimeZone.Location, Fleet: o.Fleet,
			Bound: o.Bound, Limits: o.Limits,
			Price: o.Price, Results: results,
		})
	}
	sc.flags(cmd)
	cmd.Flags().StringVar(&policy, "policy", "",
		"`names` of policies, separated by commas, or all (default: POLICY)")
	cmd.Flags().BoolVar(&routerLogs, "router-logs", false,
		"let the adaptive policies read the router's log, as with a log drain")
	out.flags(cmd)
	return cmd
}
