package cli

import (
	"errors"

	"github.com/spf13/cobra"

	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
)

// *started becomes true when a command's arguments are valid and its work begins.
func newRoot(started *bool) *cobra.Command {
	root := &cobra.Command{
		Use:   "autoscalebot",
		Short: "Scale an app by its response time, and explain each decision",
		Long: `autoscalebot requests a heartbeat URL of your app at a fixed interval. It adds
dynos if the app is slow and removes dynos if it is fast, inside limits that
can depend on the time of day. It logs the reason for each decision, and
notifies you of changes.

Settings are environment variables, or a file that AUTOSCALE_FILE names. To
list them, run autoscalebot settings.

To watch the bot work without an account or settings, run autoscalebot demo.

Exit codes: 0 success, 1 a failure at work, 2 wrong usage or settings, 130
interrupted by Ctrl-C.`,
		Args:              noCommand,
		SilenceErrors:     true,
		SilenceUsage:      true,
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: true},
	}
	fromPython(root, started)
	root.SuggestionsMinimumDistance = 2
	runCmd := newRun()
	// Cobra's own version flag would link text/template into the binary, which adds 4.6 MB.
	showVersion := root.Flags().Bool("version", false, "print the version")
	root.RunE = func(cmd *cobra.Command, args []string) error {
		if *showVersion {
			return printVersion(cmd, args)
		}
		return runCmd.RunE(cmd, args)
	}
	group := func(id, title string, commands ...*cobra.Command) {
		root.AddGroup(&cobra.Group{ID: id, Title: title})
		for _, c := range commands {
			c.GroupID = id
		}
		root.AddCommand(commands...)
	}
	group("run", "Run:", runCmd, newInit(), newCheck(), newDemo(), newSettings(), newConvert(), newVersion())
	group("operate", "Operate:", newStatus(), newWhy(), newPause(), newResume(), newScale(), newLimits(),
		newReload(), newReport(), newCost(), newExport(), newImport())
	group("pools", "Pools of servers:", newServers(), newImage())
	group("experiment", "Experiment:", newSimulate(), newBacktest(), newTune(), newSuggest())
	root.AddCommand(newSampleApp())
	root.SetHelpCommandGroupID("run")
	return root
}

func isSettings(err error) bool {
	var ps settings.Problems
	return errors.As(err, &ps) || errors.As(err, new(wrongSettings))
}

// Commands returns the tree of all commands, for what describes them. It runs none.
func Commands() *cobra.Command { return newRoot(new(bool)) }
