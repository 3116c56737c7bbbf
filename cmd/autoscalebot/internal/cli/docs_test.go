package cli

import (
	"bytes"
	"encoding/json"
	"flag"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/service"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings/settingstest"
)

var update = flag.Bool("update", false, "write the outputs in documents and the golden files again")

// settingName matches what looks like one of our settings in a text: words in capitals with an underscore between, in code.
var settingName = regexp.MustCompile("`(?:AUTOSCALE_)?([A-Z]+_[A-Z_]+)`")

// Every setting that a document names exists.
func TestDocumentsNameRealSettings(t *testing.T) {
	known := map[string]bool{"PORT": true}
	for _, e := range settings.Entries() {
		known[e.Name], known[settings.OtherName(e.Name)] = true, true
	}
	notOurs := map[string]bool{}
	for name := range strings.FieldsSeq(`AUTOSCALE_ DATABASE_URL SERVER_NAME SERVER_SIZE SERVER_ID
		HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY HEROKU_CLI CF_CLI AWS_CLI FUZZ_SECONDS DIGITALOCEAN_OPENAPI AUTOSCALER_POLICIES
		AWS_CONFIG_FILE AWS_SHARED_CREDENTIALS_FILE AWS_WEB_IDENTITY_TOKEN_FILE AWS_ROLE_ARN
		AWS_CONTAINER_CREDENTIALS_RELATIVE_URI AWS_CONTAINER_CREDENTIALS_FULL_URI RABBITMQ_URL XDG_RUNTIME_DIR NO_COLOR`) {
		notOurs[name] = true
	}
	for _, file := range textFiles(t) {
		if filepath.Ext(file) != ".md" {
			continue
		}
		for _, m := range settingName.FindAllStringSubmatch(read(t, file), -1) {
			if name := m[1]; !known[name] && !notOurs[name] && !known[strings.TrimSuffix(name, "_")] && !strings.HasPrefix(name, "OTEL_") {
				t.Errorf("%s names %s, which is not a setting", file, name)
			}
		}
	}
}

// The settings files among the examples are accepted as they stand, and hold nothing but settings.
func TestExampleSettings(t *testing.T) {
	files, err := filepath.Glob("../../../../examples/env/*.env")
	if err != nil || len(files) < 2 {
		t.Fatalf("found %d settings files: %v", len(files), err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			settingstest.Env(t)
			env := dotenv(t, read(t, file))
			for name, value := range env {
				t.Setenv(settings.Prefix+name, value) // with the prefix, an unknown name is refused
			}
			if _, err := settingstest.Load(); err != nil {
				t.Error(err)
			}
		})
	}
}

func dotenv(t *testing.T, text string) map[string]string {
	t.Helper()
	env := map[string]string{}
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, value, ok := strings.Cut(line, "=")
		if !ok {
			t.Fatalf("a line has no equals sign: %s", line)
		}
		if n := len(value); n > 1 && (value[0] == '\'' || value[0] == '"') && value[n-1] == value[0] {
			value = value[1 : n-1]
		}
		env[name] = value
	}
	return env
}

// The settings of the pools in the document are accepted, but for files that are not here.
func TestPoolsInTheDocument(t *testing.T) {
	blocks := regexp.MustCompile("(?s)```sh\n# pool.env\n(.*?)```").FindAllStringSubmatch(read(t, "../../../../docs/pools.md"), -1)
	if len(blocks) != 3 {
		t.Fatalf("docs/pools.md has %d pools, want 3", len(blocks))
	}
	for _, b := range blocks {
		settingstest.Env(t)
		for name, value := range dotenv(t, b[1]) {
			t.Setenv(settings.Prefix+name, value)
		}
		s, err := settingstest.Load()
		if err != nil {
			t.Errorf("%s%v", b[1], err)
			continue
		}
		if _, _, err := service.OpenPoolParts(s, service.NewHost(s, io.Discard, io.Discard), false); err != nil {
			t.Errorf("%s%v", b[1], err)
		}
	}
}

// The settings that Heroku's button asks for exist, and their defaults are accepted.
func TestAppJSON(t *testing.T) {
	var app struct {
		Env map[string]struct{ Value string }
	}
	if err := json.Unmarshal([]byte(read(t, "../../../../app.json")), &app); err != nil {
		t.Fatal(err)
	}
	settingstest.Env(t)
	t.Setenv("HEROKU_APP_NAME", "dancing-forest")
	t.Setenv("HEROKU_API_KEY", "0123-4567")
	for _, name := range slices.Sorted(maps.Keys(app.Env)) {
		if value := app.Env[name].Value; value != "" {
			t.Setenv(settings.Prefix+name, value)
		} else if !slices.ContainsFunc(settings.Entries(), func(e settings.Entry) bool { return e.Name == name }) {
			t.Errorf("app.json asks for %s, which is not a setting", name)
		}
	}
	if _, err := settingstest.Load(); err != nil {
		t.Error(err)
	}
}

// The version is that of the newest entry in the changelog.
func TestChangelogHasTheVersion(t *testing.T) {
	m := regexp.MustCompile(`(?m)^## \[(\d+\.\d+\.\d+)\]`).FindStringSubmatch(read(t, "../../../../CHANGELOG.md"))
	if m == nil || m[1] != service.Released {
		t.Errorf("CHANGELOG.md's newest version is %v, the program says %s", m, service.Released)
	}
	if !strings.Contains(read(t, root+"docs/install.md"), "\nVERSION="+service.Released+"\n") {
		t.Errorf("docs/install.md does not install %s", service.Released)
	}
}

// The workflows run scripts that exist, with the Go of go.mod, and their files are valid YAML.
func TestWorkflows(t *testing.T) {
	t.Parallel()
	version := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindStringSubmatch(read(t, root+"go.mod"))[1]
	script := regexp.MustCompile(`sh (\.ci/[a-z-]+)`)
	var files []string
	for _, pattern := range []string{".github/*.yml", ".github/*/*.yml", ".goreleaser.yaml"} {
		more, err := filepath.Glob(root + pattern)
		if err != nil || len(more) == 0 {
			t.Fatal(pattern, err)
		}
		files = append(files, more...)
	}
	for _, file := range files {
		text := read(t, file)
		var content map[string]any
		if err := yaml.Unmarshal([]byte(text), &content); err != nil || len(content) == 0 {
			t.Errorf("%s: %v", file, err)
		}
		for _, m := range script.FindAllStringSubmatch(text, -1) {
			if _, err := os.Stat(root + m[1]); err != nil {
				t.Errorf("%s: %v", file, err)
			}
		}
		if strings.Contains(text, "setup-go") && !strings.Contains(text, "go-version: "+version+".x\n") {
			t.Errorf("%s does not set up Go %s", file, version)
		}
	}
}

// Data that each release stored is kept, for tests that read it. format1 is also that of 0.1.0.
func TestDataOfEachReleaseIsKept(t *testing.T) {
	t.Parallel()
	kept := map[string][]string{
		"0.1.0": {
			"cmd/autoscalebot/internal/statefile/testdata/format1.json", // TestAFileOfFormat1IsReadAndWrittenAsFormat2
			"bot/history/testdata/format1.db.gz",                        // TestAHistoryOfFormat1IsRead
			"bot/internal/format/testdata/format1.jsonl.gz",
			"bot/internal/format/testdata/format1-memory.jsonl.gz",
			"cmd/autoscalebot/internal/settings/testdata/settings-0.1.0.env", // TestSettingsOfEachReleaseAreRead
		},
	}
	releases := regexp.MustCompile(`(?m)^## \[(\d+\.\d+\.\d+)\]`).FindAllStringSubmatch(read(t, root+"CHANGELOG.md"), -1)
	for _, m := range releases {
		if len(kept[m[1]]) == 0 {
			t.Errorf("no data of %s is kept: add a state file, a history and an export that it wrote, and tests that read them", m[1])
		}
		for _, file := range kept[m[1]] {
			if info, err := os.Stat(root + file); err != nil || info.Size() == 0 {
				t.Errorf("%s of %s: %v", file, m[1], err)
			}
		}
	}
	if len(releases) == 0 {
		t.Error("CHANGELOG.md has no release")
	}
}

func TestSettingsOfEachReleaseAreRead(t *testing.T) {
	files, err := filepath.Glob("../settings/testdata/settings-*.env")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			settingstest.Env(t)
			for line := range strings.Lines(read(t, file)) {
				// With the prefix, an unknown name is an error.
				if name, value, ok := strings.Cut(strings.TrimSpace(line), "="); ok && value != "" {
					t.Setenv(settings.Prefix+name, value)
				} else if ok && !slices.ContainsFunc(settings.Entries(), func(e settings.Entry) bool { return e.Name == name }) {
					t.Errorf("%s is no longer a setting", name)
				}
			}
			if _, err := settingstest.Load(); err != nil {
				t.Error(err)
			}
		})
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// The Heroku CLI takes options for its own unless "--" stands before the command.
func TestHerokuRunPassesOptionsOn(t *testing.T) {
	var files []string
	for _, pattern := range []string{"docs/*.md", "docs/*/*.md", "examples/*/*.md", "examples/*/*.yaml", "app.json"} {
		more, err := filepath.Glob("../../../../" + pattern)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, more...)
	}
	commands := regexp.MustCompile("heroku run [^`\n]*autoscalebot[^`\n]*")
	found := 0
	var help bytes.Buffer
	if code := run(t.Context(), []string{"status", "--help"}, &help, io.Discard); code != exitFine {
		t.Fatal(code)
	}
	texts := []string{help.String()}
	for _, file := range append(files, "../../../../README.md") {
		texts = append(texts, read(t, file))
	}
	for _, text := range texts {
		for _, command := range commands.FindAllString(text, -1) {
			found++
			if !strings.Contains(command, " -- autoscalebot") {
				t.Errorf("%q loses its options: write heroku run -- autoscalebot", command)
			}
		}
	}
	if found < 3 {
		t.Errorf("%d commands were found", found)
	}
}
