package cli

import (
	"github.com/spf13/cobra"

	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
)

func newSettings() *cobra.Command {
	markdown := false
	cmd := &cobra.Command{
		Use:   "settings",
		Short: "List all settings with their defaults",
		Long: `List each setting with its default and its meaning. Settings are environment
variables. Each name may begin with ` + settings.Prefix + `: if both forms are set, that
form is used. An unknown name that begins with ` + settings.Prefix + ` is an error.

The file that AUTOSCALE_FILE names has the same settings, in lower case.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if markdown {
				return settings.Markdown(cmd.OutOrStdout())
			}
			return settings.Print(cmd.OutOrStdout())
		},
	}
	cmd.Flags().BoolVar(&markdown, "markdown", false, "print the tables of docs/settings.md")
	return cmd
}
