//go:build unix

package examples

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Heroku calls the three programs like this. The app is a Ruby on Rails app; the buildpack's folder is only readable.
func TestTheBuildpackAddsOnlyTheProgram(t *testing.T) {
	dir := t.TempDir()
	buildpack := filepath.Join(dir, "a buildpack")
	must(t, os.CopyFS(buildpack, os.DirFS("buildpack")))
	must(t, os.WriteFile(filepath.Join(buildpack, "autoscalebot"), []byte("#!/bin/sh\necho autoscalebot 1.2.3\n"), 0o755))
	must(t, os.Chmod(buildpack, 0o555))
	t.Cleanup(func() { os.Chmod(buildpack, 0o755) }) // for TempDir's cleanup
	for _, name := range []string{"detect", "compile", "release"} {
		must(t, os.Chmod(filepath.Join(buildpack, "bin", name), 0o755))
	}
	app, cache, env := filepath.Join(dir, "my app"), filepath.Join(dir, "cache"), filepath.Join(dir, "env")
	files := map[string]string{
		"Gemfile": "gem 'rails'\n", "config.ru": "run Rails.application\n", "bin/rails": "#!/usr/bin/env ruby\n",
		"app/models/order.rb": "class Order\nend\n", "Procfile": "web: bundle exec puma\nautoscaleworker: bin/autoscalebot\n",
	}
	for name, text := range files {
		must(t, os.MkdirAll(filepath.Dir(filepath.Join(app, name)), 0o755))
		must(t, os.WriteFile(filepath.Join(app, name), []byte(text), 0o644))
	}
	must(t, os.MkdirAll(cache, 0o755))
	must(t, os.MkdirAll(env, 0o755))
	must(t, os.WriteFile(filepath.Join(env, "HEROKU_API_KEY"), []byte("0123-secret"), 0o600))

	for range 2 { // again with the result of the build before
		for _, step := range []struct {
			args []string
			want string
		}{
			{[]string{"detect", app}, "autoscalebot\n"},
			{[]string{"compile", app, cache, env}, "-----> Installed bin/autoscalebot: autoscalebot 1.2.3\n"},
			{[]string{"release", app}, "--- {}\n"},
		} {
			stdout, stderr, code := run(t, nil, filepath.Join(buildpack, "bin", step.args[0]), step.args[1:]...)
			if code != 0 || stdout != step.want || stderr != "" {
				t.Errorf("%s: exit %d, %q, %q, want %q", step.args[0], code, stdout, stderr, step.want)
			}
		}
	}

	var left []string
	must(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		name, inApp := strings.CutPrefix(path, app+"/")
		if err == nil && !d.IsDir() && inApp {
			if text, isOurs := files[name]; isOurs {
				wantText(t, path, text)
			} else {
				left = append(left, name)
			}
		}
		return err
	}))
	if strings.Join(left, " ") != "bin/autoscalebot" {
		t.Errorf("the build added %v, want bin/autoscalebot", left)
	}
	if stdout, _, code := run(t, nil, filepath.Join(app, "bin/autoscalebot")); code != 0 || stdout != "autoscalebot 1.2.3\n" {
		t.Errorf("the app's program: exit %d, %q", code, stdout)
	}
	if entries, err := os.ReadDir(cache); err != nil || len(entries) > 0 {
		t.Errorf("the cache has %v, %v", entries, err)
	}
}

// Without a line in the Procfile, the build prints the line to add.
func TestTheBuildpackPrintsTheMissingLine(t *testing.T) {
	dir := t.TempDir()
	must(t, os.CopyFS(dir, os.DirFS("buildpack")))
	must(t, os.WriteFile(filepath.Join(dir, "autoscalebot"), []byte("#!/bin/sh\necho autoscalebot 1.2.3\n"), 0o755))
	must(t, os.Chmod(filepath.Join(dir, "bin/compile"), 0o755))
	app := t.TempDir()
	stdout, stderr, code := run(t, nil, filepath.Join(dir, "bin/compile"), app, t.TempDir(), t.TempDir())
	if code != 0 || stderr != "" || !strings.Contains(stdout, "add this line to your Procfile: autoscaleworker: bin/autoscalebot\n") {
		t.Errorf("exit %d, %q, %q", code, stdout, stderr)
	}
}
