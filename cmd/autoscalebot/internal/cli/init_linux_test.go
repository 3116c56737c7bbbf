package cli

import (
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
	"unicode/utf8"
	"unsafe"

	"github.com/autoscalebot/autoscalebot/bot/heroku/herokutest"
	"github.com/autoscalebot/autoscalebot/bot/logtest"
)

// A typist sits at a terminal on which a command runs.
type typist struct {
	t      *testing.T
	dir    string
	slave  *os.File
	master *os.File
	shown  logtest.Buffer
	seen   int // of the words that are shown
	cmd    *exec.Cmd
	ended  chan struct{}
}

func typing(t *testing.T, columns, rows uint16, env []string, args ...string) *typist {
	t.Helper()
	cmd := exec.Command(binary(t), args...)
	cmd.Dir, cmd.Env = t.TempDir(), append([]string{"TERM=xterm", "ADMIN_SOCKET=none"}, env...)
	return onTerminal(t, columns, rows, cmd)
}

func onTerminal(t *testing.T, columns, rows uint16, cmd *exec.Cmd) *typist {
	t.Helper()
	y := &typist{t: t, dir: cmd.Dir, cmd: cmd, ended: make(chan struct{})}
	y.master, y.slave = terminal(t)
	size := [4]uint16{rows, columns}
	if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, y.slave.Fd(), syscall.TIOCSWINSZ, uintptr(unsafe.Pointer(&size))); errno != 0 {
		t.Fatal(errno)
	}
	y.cmd.Stdin, y.cmd.Stdout, y.cmd.Stderr = y.slave, y.slave, y.slave
	y.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := y.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		b := make([]byte, 4096)
		for {
			n, err := y.master.Read(b)
			_, _ = y.shown.Write(b[:n])
			if err != nil {
				return
			}
		}
	}()
	go func() {
		_ = y.cmd.Wait()
		close(y.ended)
	}()
	t.Cleanup(func() {
		_ = y.cmd.Process.Kill()
		<-y.ended
		y.slave.Close()
		y.master.Close()
		if t.Failed() {
			t.Logf("the terminal:\n%s", y.shown.String())
		}
	})
	return y
}

// Reads on until the terminal shows the text.
func (y *typist) reads(text string) {
	y.t.Helper()
	for deadline := time.Now().Add(soon); ; time.Sleep(5 * time.Millisecond) {
		all := oneSpaced(escapes.ReplaceAllString(y.shown.String(), ""))
		if at := strings.Index(all[min(y.seen, len(all)):], text); at >= 0 {
			y.seen += at + len(text)
			return
		}
		if time.Now().After(deadline) {
			y.t.Fatalf("waited for %q after:\n%s", text, all[min(y.seen, len(all)):])
		}
	}
}

func (y *typist) types(text string) {
	y.t.Helper()
	if _, err := y.master.WriteString(text); err != nil {
		y.t.Fatal(err)
	}
}

func (y *typist) answers(question, answer string) {
	y.t.Helper()
	y.reads(question)
	y.types(answer + "\n")
}

func (y *typist) code() int {
	y.t.Helper()
	select {
	case <-y.ended:
	case <-time.After(soon):
		y.t.Fatal("it has not ended")
	}
	return y.cmd.ProcessState.ExitCode()
}

func (y *typist) echoes() bool {
	var mode syscall.Termios
	_, _, errno := syscall.Syscall(syscall.SYS_IOCTL, y.slave.Fd(), syscall.TCGETS, uintptr(unsafe.Pointer(&mode)))
	return errno == 0 && mode.Lflag&syscall.ECHO != 0
}

func (y *typist) files() []string {
	all, err := filepath.Glob(filepath.Join(y.dir, "*"))
	hidden, err2 := filepath.Glob(filepath.Join(y.dir, ".*"))
	if err != nil || err2 != nil {
		y.t.Fatal(err, err2)
	}
	return append(all, hidden...)
}

var escapes = regexp.MustCompile(`\x1b\[[0-9;]*m`)

// A line that is drawn again and again counts once for each time.
func (y *typist) fits(columns int) {
	y.t.Helper()
	for _, line := range regexp.MustCompile(`[\r\n]+`).Split(escapes.ReplaceAllString(y.shown.String(), ""), -1) {
		// addresses stay whole
		if n := utf8.RuneCountInString(line); n > columns &&
			!strings.Contains(line, "http://127") {
			y.t.Errorf("%d columns on a terminal of %d: %q", n, columns, line)
		}
	}
}

func workingApp(t *testing.T) (api *herokutest.Server, app *heart, env []string) {
	t.Helper()
	api, app = herokutest.NewServer(t), newHeart(t)
	api.AddApp(dancingForest(app.url, 2))
	app.answer(takes(20 * time.Millisecond))
	return api, app, []string{"HEROKU_API_URL=" + api.URL}
}

func TestInitOnATerminal(t *testing.T) {
	t.Parallel()
	api, _, env := workingApp(t)
	for _, size := range [][2]uint16{{80, 24}, {120, 40}, {200, 60}} {
		y := typing(t, size[0], size[1], env, "init")
		y.answers("App on Heroku:", "dancing-tree")
		y.answers("API key (hidden as you type):", "another-key")
		y.answers("the API key is wrong or was revoked. Run `heroku authorizations:create` to create a new one",
			api.Key)
		y.answers("there is no app of that name", "dancing-forest")
		y.answers("dancing-forest now runs 2 × Standard-1X (web), at $25 a month each.", "")
		y.reads("20 heartbeats [")
		y.reads("the median of 20 heartbeats, from ")
		y.reads(" ms. A visitor who waits ")
		// 500, unless the machine is too busy to answer quickly
		threshold := regexp.MustCompile(`slow above (\d+) ms`).FindStringSubmatch(oneSpaced(y.shown.String()))[1]
		y.answers("Use these thresholds", "")
		y.answers("Minimum number of dynos", "")
		y.answers("Maximum number of dynos", "8")
		y.answers("This costs at most $200 a month: 8 dynos at $25 each, all month.", "n")
		y.answers("Minimum number of dynos", "2")
		y.answers("Maximum number of dynos", "x")
		y.answers("MAX_DYNOS: \"x\": must be a whole number", "")
		y.answers("Maximum number of dynos", "6")
		y.answers("This costs at most $150 a month: 6 dynos at $25 each, all month.", "")
		y.answers("Use the adaptive policy (recommended)", "")
		y.answers("Begin with a dry run", "")
		y.reads("Wrote autoscale.yaml, which only you can read. The key is not in it. Checking:")
		y.reads("all checks passed")
		y.reads("1. export HEROKU_API_KEY=… # the key 2. AUTOSCALE_FILE=autoscale.yaml autoscalebot run")
		if code := y.code(); code != exitFine {
			t.Errorf("code %d, want 0", code)
		}
		y.fits(int(size[0]))
		text := read(t, filepath.Join(y.dir, "autoscale.yaml"))
		for _, want := range []string{
			"\nheroku_app_name: dancing-forest\n", "\n#heroku_api_key: ",
			"\nheartbeat_url: /autoscalebot/heartbeat/\n", "\nmin_dynos: 2\n", "\nmax_dynos: 6\n",
			"\npolicy: adaptive\n", "\nheartbeat_interval_in_seconds: 5\n", "\nmax_response_time_in_ms: " + threshold + "\n",
			"\ndry_run: true\n",
		} {
			if !strings.Contains(text, want) {
				t.Errorf("the file does not say %q:\n%s", want, text)
			}
		}
		if all := y.shown.String() + text; strings.Contains(all, api.Key) || strings.Contains(all, "another-key") {
			t.Error("the key is shown or written")
		}
		if files := y.files(); len(files) != 1 {
			t.Errorf("the files are %q", files)
		}
	}
	for _, c := range api.Calls() {
		if c.Method != "GET" {
			t.Errorf("init made a call that may change something: %s %s", c.Method, c.Path)
		}
	}
}

// Ctrl-C at any question ends init at once and leaves nothing behind, and the terminal echoes again.
func TestInitIsInterrupted(t *testing.T) {
	t.Parallel()
	api, app, env := workingApp(t)
	steps := [][2]string{
		{"App on Heroku:", "dancing-forest"},
		{"API key (hidden as you type):", api.Key},
		{"Heartbeat page", ""},
		{"20 heartbeats [", ""}, // no question: measuring
		{"Use these thresholds", ""},
		{"Minimum number of dynos", ""},
		{"Maximum number of dynos", ""},
		{"Keep these limits", ""},
		{"Use the adaptive policy", ""},
		{"Begin with a dry run", ""},
	}
	for last := range steps {
		app.answer(takes(20 * time.Millisecond))
		if steps[last][0] == "20 heartbeats [" {
			app.answer(takes(time.Hour)) // it ends before the answer
		}
		y := typing(t, 80, 24, env, "init")
		for i, s := range steps[:last+1] {
			y.reads(s[0])
			switch {
			case i == last:
				y.types("\x03")
			case s[0] != "20 heartbeats [":
				y.types(s[1] + "\n")
			}
		}
		y.reads("autoscalebot: interrupted, so nothing was written")
		if code := y.code(); code != signalled+int(syscall.SIGINT) {
			t.Errorf("Ctrl-C at %q: code %d, want 130", steps[last][0], code)
		}
		if files := y.files(); len(files) > 0 || !y.echoes() {
			t.Errorf("Ctrl-C at %q: it left %q, echo %v", steps[last][0], files, y.echoes())
		}
	}
}

// Without a heartbeat page init proposes the start page, and keeps the page without a measurement if that is the
// answer.
func TestInitWithoutAHeartbeatPage(t *testing.T) {
	t.Parallel()
	api := herokutest.NewServer(t)
	mux := http.NewServeMux()
	mux.HandleFunc("/{$}", takes(30*time.Millisecond))
	app := httptest.NewServer(mux)
	t.Cleanup(app.Close)
	api.AddApp(dancingForest(app.URL, 1))
	env := []string{"HEROKU_API_URL=" + api.URL, "HEROKU_APP_NAME=dancing-forest", "HEROKU_API_KEY=" + api.Key}
	for answer, want := range map[string]string{
		"":                         "\nheartbeat_url: /\n",
		"/autoscalebot/heartbeat/": "\nheartbeat_url: /autoscalebot/heartbeat/\n",
	} {
		y := typing(t, 80, 24, env, "init", "--min", "1", "--max", "4", "--policy", "count", "--dry-run=false")
		y.answers("App on Heroku [dancing-forest]:", "")
		y.answers("Heartbeat page", "")
		y.reads("client error: status 404 Not Found The app does not have this page yet. docs/heartbeat.md has pages " +
			"for Rails, Django, Node and Go to copy. " +
			"Until the page exists, the start page can stand in for it: answer /. To keep /autoscalebot/heartbeat/ " +
			"without a measurement, answer it again.")
		y.types(answer + "\n")
		code := exitWork
		if answer == "" {
			code = exitFine
			y.answers("Use these thresholds", "n")
			y.answers("Slow above, in ms [", "700")
			y.answers("Fast below, in ms", "600")
			y.reads("the bot would remove a dyno and add it again for ever")
			y.answers("Slow above, in ms", "700")
			y.answers("Fast below, in ms", "120")
		} else {
			y.reads("The page is kept without a measurement, with the default thresholds.")
		}
		y.reads("Next:")
		if got := y.code(); got != code {
			t.Errorf("code %d, want %d", got, code)
		}
		text := read(t, filepath.Join(y.dir, "autoscale.yaml"))
		if !strings.Contains(text, want) || !strings.Contains(text, "\npolicy: count\n") ||
			!strings.Contains(text, "\n#dry_run: true\n") ||
			strings.Contains(text, "\nmin_response_time_in_ms: 120\n") != (answer == "") {
			t.Errorf("the file does not say %q or the answers:\n%s", want, text)
		}
	}
}

func TestInitWithoutNetwork(t *testing.T) {
	t.Parallel()
	y := typing(t, 80, 24, []string{"HEROKU_API_URL=http://127.0.0.1:1", "HEROKU_API_KEY=s3cr3t-k3y"}, "init",
		"--app", "dancing-forest")
	y.answers("Heroku is unreachable", "y")
	y.answers("Heroku is unreachable", "n")
	y.reads("the app was not read, so nothing was written")
	if code := y.code(); code != exitWork || len(y.files()) > 0 || strings.Contains(y.shown.String(), "s3cr3t") || strings.Contains(y.shown.String(), "next heartbeat") {
		t.Errorf("code %d, want 1; files %q", code, y.files())
	}
}

// Without a terminal the flags are the answers.
func TestInitByFlags(t *testing.T) {
	t.Parallel()
	api, app, env := workingApp(t)
	var beats atomic.Int64
	app.answer(func(w http.ResponseWriter, r *http.Request) {
		beats.Add(1)
		takes(20*time.Millisecond)(w, r)
	})
	env = append(env, "HEROKU_API_KEY="+api.Key, "ADMIN_SOCKET=none")
	for name, c := range map[string]struct {
		args []string
		env  []string
		code int
		want []string
	}{
		"commands for Heroku": {
			[]string{"--app", "dancing-forest", "--max", "5", "--print", "heroku"},
			nil, exitFine,
			[]string{`heroku config:set --app my-autoscalebot HEROKU_API_KEY="$HEROKU_API_KEY" \ PLATFORM=heroku \ HEROKU_APP_NAME=dancing-forest \`, "MAX_DYNOS=5 \\", "POLICY=adaptive \\", "DRY_RUN=true", "all checks passed"},
		},
		"a file": {
			[]string{"--app", "dancing-forest", "--yes", "--out", "-"},
			nil, exitFine,
			[]string{
				"heroku_app_name: dancing-forest", "max_dynos: 4", "This costs at most $100 a month",
				"all checks passed",
			},
		},
		"no app and no key": {
			[]string{"--max", "5"},
			[]string{"HEROKU_API_KEY="},
			exitUsage,
			[]string{
				"--app: is required",
				"HEROKU_API_KEY: is not set in the environment. Create a key with: heroku authorizations:create " +
					"--description autoscalebot --scope identity,write",
			},
		},
		"a wrong maximum and a wrong minimum": {
			[]string{"--app", "dancing-forest", "--max", "x", "--min", "-1"},
			nil, exitUsage,
			[]string{`MIN_DYNOS: "-1"`, `MAX_DYNOS: "x"`},
		},
		"a wrong key": {
			[]string{"--app", "dancing-forest"},
			[]string{"HEROKU_API_KEY=another-key"},
			exitWork,
			[]string{"the API key is wrong or was revoked"},
		},
		"flags of another platform": {
			[]string{"--app", "dancing-forest", "--platform", "local", "--policy", "x", "--print", "y"},
			nil, exitUsage,
			[]string{"--app: applies only to apps on Heroku", `--policy: "x"`, `--print: "y": must be heroku`},
		},
		"an existing file": {
			[]string{"--app", "dancing-forest", "--out", "/etc/passwd"},
			nil, exitUsage,
			[]string{"--out: /etc/passwd already exists"},
		},
	} {
		before := beats.Load()
		o := runOnce(t, append(env, c.env...), append([]string{"init"}, c.args...)...)
		all := oneSpaced(o.stdout + " " + o.stderr)
		if o.code != c.code {
			t.Errorf("%s: code %d, want %d:\n%s%s", name, o.code, c.code, o.stdout, o.stderr)
		}
		for _, want := range c.want {
			if !strings.Contains(all, want) {
				t.Errorf("%s: init does not say %q:\n%s%s", name, want, o.stdout, o.stderr)
			}
		}
		if strings.Contains(all, api.Key) || strings.Contains(all, "another-key") {
			t.Errorf("%s: the key is shown:\n%s", name, all)
		}
		if measured := beats.Load() > before; measured != (c.code == exitFine) {
			t.Errorf("%s: heartbeats were taken: %v", name, measured)
		}
	}
}

// The key gets into the file only if that is asked for. A link and its file stay what they are.
func TestInitWritesTheKeyOnlyOnDemand(t *testing.T) {
	t.Parallel()
	api, _, env := workingApp(t)
	dir := t.TempDir()
	target, link := filepath.Join(dir, "target.yaml"), filepath.Join(dir, "link.yaml")
	if err := os.WriteFile(target, []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("target.yaml", link); err != nil {
		t.Fatal(err)
	}
	o := runOnce(t, append(env, "HEROKU_API_KEY="+api.Key, "ADMIN_SOCKET=none"), "init", "--app", "dancing-forest",
		"--with-secrets", "--force", "--out", link)
	info, err := os.Stat(target)
	if err != nil || o.code != exitFine || info.Mode().Perm() != 0o600 {
		t.Fatalf("code %d, %v, mode %v:\n%s%s", o.code, err, info.Mode(), o.stdout, o.stderr)
	}
	if at, err := os.Readlink(link); err != nil || at != "target.yaml" ||
		!strings.Contains(read(t, target), "\nheroku_api_key: "+api.Key+"\n") {
		t.Errorf("the link leads to %q, %v, and the file is\n%s", at, err, read(t, target))
	}
	if strings.Contains(o.stdout+o.stderr, api.Key) {
		t.Error("the key is shown")
	}
}
