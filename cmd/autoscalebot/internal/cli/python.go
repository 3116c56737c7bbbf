package cli

import (
	"errors"
	"strings"

	"github.com/spf13/cobra"
)

// Many Procfiles start autoscalebot 2.1 with --settings.
var errPython = errors.New(`unknown flag --settings: it belongs to autoscalebot 2.1 for Python. This version reads environment variables
  Convert your settings with examples/migrate-from-python/settings_to_env.py. See docs/coming-from.md.
  Change the line in your Procfile to: autoscaleworker: autoscalebot`)

// All commands accept --settings, hidden, to answer with errPython. *started becomes true when a command's arguments
// are valid and its work begins.
func fromPython(root *cobra.Command, started *bool) {
	const flag = "settings"
	root.PersistentFlags().String(flag, "", "")
	_ = root.PersistentFlags().MarkHidden(flag) // fails only for an unknown flag
	root.PersistentPreRunE = func(cmd *cobra.Command, _ []string) error {
		if cmd.Flags().Changed(flag) {
			return errPython
		}
		*started = true
		startsEnding(cmd)
		return nil
	}
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		if strings.HasSuffix(err.Error(), "--"+flag) { // without its argument
			return errPython
		}
		return flagError(cmd, err)
	})
}
