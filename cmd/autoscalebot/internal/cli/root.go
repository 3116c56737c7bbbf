package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
)

// newRoot makes the tree of commands. It sets started when a command begins its work, after its arguments were found
// right.
func newRoot(started *bool) *cobra.Command {
	root := &cobra.Command{
		Use:   "autoscalebot",
		Short: "Scales an app's dynos by how fast it answers, and says why",
		Long: `autoscalebot requests a heartbeat URL of an app every interval, adds dynos when it is too slow and removes some when it
is fast, inside the limits of the hour, and tells people what it did and why.

It is set up by environment variables, or by a file that AUTOSCALE_FILE names: see autoscalebot settings. To watch it work without any, try autoscalebot demo.`,
		Args:              noCommand,
		SilenceErrors:     true,
		SilenceUsage:      true,
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: true},
	}
	fromPython(root, started)
	root.SuggestionsMinimumDistance = 2
	runCmd := newRun()
	// Not cobra's own flag, whose template would bring text/template into the binary, and 4.6 MB with it.
	showVersion := root.Flags().Bool("version", false, "print the version")
	root.RunE = func(cmd *cobra.Command, args []string) error {
		if *showVersion {
			return printVersion(cmd, args)
		}
		return runCmd.RunE(cmd, args)
	}
	root.AddCommand(
		runCmd, newCheck(), newInit(), newSettings(), newDemo(), newSampleApp(), newVersion(),
		newStatus(), newWhy(), newPause(), newResume(), newScale(), // which ask a running bot
		newExport(), newImport(), newReport(), // the history
		newServers(), newImage(), newConvert(),
		newSimulate(), newBacktest(), newTune(), newSuggest(), // what settings come to before they cost money
	)
	return root
}

// noCommand refuses a word that is no command, and names the nearest.
func noCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	hint := "autoscalebot --help lists them"
	if nearest := cmd.SuggestionsFor(args[0]); len(nearest) > 0 {
		hint = "did you mean " + strings.Join(nearest, " or ") + "?"
	}
	return fmt.Errorf("there is no command %q; %s", args[0], hint)
}

func isSettings(err error) bool {
	var ps settings.Problems
	return errors.As(err, &ps)
}
