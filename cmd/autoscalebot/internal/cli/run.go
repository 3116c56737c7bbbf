package cli

import (
	"github.com/spf13/cobra"

	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/service"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
)

func newRun() *cobra.Command {
	return &cobra.Command{
		Use:   "run",
		Short: "Run the bot (what autoscalebot alone does, too)",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			all, err := settings.LoadAll()
			if err != nil {
				return err
			}
			return service.Run(cmd.Context(), all, service.NewHost(all[0], cmd.OutOrStdout(), cmd.ErrOrStderr()))
		},
	}
}
