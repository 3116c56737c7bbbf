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
		Short: "Write a settings file to start from",
		Long: `Write a commented settings file for AUTOSCALE_FILE, with the settings that the
platform needs and those that most people change.

Platforms:
  ` + strings.Join(starter.Platforms(), ", ") + `, pool

pool is the same as digitalocean. scripts is a pool of servers that your own
scripts create and destroy.

--from converts the autoscaler.ini of "autoscaler" for HAProxy and AWS, and
lists the result for each key. The file contains no secrets, unless you add
--with-secrets.

Exit code 2 if --from cannot be read, or if the file cannot be written or
exists and --force is not set.`,
		Example: `  autoscalebot init
  autoscalebot init --platform pool --out pool.yaml
  autoscalebot init --from autoscaler.ini`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return i.run(cmd.InOrStdin(), cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	cmd.Flags().StringVar(&i.platform, "platform", "", "`platform` of the app (default heroku)")
	cmd.Flags().StringVar(&i.from, "from", "", "autoscaler.ini `file` to convert; - is standard input")
	cmd.Flags().StringVar(&i.out, "out", "autoscale.yaml", "`file` to write; - is standard output")
	cmd.Flags().BoolVar(&i.force, "force", false, "overwrite an existing file")
	cmd.Flags().BoolVar(&i.secrets, "with-secrets", false, "with --from: write the AWS keys into the file")
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
		tell(stderr, "Keys of "+i.from+":", results)
		tell(stderr, "Commands of the former autoscaler:", starter.Commands())
	}
	if i.out != "-" {
		i.next(stdout, f, len(results) > 0)
	}
	return nil
}

func (i *initCommand) make(stdin io.Reader) (starter.File, []starter.Conversion, error) {
	switch {
	case i.from == "" && i.secrets:
		return starter.File{}, nil, wrongFlag("--with-secrets",
			"applies only to --from. Add --from, or remove it")
	case i.from == "":
		platform := i.platform
		if platform == "" {
			platform = "heroku"
		}
		f, ok := starter.New(platform)
		if !ok {
			return f, nil, wrongFlag("--platform", "%q: must be one of %s, pool", platform,
				strings.Join(starter.Platforms(), ", "))
		}
		return f, nil, nil
	case i.platform != "" && i.platform != "pool":
		return starter.File{}, nil, wrongFlag("--platform",
			"%q: --from creates a pool of servers. Remove --platform", i.platform)
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

// Only the owner can read the file, as secrets get into such files sooner or later.
func (i *initCommand) write(text []byte) error {
	how := os.O_WRONLY | os.O_CREATE | os.O_EXCL
	if i.force {
		how = os.O_WRONLY | os.O_CREATE | os.O_TRUNC
	}
	f, err := os.OpenFile(i.out, how, 0o600)
	var pathErr *fs.PathError
	switch {
	case errors.Is(err, fs.ErrExist):
		return wrongFlag("--out", "%s already exists. Use --force to overwrite it, or --out to name another file",
			i.out)
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
	_ = tw.Flush()
	fmt.Fprintln(w)
}

func (i *initCommand) next(w io.Writer, f starter.File, seed bool) {
	fmt.Fprintf(w, "Wrote %s. Next:\n", i.out)
	steps := 0
	step := func(format string, args ...any) {
		steps++
		fmt.Fprintf(w, "  %d. %s\n", steps, fmt.Sprintf(format, args...))
	}
	if n := f.Changes(); n > 0 {
		step("replace the values marked CHANGE (%d)", n)
	}
	secrets := f.Secrets()
	if seed && !i.secrets {
		secrets = append(secrets, "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
	}
	if len(secrets) > 0 {
		step("set in the environment: %s", strings.Join(secrets, ", "))
	}
	step("AUTOSCALE_FILE=%s autoscalebot check", i.out)
	step("AUTOSCALE_FILE=%s DRY_RUN=true autoscalebot   # logs what it would do", i.out)
	step("AUTOSCALE_FILE=%s autoscalebot", i.out)
}
