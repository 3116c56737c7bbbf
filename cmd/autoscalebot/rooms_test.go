package main

import (
	"maps"
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/autoscalebot/autoscalebot"

// rooms says which of our rooms each room may import, as CONTRIBUTING.md does. A name that ends in /… stands for every room
// below it that has no line of its own.
var rooms = map[string][]string{
	"probe":                    {},
	"probe/…":                  {"probe", "probe/internal/web", "probe/internal/guard"},
	"probe/internal/guard":     {},
	"schedule":                 {},
	"notify":                   {},
	"notify/…":                 {"notify"},
	"bot":                      {"probe", "schedule", "notify"},
	"bot/heroku":               {"bot/internal/web"},
	"bot/heroku/herokutest":    {"bot/internal/fault"},
	"bot/cloudfoundry":         {"bot/internal/web"},
	"bot/cloudfoundry/…":       {"bot/internal/fault"},
	"bot/internal/fault":       {},
	"bot/internal/group":       {},
	"bot/internal/web":         {},
	"bot/local":                {"bot/pool"},
	"bot/command":              {"bot/pool", "bot/internal/group"},
	"bot/pool":                 {},
	"bot/pool/pooltest":        {"bot/pool"},
	"bot/digitalocean":         {"bot/pool", "bot/internal/web"},
	"bot/digitalocean/…":       {"bot/internal/fault"},
	"bot/ec2":                  {"bot/pool", "bot/internal/web"},
	"bot/ec2/…":                {},
	"bot/haproxy":              {"bot/pool", "bot/remote"},
	"bot/haproxy/…":            {},
	"bot/remote":               {"bot/internal/group"},
	"bot/scalertest":           {"bot"},
	"bot/racetest":             {},
	"bot/rapidtest":            {},
	"bot/porttest":             {},
	"bot/history":              {"bot", "probe", "schedule", "notify"},
	"bot/history/postgrestest": {},
	"bot/chart":                {},
	"bot/metrics":              {"bot", "probe", "notify"},
	"bot/throttle":             {},
	"bot/dashboard":            {"bot", "bot/history", "bot/chart", "bot/throttle", "probe", "schedule", "notify"},
	"bot/sim":                  {"bot", "probe", "schedule", "notify"},
	"bot/sim/peers":            {"bot/sim"},
	"examples":                 {},
	"examples/…":               {},
	"cmd/autoscalebot":         nil, // all
	"cmd/autoscalebot/…":       nil,
}

// shared are the packages that more than one room may import: they are no SDK of anybody's, a driver of a database that one room keeps
// things in and another asks, or the form of messages that one room sends and another takes.
var shared = []string{
	"github.com/cenkalti/backoff/v5", "go.uber.org/goleak",
	"github.com/jackc/pgx/v5", "github.com/jackc/pgx/v5/pgconn", "github.com/jackc/pgx/v5/stdlib",
	"go.opentelemetry.io/proto/otlp/common/v1", "go.opentelemetry.io/proto/otlp/metrics/v1", "google.golang.org/protobuf/proto",
}

func TestRoomsImportOnlyWhatTheyMay(t *testing.T) {
	t.Parallel()
	users := map[string]map[string]bool{} // by module of others, who imports it
	for line := range strings.Lines(goList(t, `{{.ImportPath}} {{join .Imports " "}}`)) {
		fields := strings.Fields(line)
		room := strings.TrimPrefix(fields[0], module+"/")
		may, ok := allowed(room)
		if !ok {
			t.Errorf("%s is no room of the house: give it a line in CONTRIBUTING.md and here, or another place", room)
		}
		for _, imported := range fields[1:] {
			ours, isOurs := strings.CutPrefix(imported, module+"/")
			switch {
			case isOurs && may != nil && !slices.Contains(may, ours):
				t.Errorf("%s imports %s, and may import only %v of ours", room, ours, may)
			case !isOurs && strings.Contains(strings.SplitN(imported, "/", 2)[0], "."):
				if users[imported] == nil {
					users[imported] = map[string]bool{}
				}
				users[imported][room] = true
			}
		}
	}
	for _, imported := range slices.Sorted(maps.Keys(users)) {
		if len(users[imported]) > 1 && !slices.Contains(shared, imported) {
			t.Errorf("%s is imported by %v: a third-party package belongs to one room", imported, slices.Sorted(maps.Keys(users[imported])))
		}
	}
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

func allowed(room string) ([]string, bool) {
	if may, ok := rooms[room]; ok {
		return may, true
	}
	for above := path.Dir(room); above != "."; above = path.Dir(above) {
		if may, ok := rooms[above+"/…"]; ok {
			return may, true
		}
	}
	return nil, false
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
