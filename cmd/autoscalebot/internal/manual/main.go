// Command manual writes the man pages and the shell completions of a release:
//
//	manual FOLDER VERSION TIME
//
// TIME is that of the commit, in seconds since 1970. It is a program of its own because its library would make
// autoscalebot larger.
package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/cpuguy83/go-md2man/v2/md2man"

	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/cli"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "manual:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 3 {
		return fmt.Errorf("%d arguments: must be FOLDER VERSION TIME", len(args))
	}
	seconds, err := strconv.ParseInt(args[2], 10, 64)
	if err != nil {
		return fmt.Errorf("invalid time %q: must be seconds since 1970", args[2])
	}
	if err := completions(filepath.Join(args[0], "completions")); err != nil {
		return err
	}
	return manual(filepath.Join(args[0], "man"), args[1], time.Unix(seconds, 0).UTC())
}

func completions(folder string) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	root := cli.Commands()
	for _, err := range []error{
		root.GenBashCompletionFileV2(filepath.Join(folder, "autoscalebot.bash"), true),
		root.GenZshCompletionFile(filepath.Join(folder, "_autoscalebot")),
		root.GenFishCompletionFile(filepath.Join(folder, "autoscalebot.fish"), true),
		root.GenPowerShellCompletionFileWithDesc(filepath.Join(folder, "autoscalebot.ps1")),
	} {
		if err != nil {
			return err
		}
	}
	return nil
}

func manual(folder, version string, at time.Time) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	all := pages(cli.Commands())
	all["autoscalebot.5"] = settingsPage()
	for name, text := range all {
		title, section, _ := strings.Cut(name, ".")
		head := fmt.Sprintf("%% %q %q %q %q %q\n", strings.ToUpper(title), section, at.Format("2006-01-02"),
			"autoscalebot "+version, "autoscalebot")
		text = strings.ReplaceAll(text, "…", "...") // troff knows few characters besides ASCII
		if err := compress(filepath.Join(folder, name+".gz"), md2man.Render([]byte(head+text))); err != nil {
			return err
		}
	}
	return nil
}

// Without a time or a name in gzip's header, the same text gives the same bytes.
func compress(file string, text []byte) error {
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return err
	}
	if _, err := z.Write(text); err != nil {
		return err
	}
	if err := z.Close(); err != nil {
		return err
	}
	return os.WriteFile(file, b.Bytes(), 0o644)
}
