package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// cli runs a command with Redis's own client.
func startRedis(t *testing.T) (socket string, cli func(words ...string) string) {
	t.Helper()
	server, err := exec.LookPath("redis-server")
	if err != nil {
		t.Skip("Redis is not installed (Debian: apt-get install redis-server)")
	}
	dir, err := os.MkdirTemp("", "redis") // the path of a socket must be short
	if err != nil {
		t.Fatal(err)
	}
	socket = filepath.Join(dir, "s")
	cmd := exec.Command(server, "--port", "0", "--unixsocket", socket, "--save", "", "--dir", dir)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		_ = os.RemoveAll(dir)
	})
	ask := func(words ...string) (string, error) {
		out, err := exec.Command("redis-cli", append([]string{"-s", socket}, words...)...).Output()
		return strings.TrimSpace(string(out)), err
	}
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		if said, err := ask("PING"); err == nil && said == "PONG" {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("Redis did not start")
		}
	}
	return socket, func(words ...string) string {
		t.Helper()
		said, err := ask(words...)
		if err != nil {
			t.Fatalf("redis-cli %v: %v", words, err)
		}
		return said
	}
}

// The URL and the keys of a queue in Redis work as its clients and our docs write them, in the environment and in the file.
func TestCheckReadsAQueueInRedis(t *testing.T) {
	t.Parallel() // waits more than it computes
	socket, cli := startRedis(t)
	cli("-n", "3", "RPUSH", "celery\x06\x163", "1", "2")
	cli("-n", "3", "RPUSH", "a,b", "1", "2", "3", "4")
	cli("-n", "3", "SET", "word", "x")
	env := []string{
		"PATH=" + os.Getenv("PATH"), "PLATFORM=command", "COUNT_COMMAND=echo 1", "SCALE_COMMAND=true", "HEARTBEAT_URL=none", "CONTROL_URL=none",
		"HISTORY=none", "HEROKU_APP_NAME=shop", "RULES=q max=100 min=10",
	}
	file := func(text string) string {
		path := filepath.Join(t.TempDir(), "autoscale.yaml")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return "AUTOSCALE_FILE=" + path
	}
	url := "unix://" + socket + "?db=3"
	for given, want := range map[string]string{
		"SIGNALS=q=" + url + `#celery\x06\x163`:                       "q ok 2 jobs",
		"SIGNALS=q=" + url + "#celery%06%163":                         "q ok 2 jobs",
		"SIGNALS=q=" + url + `#celery\x06\x163,a\,b`:                  "q ok 6 jobs",
		file("signals: {q: '" + url + `#celery\x06\x163,a\,b'}`):      "q ok 6 jobs",
		file(`signals: {q: "` + url + `#celery\x06\x163,a%2Cb"}`):     "q ok 6 jobs",
		"SIGNALS=q=" + url + `#celery\x06\x163,celery`:                `q note the key "celery" does not exist`,
		"SIGNALS=q=unix://" + socket + `#celery\x06\x163`:             `q note the key "celery\x06\x163" does not exist`,
		"SIGNALS=q=" + url + "#word":                                  `q WRONG client error: the key "word"`,
		"SIGNALS=q=" + url + "&queue=s3cr3t#celery":                   "SIGNALS: q: the URL's parameter queue is unknown",
		"SIGNALS=q=redis://localhost/2?db=3&password=s3cr3t&x=1#word": "the URL's parameter x is unknown",
	} {
		o := runOnce(t, append(env, given), "check")
		code := exitFine
		switch {
		case strings.Contains(want, "WRONG"):
			code = exitWork
		case strings.Contains(want, "parameter"):
			code = exitUsage
		}
		if o.code != code || !strings.Contains(oneSpaced(o.stdout+o.stderr), want) || strings.Contains(o.stdout+o.stderr, "s3cr3t") {
			t.Errorf("%s: code %d, want %d and %q\n%s%s", given, o.code, code, want, o.stdout, o.stderr)
		}
		if strings.HasPrefix(want, "q ok") && strings.Contains(o.stdout, "does not exist") {
			t.Errorf("%s: a key is said to be missing:\n%s", given, o.stdout)
		}
	}
}
