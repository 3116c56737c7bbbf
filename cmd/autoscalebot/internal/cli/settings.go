package cli

import (
	"github.com/spf13/cobra"

	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
)

func newSettings() *cobra.Command {
	markdown := false
	cmd := &cobra.Command{
		Use:   "settings",
		Short: "List every setting with its default and meaning",
		Long: `Lists every setting: an environment variable, its default, and what it means. Each name may also begin with ` + settings.Prefix + `,
which wins where both are set; a name that does begin with it is refused if there is no such setting. In the file that AUTOSCALE_FILE
names, the same names stand in lower case.`,
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
