package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/starter"
	"github.com/autoscalebot/autoscalebot/notify"
)

type initCommand struct {
	platform, from, out string
	force, secrets      bool
}

func newInit() *cobra.Command {
	i := &initCommand{}
	cmd := &cobra.Command{
		Use:   "init",
		Short: "Write a commented settings file to begin with",
		Long: `Writes a settings file for AUTOSCALE_FILE, with what the platform needs, what most people set, and what each of it means. The platform is
one of ` + strings.Join(starter.Platforms(), ", ") + `, or pool, which is digitalocean; scripts is a pool whose servers
your own scripts make.

With --from it reads the autoscaler.ini of the autoscaler of HAProxy and AWS that watched top on each server, takes over what can be, and says
what became of each key. Secrets stay out of the file, unless --with-secrets has them in it.

A file that is there already is not written over without --force. Exit code 2 when it cannot be, and when --from cannot be read.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return i.run(cmd.InOrStdin(), cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	cmd.Flags().StringVar(&i.platform, "platform", "", "where the app runs (heroku by default)")
	cmd.Flags().StringVar(&i.from, "from", "", "an autoscaler.ini to take over; - is standard input")
	cmd.Flags().StringVar(&i.out, "out", "autoscale.yaml", "the file to write; - is standard output")
	cmd.Flags().BoolVar(&i.force, "force", false, "write over a file that is there")
	cmd.Flags().BoolVar(&i.secrets, "with-secrets", false, "with --from: write the keys of AWS into the file, too")
	return cmd
}

func wrongFlag(flag, format string, args ...any) error {
	return wrongDocument{settings.Problems{{Name: flag, What: fmt.Sprintf(format, args...)}}}
}

func (i *initCommand) run(stdin io.Reader, stdout, stderr io.Writer) error {
	f, results, err := i.make(stdin)
	if err != nil {
		return err
	}
	text := f.YAML()
	if i.out == "-" {
		_, err = stdout.Write(text)
	} else {
		err = i.write(text)
	}
	if err != nil {
		return err
	}
	if len(results) > 0 {
		tell(stderr, "What became of "+i.from+":", results)
		tell(stderr, "What became of its commands:", starter.Commands())
	}
	if i.out != "-" {
		i.next(stdout, f, len(results) > 0)
	}
	return nil
}

// make makes the file, and says what became of the one that it is made from.
func (i *initCommand) make(stdin io.Reader) (starter.File, []starter.Conversion, error) {
	switch {
	case i.from == "" && i.secrets:
		return starter.File{}, nil, wrongFlag("--with-secrets",
			"is about the file that --from names; name one, or leave it out")
	case i.from == "":
		platform := i.platform
		if platform == "" {
			platform = "heroku"
		}
		f, ok := starter.New(platform)
		if !ok {
			return f, nil, wrongFlag("--platform", "%q: write one of %s, pool", platform,
				strings.Join(starter.Platforms(), ", "))
		}
		return f, nil, nil
	case i.platform != "" && i.platform != "pool":
		return starter.File{}, nil, wrongFlag("--platform",
			"%q: what --from reads is a pool of servers; leave it out", i.platform)
	}
	_, text, err := input(stdin, []string{i.from})
	var pathErr *fs.PathError
	switch {
	case errors.As(err, &pathErr):
		return starter.File{}, nil, wrongFlag("--from", "%q: %v", i.from, pathErr.Err)
	case err != nil:
		return starter.File{}, nil, wrongFlag("--from", "%v", err)
	}
	home, _ := os.UserHomeDir()
	f, results, err := starter.FromINI(text, starter.Options{Secrets: i.secrets, Home: home})
	if err != nil {
		return f, nil, wrongFlag("--from", "%s: %v", i.from, err)
	}
	return f, results, nil
}

// write writes the file so that only its owner can read it, as secrets come into such files sooner or later.
func (i *initCommand) write(text []byte) error {
	how := os.O_WRONLY | os.O_CREATE | os.O_EXCL
	if i.force {
		how = os.O_WRONLY | os.O_CREATE | os.O_TRUNC
	}
	f, err := os.OpenFile(i.out, how, 0o600)
	var pathErr *fs.PathError
	switch {
	case errors.Is(err, fs.ErrExist):
		return wrongFlag("--out", "%s is there already; --force writes over it, --out names another", i.out)
	case errors.As(err, &pathErr):
		return wrongFlag("--out", "%q: %v", i.out, pathErr.Err)
	case err != nil:
		return err
	}
	err = errors.Join(f.Chmod(0o600))
	_, werr := f.Write(text)
	if err = errors.Join(err, werr, f.Close()); err != nil {
		return fmt.Errorf("write %s: %w", i.out, err)
	}
	return nil
}

func tell(w io.Writer, title string, results []starter.Conversion) {
	fmt.Fprintln(w, title)
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, f := range results {
		fmt.Fprintf(tw, "  %s\t%s\n", notify.OneLine(f.Key, 80), f.What)
	}
	_ = tw.Flush() // to the terminal
	fmt.Fprintln(w)
}

func (i *initCommand) next(w io.Writer, f starter.File, seed bool) {
	fmt.Fprintf(w, "%s is written. Next:\n", i.out)
	steps := 0
	step := func(format string, args ...any) {
		steps++
		fmt.Fprintf(w, "  %d. %s\n", steps, fmt.Sprintf(format, args...))
	}
	if n := f.Changes(); n > 0 {
		step("put your own values where it says CHANGE (%d)", n)
	}
	secrets := f.Secrets()
	if seed && !i.secrets {
		secrets = append(secrets, "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
	}
	if len(secrets) > 0 {
		step("set in the environment: %s", strings.Join(secrets, ", "))
	}
	step("AUTOSCALE_FILE=%s autoscalebot check", i.out)
	step("AUTOSCALE_FILE=%s DRY_RUN=true autoscalebot   # says what it would do", i.out)
	step("AUTOSCALE_FILE=%s autoscalebot", i.out)
}
