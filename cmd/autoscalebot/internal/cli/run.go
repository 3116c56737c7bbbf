package cli

import (
	"github.com/spf13/cobra"

	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/service"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
)

func newRun() *cobra.Command {
	return &cobra.Command{
		Use:   "run",
		Short: "Run the bot (the default command)",
		Long: `Run the bot until SIGTERM or Ctrl-C, or until its terminal or its pipe is
closed. The bot then ends within 10 s, after it has sent its last notices and
written its history.

The bot reads the settings file again when the file changes, at SIGHUP, and at
autoscalebot reload.

autoscalebot without a command does the same.`,
		Example: `  HEROKU_APP_NAME=dancing-forest-1234 HEROKU_API_KEY=… autoscalebot run
  AUTOSCALE_FILE=autoscale.yaml DRY_RUN=true autoscalebot run`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			all, err := settings.LoadAll()
			if err != nil {
				return err
			}
			h := service.NewHost(all[0], cmd.OutOrStdout(), cmd.ErrOrStderr())
			h.Reload = reloads(cmd.Context())
			return service.Run(cmd.Context(), all, h)
		},
	}
}
