package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/service"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/starter"
	"github.com/autoscalebot/autoscalebot/notify"
)

type initCommand struct {
	platform, from, out string
	force, secrets      bool

	// the answers of the guide; flags that are not given are asked on a terminal
	app, process, page, min, max, policy, print string
	yes, dry, dryGiven                          bool
}

func newInit() *cobra.Command {
	i := &initCommand{}
	cmd := &cobra.Command{
		Use:   "init",
		Short: "Write a settings file to start from",
		Long: `Write a commented settings file for AUTOSCALE_FILE.

On a terminal, init asks for an app on Heroku, looks at it, takes 20 heartbeats
and proposes thresholds and limits with what they cost. Then it writes the file
and runs autoscalebot check. With --app it does the same without a terminal:
the key is in HEROKU_API_KEY, and flags are the answers. The file does not
contain the key, unless you add --with-secrets.

Otherwise init writes a file with the settings that the platform needs and
those that most people change.

Platforms:
  ` + strings.Join(starter.Platforms(), ", ") + `, pool

pool is the same as digitalocean. scripts is a pool of servers that your own
scripts create and destroy.

--from converts the autoscaler.ini of "autoscaler" for HAProxy and AWS, and
lists the result for each key. The file contains no secrets, unless you add
--with-secrets.

Exit codes: 1 if the app cannot be read or a check fails, 2 if --from cannot be
read, or if the file cannot be written or exists and --force is not set, 130
after Ctrl-C: nothing is written.`,
		Example: `  autoscalebot init
  autoscalebot init --app dancing-forest-1234 --max 5 --yes
  autoscalebot init --app dancing-forest-1234 --print heroku
  autoscalebot init --platform pool --out pool.yaml
  autoscalebot init --from autoscaler.ini`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			i.dryGiven = cmd.Flags().Changed("dry-run")
			if guided, err := i.guided(cmd); guided || err != nil {
				if err != nil {
					return err
				}
				return i.guide(cmd)
			}
			return i.run(cmd.InOrStdin(), cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	cmd.Flags().StringVar(&i.platform, "platform", "", "`platform` of the app (default heroku)")
	cmd.Flags().StringVar(&i.from, "from", "", "autoscaler.ini `file` to convert; - is standard input")
	cmd.Flags().StringVar(&i.out, "out", "autoscale.yaml", "`file` to write; - is standard output")
	cmd.Flags().BoolVar(&i.force, "force", false, "overwrite an existing file")
	cmd.Flags().BoolVar(&i.secrets, "with-secrets", false, "write the key into the file; with --from, the AWS keys")
	cmd.Flags().StringVar(&i.app, "app", "", "`name` of the app on Heroku")
	cmd.Flags().StringVar(&i.process, "process-type", "web", "`process type` to scale")
	cmd.Flags().StringVar(&i.page, "heartbeat-url", "", "heartbeat page: a path on the app or a `URL`")
	cmd.Flags().StringVar(&i.min, "min", "", "minimum `number` of dynos, or a schedule (default 1)")
	cmd.Flags().StringVar(&i.max, "max", "", "maximum `number` of dynos, or a schedule (default: twice as many as now)")
	cmd.Flags().StringVar(&i.policy, "policy", "", "`policy`: adaptive or count (default adaptive)")
	cmd.Flags().BoolVar(&i.dry, "dry-run", true, "begin with a dry run")
	cmd.Flags().StringVar(&i.print, "print", "", "print commands instead of writing a file; the only `kind` is heroku")
	cmd.Flags().BoolVar(&i.yes, "yes", false, "ask nothing: what no flag answers is as proposed")
	return cmd
}

// Flags that only the guide knows start it anywhere. On a terminal it starts by itself.
func (i *initCommand) guided(cmd *cobra.Command) (bool, error) {
	asks := false
	m := &mistakes{}
	for _, name := range []string{
		"app", "process-type", "heartbeat-url", "min", "max", "policy", "dry-run", "print", "yes",
	} {
		if !cmd.Flags().Changed(name) {
			continue
		}
		asks = true
		if i.from != "" || i.platform != "" && i.platform != "heroku" {
			m.add("--"+name, "applies only to apps on Heroku. Remove it, or --platform and --from")
		}
	}
	if i.print != "" && i.print != "heroku" {
		m.add("--print", "%q: must be heroku", i.print)
	}
	if i.policy != "" && i.policy != "adaptive" && i.policy != "count" {
		m.add("--policy", "%q: must be adaptive or count", i.policy)
	}
	if len(m.problems) > 0 {
		return false, m.problems
	}
	return asks || i.from == "" && i.platform == "" && i.out != "-" && isTerminal(cmd.InOrStdin()) &&
		service.IsTerminal(cmd.OutOrStdout()), nil
}

func (i *initCommand) guide(cmd *cobra.Command) error {
	talk := cmd.OutOrStdout()
	prints := i.print != "" || i.out == "-"
	if prints {
		talk = cmd.ErrOrStderr() // the output can be piped
	} else if err := i.free(); err != nil {
		return err
	}
	silent := i.yes || !isTerminal(cmd.InOrStdin()) || !service.IsTerminal(talk)
	g := &guide{dialog: newDialog(cmd.Context(), cmd.InOrStdin(), talk, silent), flags: i}
	f, err := g.run(cmd.Context())
	if err != nil {
		return err
	}
	for _, p := range f.Settings() {
		setting(p[0], p[1])
	}
	switch {
	case i.print != "":
		_, err = io.WriteString(cmd.OutOrStdout(), f.ConfigSet("my-autoscalebot"))
	case i.out == "-":
		_, err = cmd.OutOrStdout().Write(f.YAML())
	default:
		err = i.write(f.YAML())
	}
	if err != nil {
		return err
	}
	if !prints {
		for _, p := range f.Settings() {
			_ = os.Unsetenv(p[0]) // the check reads the file
		}
		setting("AUTOSCALE_FILE", i.out)
		kept := "The key is not in it."
		if g.a.Key != "" {
			kept = "It contains the key."
		}
		g.say("\nWrote %s, which only you can read. %s Checking:\n", i.out, kept)
	} else {
		g.say("\nChecking these settings:\n")
	}
	failed := checkAll(cmd.Context(), talk, cmd.ErrOrStderr(), false)
	if cmd.Context().Err() != nil {
		return errors.New("interrupted during the check")
	}
	if !prints {
		i.guideNext(g, f)
	}
	return failed
}

func (i *initCommand) guideNext(g *guide, f starter.File) {
	g.say("\nNext:")
	steps := []string{"AUTOSCALE_FILE=" + i.out + " autoscalebot run"}
	if g.a.Key == "" {
		steps = append([]string{"export HEROKU_API_KEY=…   # the key"}, steps...)
	}
	if g.a.DryRun {
		steps = append(steps, "after a day, look at what it would have done: autoscalebot report",
			"then remove dry_run from "+i.out+", and start it again")
	}
	for n, step := range steps {
		g.add("%d. %s", n+1, step)
	}
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

func (i *initCommand) free() error {
	if _, err := os.Lstat(i.out); err == nil && !i.force {
		return i.taken()
	}
	if info, err := os.Stat(filepath.Dir(i.out)); err != nil || !info.IsDir() {
		return wrongFlag("--out", "%q: the folder %s does not exist", i.out, filepath.Dir(i.out))
	}
	return nil
}

func (i *initCommand) taken() error {
	return wrongFlag("--out", "%s already exists. Use --force to overwrite it, or --out to name another file", i.out)
}

// Only the owner can read the file, as secrets get into such files sooner or later. It is written whole or not at all,
// unless it is a pipe or a device.
func (i *initCommand) write(text []byte) error {
	path := i.out
	if i.force {
		if to, err := filepath.EvalSymlinks(path); err == nil {
			path = to
		}
		if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
			return i.failed(os.WriteFile(path, text, 0o600))
		}
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".autoscale-*") // with mode 600
	if err != nil {
		return i.failed(err)
	}
	defer os.Remove(f.Name()) // fails after the rename
	_, err = f.Write(text)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return i.failed(err)
	}
	if i.force {
		return i.failed(os.Rename(f.Name(), path))
	}
	err = os.Link(f.Name(), path) // fails if the file exists, unlike a rename
	if err == nil || errors.Is(err, fs.ErrExist) {
		return i.failed(err)
	}
	if _, err := os.Lstat(path); err == nil { // the file system has no links
		return i.taken()
	}
	return i.failed(os.Rename(f.Name(), path))
}

func (i *initCommand) failed(err error) error {
	var pathErr *fs.PathError
	switch {
	case errors.Is(err, fs.ErrExist):
		return i.taken()
	case errors.As(err, &pathErr):
		return wrongFlag("--out", "%q: %v", i.out, pathErr.Err)
	case err != nil:
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
