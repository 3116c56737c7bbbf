package main

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/cli"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
)

func write(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := run([]string{dir, "1.2.3", "1796083200"}); err != nil {
		t.Fatal(err)
	}
	return dir
}

func unzip(t *testing.T, file string) string {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestEveryCommandHasAPage(t *testing.T) {
	t.Parallel()
	dir := write(t)
	overview := unzip(t, filepath.Join(dir, "man/autoscalebot.1.gz"))
	for _, c := range cli.Commands().Commands() {
		if !c.IsAvailableCommand() {
			continue
		}
		page := unzip(t, filepath.Join(dir, "man", "autoscalebot-"+c.Name()+".1.gz"))
		if !strings.Contains(page, `"2026-12-01" "autoscalebot 1.2.3"`) {
			t.Errorf("the page of %s lacks the date or the version: %.200s", c.Name(), page)
		}
		if !strings.Contains(overview, "autoscalebot-"+c.Name()) {
			t.Errorf("autoscalebot(1) does not list %s", c.Name())
		}
	}
}

func TestThePageOfSettingsHasAll(t *testing.T) {
	t.Parallel()
	page := unzip(t, filepath.Join(write(t), "man/autoscalebot.5.gz"))
	for _, e := range settings.Entries() {
		if !strings.Contains(page, `\fB`+e.Name+`\fP`) {
			t.Errorf("autoscalebot(5) lacks %s", e.Name)
		}
	}
}

// man prints warnings about what it cannot render.
func TestManRendersThePages(t *testing.T) {
	t.Parallel()
	man, err := exec.LookPath("man")
	if err != nil {
		t.Skip("man is not installed: run .ci/install-test-deps")
	}
	pages, err := filepath.Glob(filepath.Join(write(t), "man/*.gz"))
	if err != nil || len(pages) < 20 {
		t.Fatalf("%d pages, %v", len(pages), err)
	}
	for _, page := range pages {
		cmd := exec.Command(man, "--warnings", "-l", page)
		cmd.Env = append(os.Environ(), "MANWIDTH=80", "LC_ALL=C", "PAGER=cat", "MANPAGER=cat")
		var stdout, stderr bytes.Buffer
		cmd.Stdout, cmd.Stderr = &stdout, &stderr
		if err := cmd.Run(); err != nil || stderr.Len() > 0 {
			t.Errorf("%s: %v: %s", filepath.Base(page), err, &stderr)
		}
		for _, want := range []string{"NAME", "DESCRIPTION", "SEE ALSO"} {
			if !strings.Contains(stdout.String(), want) {
				t.Errorf("%s lacks %s:\n%s", filepath.Base(page), want, &stdout)
			}
		}
		for line := range strings.Lines(stdout.String()) {
			if len(strings.TrimRight(line, "\n")) > 90 { // only a line of an example is longer than 80
				t.Errorf("%s has a line of %d columns: %s", filepath.Base(page), len(line)-1, line)
			}
		}
	}
}

func TestTheSameVersionGivesTheSameBytes(t *testing.T) {
	t.Parallel()
	one, two := write(t), write(t)
	found := 0
	err := filepath.WalkDir(one, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		found++
		a, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		b, err := os.ReadFile(two + strings.TrimPrefix(path, one))
		if !bytes.Equal(a, b) {
			t.Errorf("%s differs", path)
		}
		return err
	})
	if err != nil || found < 25 {
		t.Errorf("%d files, %v", found, err)
	}
}

func TestWrongArguments(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{nil, {"a", "b"}, {t.TempDir(), "1.2.3", "today"}} {
		if err := run(args); err == nil {
			t.Errorf("run(%q) succeeded", args)
		}
	}
}
