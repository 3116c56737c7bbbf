package cli

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/autoscalebot/autoscalebot/bot/sim/experiment"
)

func newSuggest() *cobra.Command {
	src, goal, asJSON, only := newSource(), newPurpose(), false, false
	cmd := &cobra.Command{
		Use:   "suggest [NAME=value ...]",
		Short: "Suggest schedule rows and other settings from the history",
		Long: `Look in the first 60 % of the recorded time for hours that are slow on at least
half of the days, and make rows of MIN_DYNOS for them. Also try single other
settings. Judge each one on the rest of the time, with the model of
autoscalebot backtest, and print those that are worth their price. The command
needs two weeks of history.

` + readsHistory,
		Example: `  autoscalebot suggest --rows
  autoscalebot suggest --slow-minute-price 0.20 --from-file month.jsonl`,
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		var m mistakes
		s := goal.search(&m)
		p, err := src.read(cmd, &m, args)
		if err != nil {
			return err
		}
		if err := p.record.EnoughToSuggest(); err != nil {
			return err
		}
		if _, err := src.fit(cmd, &p); err != nil {
			return err
		}
		if price := p.price(); price > 0 {
			s.Price = price
		}
		s.Driver, s.Seed = p.driver(args), p.options.Seed
		cut, err := experiment.SuggestCut(p.options, time.Duration(p.other.s.HeartbeatInterval), goal.whole)
		if err != nil {
			return err
		}
		tell, end := progress(cmd.ErrOrStderr(), "judging suggestions")
		s.Progress = tell
		zone := p.other.s.TimeZone.Location
		now := experiment.Present{Least: p.other.least(), Most: p.other.s.Table.At(cut.Learn.Start).Max, Zone: zone}
		found, err := s.Suggest(cmd.Context(), cut, now, only)
		end()
		if err != nil {
			return interrupted(cmd.Context(), err)
		}
		if asJSON {
			return printJSON(cmd.OutOrStdout(), map[string]any{
				"suggestions": found, "price_per_month": s.Price, "slow_minute_price": s.SlowMinute,
				"hours": cut.Of.Hours(), "hours_left_out": cut.Left().Hours(),
			})
		}
		fmt.Fprint(cmd.OutOrStdout(), cut.Text(p.base.s.TimeZone.Location, takesAll))
		return s.WriteSuggestions(cmd.OutOrStdout(), found)
	}
	src.flags(cmd)
	goal.flags(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	cmd.Flags().BoolVar(&only, "rows", false, "suggest only rows of the schedule, which is faster")
	return cmd
}
