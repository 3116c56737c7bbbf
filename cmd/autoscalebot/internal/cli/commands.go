package cli

import (
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/service"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
)

// newRoot makes the tree of commands. It sets started when a command begins its work, after its arguments were found right.
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
	root.AddCommand(runCmd, newCheck(), newSettings(), newDemo(), newSampleApp(), newVersion(), newInit())
	root.AddCommand(newControl()...)
	root.AddCommand(newPast()...)
	root.AddCommand(newServers(), newImage(), newConvert())
	root.AddCommand(newExperiment()...)
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
	cmd.Flags().BoolVar(&markdown, "markdown", false, "print the table that stands in the README")
	return cmd
}

func newVersion() *cobra.Command {
	return &cobra.Command{Use: "version", Short: "Print the version", Args: cobra.NoArgs, RunE: printVersion}
}

func printVersion(cmd *cobra.Command, _ []string) error {
	_, err := fmt.Fprintf(cmd.OutOrStdout(), "autoscalebot %s%s (%s %s/%s)\n", service.Version, revision(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return err
}

// revision names the commit that the binary was built from, where the build knows it.
func revision() string {
	info, _ := debug.ReadBuildInfo()
	if info == nil {
		return ""
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return " " + s.Value[:min(len(s.Value), 12)]
		}
	}
	return ""
}

// isSettings says whether err is about the settings, and not about the work.
func isSettings(err error) bool {
	var ps settings.Problems
	return errors.As(err, &ps)
}
