package cli

import (
	"errors"
	"strings"

	"github.com/spf13/cobra"
)

// errPython is what becomes of the line by which autoscalebot 2.1 was started, as it stands in many a Procfile.
var errPython = errors.New(`--settings is unknown: autoscalebot 2.1 for Python read its settings from a file, and this one reads environment variables
  turn the file into them by examples/migrate-from-python/settings_to_env.py; docs/coming-from.md says what differs
  the line in the Procfile becomes: autoscaleworker: autoscalebot`)

// fromPython has the root and all its commands know --settings, so that it can be told what took its place. It sets
// started when a command begins its work, after its arguments were found right.
func fromPython(root *cobra.Command, started *bool) {
	const flag = "settings"
	root.PersistentFlags().String(flag, "", "")
	_ = root.PersistentFlags().MarkHidden(flag) // which it knows
	root.PersistentPreRunE = func(cmd *cobra.Command, _ []string) error {
		if cmd.Flags().Changed(flag) {
			return errPython
		}
		*started = true
		return nil
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error {
		if strings.HasSuffix(err.Error(), "--"+flag) { // which needs an argument
			return errPython
		}
		return err
	})
}
