package main

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
)

func pages(c *cobra.Command) map[string]string {
	all := map[string]string{pageName(c) + ".1": page(c)}
	for _, below := range c.Commands() {
		if below.IsAvailableCommand() {
			for name, text := range pages(below) {
				all[name] = text
			}
		}
	}
	return all
}

func pageName(c *cobra.Command) string { return strings.ReplaceAll(c.CommandPath(), " ", "-") }

func page(c *cobra.Command) string {
	var b strings.Builder
	short := strings.ToLower(c.Short[:1]) + c.Short[1:]
	fmt.Fprintf(&b, "# NAME\n%s - %s\n\n# SYNOPSIS\n**%s**%s\n\n", pageName(c), escape(short),
		c.CommandPath(), escape(strings.TrimPrefix(c.UseLine(), c.CommandPath())))
	long := c.Long
	if long == "" {
		long = c.Short + "."
	}
	b.WriteString("# DESCRIPTION\n" + description(long))
	if flags := options(c.LocalFlags()); flags != "" {
		b.WriteString("# OPTIONS\n" + flags)
	}
	commands(&b, c)
	if c.Example != "" {
		fmt.Fprintf(&b, "# EXAMPLES\n```\n%s\n```\n\n", c.Example)
	}
	if !c.HasParent() {
		b.WriteString(files)
	}
	also := []string{"**autoscalebot(5)**"}
	if c.HasParent() {
		also = []string{"**" + pageName(c.Parent()) + "(1)**", also[0]}
	}
	b.WriteString("# SEE ALSO\n" + strings.Join(also, ", ") + "\n")
	return b.String()
}

const files = `# FILES
**/etc/autoscalebot/autoscalebot.env**
:   The settings of the service, as lines NAME=value. The packages install it. Only root can read it.

**/var/lib/autoscalebot**
:   The history of the service.

`

// Lines that a text indents are columns, or continue the line before them.
func description(long string) string {
	var b strings.Builder
	columns := regexp.MustCompile(`^  (\S+)  +(.+)$`)
	for _, paragraph := range strings.Split(long, "\n\n") {
		if m := columns.FindStringSubmatch(strings.SplitN(paragraph, "\n", 2)[0]); m != nil {
			for _, line := range strings.Split(paragraph, "\n") {
				m := columns.FindStringSubmatch(line)
				fmt.Fprintf(&b, "**%s**\n:   %s\n\n", escape(m[1]), escape(m[2]))
			}
			continue
		}
		first, rest, _ := strings.Cut(paragraph, "\n  ")
		b.WriteString(escape(first))
		if rest != "" {
			b.WriteString("\n:   " + escape(strings.Join(strings.Fields(rest), " ")))
		}
		b.WriteString("\n\n")
	}
	return b.String()
}

func options(flags *pflag.FlagSet) string {
	var b strings.Builder
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		if f.Shorthand != "" {
			fmt.Fprintf(&b, "**-%s**, ", f.Shorthand)
		}
		kind, usage := pflag.UnquoteUsage(f)
		fmt.Fprintf(&b, "**--%s**", f.Name)
		if kind != "" {
			fmt.Fprintf(&b, " *%s*", kind)
		}
		b.WriteString("\n:   " + escape(usage))
		if f.DefValue != "" && f.DefValue != "false" && f.DefValue != "[]" && f.DefValue != "0" && f.DefValue != "0s" {
			fmt.Fprintf(&b, " (default %s)", escape(f.DefValue))
		}
		b.WriteString("\n\n")
	})
	return b.String()
}

func commands(b *strings.Builder, c *cobra.Command) {
	if !c.HasAvailableSubCommands() {
		return
	}
	b.WriteString("# COMMANDS\n")
	list := func(id string) {
		for _, below := range c.Commands() {
			if below.IsAvailableCommand() && below.GroupID == id {
				fmt.Fprintf(b, "**%s**(1)\n:   %s.\n\n", pageName(below), escape(below.Short))
			}
		}
	}
	list("")
	for _, g := range c.Groups() {
		fmt.Fprintf(b, "## %s\n\n", strings.TrimSuffix(g.Title, ":"))
		list(g.ID)
	}
}

func settingsPage() string {
	var b strings.Builder
	fmt.Fprintf(&b, `# NAME
autoscalebot - settings of autoscalebot

# DESCRIPTION
Settings are environment variables. Each name may begin with %[1]s: if both forms are set, that form is used. An unknown
name that begins with %[1]s is an error. The YAML file that AUTOSCALE_FILE names has the same settings, in lower case.

`, escape(settings.Prefix))
	group := ""
	for _, e := range settings.Entries() {
		if e.Group != group {
			group = e.Group
			fmt.Fprintf(&b, "# %s\n", strings.ToUpper(group))
		}
		fmt.Fprintf(&b, "**%s**", e.Name)
		if e.Default != "" {
			fmt.Fprintf(&b, " (default `%s`)", e.Default)
		}
		fmt.Fprintf(&b, "\n:   %s\n\n", e.Meaning)
	}
	b.WriteString("# SEE ALSO\n**autoscalebot(1)**, **autoscalebot-settings(1)**, **autoscalebot-check(1)**\n")
	return b.String()
}

// Texts of commands are plain, but the pages are Markdown.
func escape(text string) string {
	return regexp.MustCompile("[\\\\`*_\\[\\]<>|]").ReplaceAllString(text, `\$0`)
}
