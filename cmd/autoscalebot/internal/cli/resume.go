package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/admin"
)

func newResume() *cobra.Command {
	var direction bot.Direction
	return &cobra.Command{
		Use:   "resume [up|down]",
		Short: "End a pause",
		Long: "Ends a pause, in one direction or both. One that the setting PAUSED makes goes on; autoscalebot " +
			"scale auto ends an order." + asksABot,
		Args: func(_ *cobra.Command, args []string) error {
			if direction, args = takeDirection(args); len(args) > 0 {
				return fmt.Errorf("%q is no direction; write autoscalebot resume, with up or down to "+
					"resume only that", args[0])
			}
			return nil
		},
		RunE: changing(func(cmd *cobra.Command, c admin.Client) (admin.Status, error) {
			return c.Resume(cmd.Context(), direction)
		}),
	}
}
