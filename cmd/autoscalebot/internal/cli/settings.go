package cli

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
)

func newSettings() *cobra.Command {
	markdown, group := false, ""
	cmd := &cobra.Command{
		Use:   "settings [NAME ...]",
		Short: "List all settings, or one with its value now",
		Long: `List each setting with its default and its meaning. With NAME, print one setting
with its value and where it is set now.

Settings are environment variables. Each name may begin with ` + settings.Prefix + `: if both
forms are set, that form is used. An unknown name that begins with ` + settings.Prefix + `
is an error. The file that AUTOSCALE_FILE names has the same settings, in lower
case.

Groups:
` + wrapped(groupNames()),
		Example: `  autoscalebot settings MAX_DYNOS
  autoscalebot settings --group heartbeat`,
	}
	var groups []settings.Group
	var entries []settings.Entry
	cmd.Args = func(_ *cobra.Command, args []string) (err error) {
		if markdown && (group != "" || len(args) > 0) || group != "" && len(args) > 0 {
			return errors.New("use only one of --group, --markdown and NAME")
		}
		groups, entries, err = chosen(group, args)
		return err
	}
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		out := cmd.OutOrStdout()
		switch {
		case markdown:
			return settings.Markdown(out)
		case len(entries) > 0:
			return printStories(out, entries)
		case len(groups) > 0:
			return settings.PrintGroup(out, groups[0], widthOf(out))
		}
		return settings.Print(out, widthOf(out))
	}
	cmd.Flags().BoolVar(&markdown, "markdown", false, "print the tables of docs/settings.md")
	cmd.Flags().StringVar(&group, "group", "", "list only the settings of this group, by its `name` or a word of it")
	return cmd
}

func groupNames() []string {
	var names []string
	for _, g := range settings.Groups() {
		names = append(names, strings.ToLower(g.Name[:1])+g.Name[1:])
	}
	return names
}

func chosen(group string, names []string) (groups []settings.Group, entries []settings.Entry, err error) {
	if group != "" {
		g, err := settings.FindGroup(group)
		return []settings.Group{g}, nil, err
	}
	var errs []error
	for _, name := range names {
		e, err := settings.FindEntry(name)
		entries, errs = append(entries, e), append(errs, err)
	}
	return nil, entries, errors.Join(errs...)
}

func printStories(w io.Writer, entries []settings.Entry) error {
	for i, e := range entries {
		if i > 0 {
			fmt.Fprintln(w)
		}
		if err := e.WriteStory(w, widthOf(w)); err != nil {
			return err
		}
	}
	return nil
}
