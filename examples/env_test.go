//go:build unix

package examples

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// A line that dotenv libraries, systemd and shells all read alike.
var line = regexp.MustCompile(`^(?:|#.*|([A-Z_]+)=(?:([\w./:@%+,-]+)|'([^']*)'))$`)

func settings(t *testing.T, file string) map[string]string {
	t.Helper()
	text, err := os.ReadFile(file)
	must(t, err)
	found := map[string]string{}
	for number, row := range strings.Split(strings.TrimSuffix(string(text), "\n"), "\n") {
		parts := line.FindStringSubmatch(row)
		if parts == nil {
			t.Errorf("%s:%d: %q is not KEY=value, KEY='value' or a comment", file, number+1, row)
		} else if parts[1] != "" {
			found[parts[1]] = parts[2] + parts[3]
		}
	}
	return found
}

func sourced(t *testing.T, file string) map[string]string {
	t.Helper()
	stdout, stderr, code := run(t, nil, "env", "-i", "PATH="+os.Getenv("PATH"), "sh", "-c", `set -a; . "$0"; env -0`, file)
	if code != 0 || stderr != "" {
		t.Fatalf("%s: %s", file, stderr)
	}
	found := map[string]string{}
	for _, variable := range strings.Split(strings.TrimSuffix(stdout, "\x00"), "\x00") {
		name, value, _ := strings.Cut(variable, "=")
		if name != "PATH" && name != "PWD" && name != "OLDPWD" && name != "SHLVL" && name != "_" {
			found[name] = value
		}
	}
	return found
}

func TestEnvFilesMeanTheSameToAShell(t *testing.T) {
	files, _ := filepath.Glob("env/*.env")
	if len(files) != 7 {
		t.Errorf("found %q, want 7 files", files)
	}
	for _, file := range files {
		want := settings(t, file)
		if got := sourced(t, abs(t, file)); len(got) == 0 || !maps.Equal(got, want) {
			t.Errorf("%s: a shell reads %q, want %q", file, got, want)
		}
	}
}

func fakePrograms(t *testing.T, scripts map[string]string) string {
	t.Helper()
	folder := t.TempDir()
	for name, script := range scripts {
		must(t, os.WriteFile(filepath.Join(folder, name), []byte("#!/bin/sh\n"+script+"\n"), 0o700))
	}
	return folder
}

// The commands run as the bot runs them, with stand-ins for the tools that print their arguments.
func TestCommandsOfEnvFiles(t *testing.T) {
	tests := []struct {
		file, tool  string
		prints      string // what the tool prints for the count
		count       string // what COUNT_COMMAND makes of it
		countsWith  string // the tool's arguments
		scalesWith3 string
	}{
		{
			"command-docker-compose.env", "docker", "id1\nid2\nid3", "3",
			"compose ps --status running --quiet web", "compose up --detach --no-deps --no-recreate --scale web=3 web",
		},
		{
			"command-docker-compose.env", "docker", "", "0",
			"compose ps --status running --quiet web", "compose up --detach --no-deps --no-recreate --scale web=3 web",
		},
		{
			"command-kubectl.env", "kubectl", "2", "2",
			"--namespace default get deployment web --output jsonpath={.spec.replicas}", "--namespace default scale deployment web --replicas=3",
		},
		{
			"command-cloud-cli.env", "aws", "4", "4",
			"ecs describe-services --cluster shop --services web --query services[0].desiredCount --output text",
			"ecs update-service --cluster shop --service web --desired-count 3 --query service.desiredCount --output text",
		},
	}
	for _, test := range tests {
		variables := settings(t, "env/"+test.file)
		arguments := filepath.Join(t.TempDir(), "arguments")
		script := fmt.Sprintf(`echo "$*" >'%s'; printf '%%s\n' "$PRINTS"; exit "$CODE"`, arguments)
		path := "PATH=" + fakePrograms(t, map[string]string{test.tool: script}) + ":" + os.Getenv("PATH")
		called := func() string {
			text, _ := os.ReadFile(arguments)
			return strings.TrimSpace(string(text))
		}

		count := []string{"-c", variables["COUNT_COMMAND"]}
		stdout, stderr, code := run(t, []string{path, "PRINTS=" + test.prints, "CODE=0"}, "sh", count...)
		if code != 0 || strings.TrimSpace(stdout) != test.count || called() != test.countsWith {
			t.Errorf("%s: COUNT_COMMAND gave %q %q (exit %d) by %q", test.file, stdout, stderr, code, called())
		}
		if _, _, code := run(t, []string{path, "PRINTS=", "CODE=1"}, "sh", count...); code == 0 {
			t.Errorf("%s: COUNT_COMMAND hides that %s failed", test.file, test.tool)
		}

		scale := []string{"-c", variables["SCALE_COMMAND"], "sh", "3"}
		_, stderr, code = run(t, []string{path, "DYNOS=3", "CODE=0"}, "sh", scale...)
		if code != 0 || called() != test.scalesWith3 {
			t.Errorf("%s: SCALE_COMMAND called %q (exit %d, %s), want %q", test.file, called(), code, stderr, test.scalesWith3)
		}
		if _, _, code := run(t, []string{path, "DYNOS=3", "CODE=1"}, "sh", scale...); code == 0 {
			t.Errorf("%s: SCALE_COMMAND hides that %s failed", test.file, test.tool)
		}
	}
}
