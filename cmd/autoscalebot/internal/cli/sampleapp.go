package cli

import (
	"os"

	"github.com/spf13/cobra"

	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/demo"
)

func newSampleApp() *cobra.Command {
	return &cobra.Command{
		Use:    "sample-app",
		Short:  "Run the demo's sample app on $PORT",
		Hidden: true,
		Args:   cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return demo.RunApp(cmd.Context(), os.Getenv("PORT"))
		},
	}
}
