package cli

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/service"
)

func newVersion() *cobra.Command {
	return &cobra.Command{Use: "version", Short: "Print the version", Args: cobra.NoArgs, RunE: printVersion}
}

func printVersion(cmd *cobra.Command, _ []string) error {
	_, err := fmt.Fprintf(cmd.OutOrStdout(), "autoscalebot %s%s (%s %s/%s)\n", service.Version(), revision(),
		runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return err
}

// Empty if the build does not record its commit.
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
