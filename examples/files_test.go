//go:build unix

package examples

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func wantText(t *testing.T, file, want string) {
	t.Helper()
	if got := read(t, file); got != want {
		t.Errorf("%s is %q, want %q", file, got, want)
	}
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	must(t, err)
	return string(text)
}

func TestProcfileStartsTheBot(t *testing.T) {
	wantText(t, "../Procfile", "autoscaleworker: autoscalebot\n")
}

func TestAppJSONAsksForWhatTheBotNeeds(t *testing.T) {
	type variable struct {
		Description string `json:"description"`
		Value       string `json:"value"`
		Required    bool   `json:"required"`
	}
	var app struct {
		Name        string   `json:"name"`
		Description string   `json:"description"`
		Keywords    []string `json:"keywords"`
		Repository  string   `json:"repository"`
		Stack       string   `json:"stack"`
		Buildpacks  []struct {
			URL string `json:"url"`
		} `json:"buildpacks"`
		Formation map[string]struct {
			Quantity int    `json:"quantity"`
			Size     string `json:"size"`
		} `json:"formation"`
		Env map[string]variable `json:"env"`
	}
	decoder := json.NewDecoder(strings.NewReader(read(t, "../app.json")))
	decoder.DisallowUnknownFields()
	must(t, decoder.Decode(&app))
	if worker := app.Formation["autoscaleworker"]; len(app.Formation) != 1 || worker.Quantity != 1 || worker.Size == "" {
		t.Errorf("formation %v, want one autoscaleworker, as the Procfile calls it", app.Formation)
	}
	if len(app.Buildpacks) != 1 || app.Buildpacks[0].URL != "heroku/go" || app.Stack == "" || app.Name == "" || app.Description == "" || len(app.Keywords) == 0 || app.Repository == "" {
		t.Errorf("incomplete: %+v", app)
	}
	var required []string
	for name, entry := range app.Env {
		if entry.Description == "" {
			t.Errorf("%s has no description", name)
		}
		if entry.Required {
			required = append(required, name)
		}
	}
	slices.Sort(required)
	if want := []string{"HEROKU_API_KEY", "HEROKU_APP_NAME"}; !slices.Equal(required, want) {
		t.Errorf("required %v, want %v", required, want)
	}
	for name, want := range map[string]string{
		"MAX_DYNOS": "3", "MIN_DYNOS": "1", "HEARTBEAT_URL": "/autoscalebot/heartbeat/", "TIME_ZONE": "UTC",
		"NOTIFICATION_BACKENDS": "log", "SLACK_WEBHOOK_URL": "", "HEROKU_API_KEY": "", "HEROKU_APP_NAME": "",
	} {
		if entry, ok := app.Env[name]; !ok || entry.Value != want {
			t.Errorf("%s is %+v, want the value %q", name, entry, want)
		}
	}
}

// Reads the file, because a test cannot rely on a container engine.
func TestDockerfileBuildsAStaticProgram(t *testing.T) {
	text := strings.ReplaceAll(read(t, "../Dockerfile"), "\\\n", "")
	instructions := regexp.MustCompile(`^(?:|#.*|(?:FROM|WORKDIR|COPY|RUN|ARG|ENV|USER|HEALTHCHECK|ENTRYPOINT) \S.*)$`)
	for number, row := range strings.Split(text, "\n") {
		if !instructions.MatchString(row) {
			t.Errorf("Dockerfile: row %d is no instruction: %q", number+1, row)
		}
	}
	text = strings.Join(strings.Fields(text), " ")
	for _, want := range []string{
		"CGO_ENABLED=0", "-trimpath", "-ldflags '-s -w'", "./cmd/autoscalebot", "FROM scratch", "ca-certificates.crt",
		"mkdir -m 1777 /out/root/tmp /out/root/var/lib/autoscalebot", "COPY --from=build /out/root/ /", "ENV XDG_STATE_HOME=/var/lib", // the control socket, the history
		"USER 65532:65532", `ENTRYPOINT ["autoscalebot"]`, `CMD ["autoscalebot", "status"]`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("Dockerfile has no %q", want)
		}
	}
	version := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindStringSubmatch(read(t, "../go.mod"))
	if version == nil || !strings.Contains(text, "golang:"+version[1]+" AS build") {
		t.Errorf("Dockerfile does not build with the Go of go.mod, %q", version)
	}
}

func TestSystemdUnitIsUnderstood(t *testing.T) {
	analyze := program(t, "systemd-analyze")
	const binary = "/usr/local/bin/autoscalebot"
	unit := read(t, "systemd/autoscalebot.service")
	if !strings.Contains(unit, "\nExecStart="+binary+"\n") {
		t.Fatalf("the unit does not start %s", binary)
	}
	// The started program must exist.
	shell, err := exec.LookPath("sh")
	must(t, err)
	file := filepath.Join(t.TempDir(), "autoscalebot.service")
	must(t, os.WriteFile(file, []byte(strings.ReplaceAll(unit, "ExecStart="+binary, "ExecStart="+shell)), 0o600))
	// An unknown setting is only a line, not an exit code.
	if stdout, stderr, code := run(t, nil, analyze, "verify", file); code != 0 || strings.Contains(stdout+stderr, "autoscalebot.service") {
		t.Errorf("exit %d: %s%s", code, stdout, stderr)
	}
	for _, want := range []string{"DynamicUser=yes", "NoNewPrivileges=yes", "ProtectSystem=strict", "Restart=always", "TimeoutStopSec=30", "EnvironmentFile=/"} {
		if !strings.Contains(unit, "\n"+want) {
			t.Errorf("the unit has no %s", want)
		}
	}
}

func TestScriptsParse(t *testing.T) {
	tests := []struct {
		pattern string
		command func(t *testing.T) []string
	}{
		// Like `python3 -m py_compile`, which would leave a folder next to each file.
		{"*/*.py", func(t *testing.T) []string { return compilePython(t) }},
		{"heartbeat/*/*.py", func(t *testing.T) []string { return compilePython(t) }},
		{"heartbeat/*/*.js", func(t *testing.T) []string { return []string{program(t, "node"), "--check"} }},
		{"heartbeat/*/*.rb", func(t *testing.T) []string { return []string{program(t, "ruby"), "-c"} }},
		{"../.ci/install-test-deps", func(*testing.T) []string { return []string{"sh", "-n"} }},
	}
	for _, test := range tests {
		t.Run(test.pattern, func(t *testing.T) {
			files, _ := filepath.Glob(test.pattern)
			if len(files) == 0 {
				t.Fatal("no such file")
			}
			command := test.command(t)
			for _, file := range files {
				if stdout, stderr, code := run(t, nil, command[0], append(command[1:], file)...); code != 0 {
					t.Errorf("%s: %s%s", file, stdout, stderr)
				}
			}
		})
	}
}

func compilePython(t *testing.T) []string {
	return []string{python(t, "sys"), "-c", "import sys; compile(open(sys.argv[1], 'rb').read(), sys.argv[1], 'exec')"}
}

func TestInstallTestDepsSaysWhatItCannotInstall(t *testing.T) {
	// A PATH with only what the script itself calls: no apt-get, no cc.
	folder := t.TempDir()
	for _, name := range []string{"sh", "id", "tr"} {
		must(t, os.Symlink(program(t, name), filepath.Join(folder, name)))
	}
	for range 2 {
		stdout, stderr, code := run(t, []string{"PATH=" + folder}, "sh", abs(t, "../.ci/install-test-deps"))
		if code != 0 || stderr != "" || strings.Count(stdout, "\n") != 1 || !strings.Contains(stdout, "not installed: gcc libc6-dev") {
			t.Errorf("exit %d, %q, %q, want one line that names gcc", code, stdout, stderr)
		}
	}
}
