package cli

import (
	"maps"
	"os"
	"os/exec"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

const module = "github.com/autoscalebot/autoscalebot"

// shared are the external packages that several of ours may import: they are not SDKs of a service, or both ends of a protocol need them.
var shared = []string{
	"github.com/cenkalti/backoff/v5", "github.com/spf13/cobra", "github.com/spf13/pflag", "go.uber.org/goleak", "golang.org/x/net/idna", "golang.org/x/term",
	"github.com/jackc/pgx/v5", "github.com/jackc/pgx/v5/pgconn", "github.com/jackc/pgx/v5/stdlib",
	"go.opentelemetry.io/proto/slim/otlp/common/v1", "go.opentelemetry.io/proto/slim/otlp/metrics/v1", "google.golang.org/protobuf/proto",
}

func TestPackagesImportOnlyWhatTheyMay(t *testing.T) {
	t.Parallel()
	table := packageTable(t)
	used := map[string]bool{}             // names in the table
	users := map[string]map[string]bool{} // importers, by external package
	for line := range strings.Lines(goList(t, `{{.ImportPath}} {{join .Imports " "}}`)) {
		fields := strings.Fields(line)
		pkg := strings.TrimPrefix(fields[0], module+"/")
		name := nameIn(table, pkg)
		if used[name] = true; name == "" {
			t.Errorf("%s has no line in the table of CONTRIBUTING.md: give it one, or another place", pkg)
		}
		for _, imported := range fields[1:] {
			ours, isOurs := strings.CutPrefix(imported, module+"/")
			switch may := table[name]; {
			case isOurs && !slices.Contains(may, ours) && !slices.Contains(may, "all"):
				t.Errorf("%s imports %s, and may import only %v of ours", pkg, ours, may)
			case !isOurs && strings.Contains(strings.SplitN(imported, "/", 2)[0], "."):
				if users[imported] == nil {
					users[imported] = map[string]bool{}
				}
				users[imported][pkg] = true
			}
		}
	}
	for name := range table {
		if !used[name] {
			t.Errorf("CONTRIBUTING.md has a line for %s, which is not there", name)
		}
	}
	for _, imported := range slices.Sorted(maps.Keys(users)) {
		if len(users[imported]) > 1 && !slices.Contains(shared, imported) {
			t.Errorf("%s is imported by %v: a third-party package belongs to one of ours", imported, slices.Sorted(maps.Keys(users[imported])))
		}
	}
}

// CONTRIBUTING.md has the table.
func packageTable(t *testing.T) map[string][]string {
	t.Helper()
	text, err := os.ReadFile("../../../../CONTRIBUTING.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "| package | what it knows | may import of ours |\n|---|---|---|\n")
	section, _, _ = strings.Cut(section, "\n\n")
	table, name := map[string][]string{}, regexp.MustCompile("`([^`]+)`")
	for row := range strings.Lines(section) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(row), "|"), "|")
		if len(cells) != 3 {
			t.Errorf("a row of CONTRIBUTING.md's table has %d cells, want 3: %s", len(cells), row)
			continue
		}
		var may []string
		switch last := strings.TrimSpace(cells[2]); last {
		case "nothing":
		case "all":
			may = []string{"all"}
		default:
			for _, m := range name.FindAllStringSubmatch(last, -1) {
				may = append(may, m[1])
			}
			if len(may) == 0 {
				t.Errorf("what %s may import is %q: write nothing, all, or names", cells[0], last)
			}
		}
		for _, m := range name.FindAllStringSubmatch(cells[0], -1) {
			if _, twice := table[m[1]]; twice {
				t.Errorf("%s has two rows", m[1])
			}
			table[m[1]] = may
		}
	}
	if len(table) < 30 {
		t.Fatalf("CONTRIBUTING.md's table has %d packages", len(table))
	}
	return table
}

// Only cmd/autoscalebot reads the environment.
func TestOnlyCmdReadsTheEnvironment(t *testing.T) {
	t.Parallel()
	for line := range strings.Lines(goList(t, `{{$d := .ImportPath}}{{range .GoFiles}}{{$d}} {{$.Dir}}/{{.}}{{"\n"}}{{end}}`)) {
		fields := strings.Fields(line)
		if len(fields) < 2 || strings.Contains(fields[0], "/cmd/") || strings.Contains(fields[0], "/examples") {
			continue
		}
		out, err := exec.Command("grep", "-nE", `os\.(Getenv|LookupEnv|Environ)\(`, fields[1]).Output()
		if err == nil {
			t.Errorf("%s reads the environment: %s", path.Join(fields[0], path.Base(fields[1])), out)
		}
	}
}

func nameIn(table map[string][]string, pkg string) string {
	if _, ok := table[pkg]; ok {
		return pkg
	}
	for above := path.Dir(pkg); above != "."; above = path.Dir(above) {
		if _, ok := table[above+"/…"]; ok {
			return above + "/…"
		}
	}
	return ""
}

func goList(t *testing.T, format string) string {
	t.Helper()
	cmd := exec.Command("go", "list", "-f", format, module+"/...")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, out)
	}
	return string(out)
}

// Every file and folder that CONTRIBUTING.md names exists.
func TestContributorsFindWhatTheyLookFor(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(root + "CONTRIBUTING.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, ok := strings.Cut(string(text), "### Where to look\n")
	section, _, _ = strings.Cut(section, "\n## ")
	if !ok {
		t.Fatal("CONTRIBUTING.md does not say where to look")
	}
	folder := ""
	for _, m := range regexp.MustCompile("`([a-z_/]+(?:/[a-z_]+|[.]go))`").FindAllStringSubmatch(section, -1) {
		name := m[1]
		if !strings.Contains(name, "/") { // in the folder named before
			name = path.Join(folder, name)
		} else if !strings.HasSuffix(name, ".go") {
			folder = name
		}
		if _, err := os.Stat(root + name); err != nil {
			t.Error(err)
		}
	}
}

// Lines of the product have at most 120 columns, with tabs of four. Raw strings and code in comments are exempt.
func TestLinesAreShort(t *testing.T) {
	t.Parallel()
	const most = 120
	for file := range strings.Lines(goList(t, `{{$d := .Dir}}{{range .GoFiles}}{{$d}}/{{.}}{{"\n"}}{{end}}`)) {
		file = strings.TrimSpace(file)
		if file == "" || strings.HasSuffix(file, "_templ.go") {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		raw := false // inside a string of several lines
		for i, line := range strings.Split(string(text), "\n") {
			free := raw || strings.Contains(line, "`") || strings.HasPrefix(strings.TrimLeft(line, "\t"), "//\t")
			raw = raw != (strings.Count(line, "`")%2 == 1)
			if wide := utf8.RuneCountInString(strings.ReplaceAll(line, "\t", "    ")); wide > most && !free {
				t.Errorf("%s:%d has %d columns, want %d at most", file, i+1, wide, most)
			}
		}
	}
}
