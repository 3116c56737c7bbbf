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
		Long: `End a pause in one direction or both. A pause by the setting PAUSED stays in
force. To end an override, run autoscalebot scale auto.` + asksABot,
		Example: `  autoscalebot resume
  autoscalebot resume up`,
		Args: func(_ *cobra.Command, args []string) error {
			if direction, args = takeDirection(args); len(args) > 0 {
				return fmt.Errorf("invalid direction %q: must be up or down, or nothing for both", args[0])
			}
			return nil
		},
		RunE: changing(func(cmd *cobra.Command, c admin.Client) (admin.Status, error) {
			return c.Resume(cmd.Context(), direction)
		}),
	}
}
