//go:build unix

package examples

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const token = "a-token-of-the-test"

// The heartbeat examples that run here, with the command that starts each. The database file is DATABASE_PATH.
var endpoints = []struct {
	name     string
	database bool
	command  func(t *testing.T) []string
}{
	{"go", false, func(t *testing.T) []string {
		binary := filepath.Join(t.TempDir(), "heartbeat")
		if _, stderr, code := run(t, nil, "go", "build", "-buildvcs=false", "-o", binary, "./heartbeat/go"); code != 0 {
			t.Fatal(stderr)
		}
		return []string{binary}
	}},
	{"node", false, func(t *testing.T) []string {
		return []string{program(t, "node"), "heartbeat/node/server.js"}
	}},
	{"django", true, func(t *testing.T) []string {
		return []string{python(t, "django"), "heartbeat/django/app.py"}
	}},
	{"flask", true, func(t *testing.T) []string {
		return []string{python(t, "flask"), "heartbeat/flask/app.py"}
	}},
}

func TestHeartbeatEndpoints(t *testing.T) {
	for _, endpoint := range endpoints {
		t.Run(endpoint.name, func(t *testing.T) {
			command := endpoint.command(t)
			t.Run("open", func(t *testing.T) {
				database := filepath.Join(t.TempDir(), "database")
				url := start(t, []string{"HEARTBEAT_TOKEN=", "DATABASE_PATH=" + database}, command[0], command[1:]...)
				wantAnswer(t, http.MethodGet, url, "", http.StatusOK, "Beat")
				wantAnswer(t, http.MethodHead, url, "", http.StatusOK, "")
				wantQueueTimes(t, url)
				if !endpoint.database {
					return
				}
				must(t, os.Remove(database))
				wantAnswer(t, http.MethodGet, url, "", http.StatusServiceUnavailable, "database failed")
			})
			t.Run("with a token", func(t *testing.T) {
				folder := filepath.Join(t.TempDir(), "temporary")
				must(t, os.Mkdir(folder, 0o700))
				database := filepath.Join(t.TempDir(), "database")
				url := start(t, []string{"HEARTBEAT_TOKEN=" + token, "TMPDIR=" + folder, "DATABASE_PATH=" + database}, command[0], command[1:]...)
				for _, wrong := range []string{"", token, "Bearer", "Bearer " + token[1:], "Bearer " + token + "x", "Bearer t\xf6ken"} {
					wantAnswer(t, http.MethodGet, url, wrong, http.StatusUnauthorized, "wrong or missing token")
				}
				wantAnswer(t, http.MethodGet, url, "Bearer "+token, http.StatusOK, "Beat")
				if left, err := os.ReadDir(folder); err != nil || len(left) > 0 {
					t.Errorf("the heartbeat left %v behind (%v)", left, err)
				}
				must(t, os.Remove(folder))
				wantAnswer(t, http.MethodGet, url, "Bearer "+token, http.StatusServiceUnavailable, "disk failed")
			})
		})
	}
}

func wantAnswer(t *testing.T, method, url, authorization string, status int, body string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url+"/autoscalebot/heartbeat/", nil)
	must(t, err)
	if authorization != "" {
		request.Header.Set("Authorization", authorization)
	}
	answer, err := client().Do(request)
	must(t, err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	must(t, err)
	if answer.StatusCode != status || string(text) != body {
		t.Errorf("%s with %q: got %d %q, want %d %q", method, authorization, answer.StatusCode, text, status, body)
	}
	if got := answer.Header.Get("Content-Type"); !strings.HasPrefix(got, "text/plain") {
		t.Errorf("Content-Type %q, want text/plain", got)
	}
	if got := answer.Header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("Cache-Control %q, want no-store", got)
	}
	if got := answer.Header.Get("WWW-Authenticate"); (got == "Bearer") != (status == http.StatusUnauthorized) {
		t.Errorf("WWW-Authenticate %q at %d", got, status)
	}
}

// Calls the handler itself, because the stand-ins of server.js do not break.
func TestNodeHeartbeatNamesTheBrokenPart(t *testing.T) {
	node := program(t, "node")
	const script = `
const { heartbeat } = require(process.argv[1]);
const works = { db: { query: async () => ({ rows: [] }) },
  cache: { values: new Map(), async set(n, v) { this.values.set(n, v); }, async get(n) { return this.values.get(n); } } };
const secret = async () => { throw new Error("postgres://user:password@db"); };
const broken = {
  "none": {},
  "database": { db: { query: secret } },
  "cache": { cache: { set: secret } },
  "forgetful": { cache: { set: async () => {}, get: async () => null } },
};
console.error = () => {};
(async () => {
  for (const [name, parts] of Object.entries(broken)) {
    const res = { writeHead(status) { this.status = status; return this; }, end(text) { console.log(name + ": " + this.status + " " + text); } };
    await heartbeat({ ...works, ...parts })({ headers: {} }, res);
  }
})();`
	stdout, stderr, code := run(t, nil, node, "-e", script, abs(t, "heartbeat/node/heartbeat.js"))
	const want = "none: 200 Beat\ndatabase: 503 database failed\ncache: 503 cache failed\nforgetful: 503 cache failed\n"
	if code != 0 || stdout != want {
		t.Errorf("got %q %q (exit %d), want %q", stdout, stderr, code, want)
	}
}
