package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/spelling"
)

func noCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	hint := "Run " + cmd.CommandPath() + " --help for the list"
	cmd.SuggestionsMinimumDistance = 2
	if nearest := cmd.SuggestionsFor(args[0]); len(nearest) > 0 {
		hint = "Did you mean " + strings.Join(nearest, " or ") + "?"
	}
	return fmt.Errorf("unknown command %q. %s", args[0], hint)
}

// The errors of pflag name Go's types and functions.
func flagError(cmd *cobra.Command, err error) error {
	var (
		unknown *pflag.NotExistError
		empty   *pflag.ValueRequiredError
		invalid *pflag.InvalidValueError
	)
	switch {
	case errors.As(err, &unknown):
		return unknownFlag(cmd, unknown.GetSpecifiedName(), unknown.GetSpecifiedShortnames())
	case errors.As(err, &empty):
		return settings.Problems{{Name: "--" + empty.GetFlag().Name, What: "needs a value"}}
	case errors.As(err, &invalid):
		f := invalid.GetFlag()
		what := fmt.Sprintf("%q: %s", invalid.GetValue(), valid(f))
		if _, ours := f.Value.(lengthFlag); ours {
			what = invalid.Unwrap().Error()
		}
		return settings.Problems{{Name: "--" + f.Name, What: what}}
	}
	return err
}

func valid(f *pflag.Flag) string {
	switch f.Value.Type() {
	case "bool":
		return "must be true or false"
	case "int":
		return "must be a whole number"
	}
	return "invalid"
}

// shorts are the letters that follow one dash: -since is often meant as --since.
func unknownFlag(cmd *cobra.Command, name, shorts string) error {
	written := "--" + name
	if shorts != "" {
		written, name = "-"+shorts, shorts
	}
	hint := "Run " + cmd.CommandPath() + " --help for the list"
	if nearest := nearestFlag(cmd, name); nearest != "" {
		hint = "Did you mean --" + nearest + "?"
	}
	return fmt.Errorf("unknown flag %s. %s", written, hint)
}

func nearestFlag(cmd *cobra.Command, name string) string {
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if !f.Hidden {
			names = append(names, f.Name)
		}
	})
	nearest, _ := spelling.Begun(name, names)
	return nearest
}
