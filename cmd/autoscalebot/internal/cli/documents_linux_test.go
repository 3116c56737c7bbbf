package cli

import (
	"fmt"
	"io"
	"log"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/logtest"
	"github.com/autoscalebot/autoscalebot/bot/porttest"
	"github.com/autoscalebot/autoscalebot/bot/racetest"
)

// A page says in which world the commands of a document are run, and what is special about some of them.
type page struct {
	begin func(*world)
	// sources has the first lines of blocks of settings that the reader enters in the shell, too.
	sources []string
	// steps are by the command as written, without its comment: see keyOf.
	steps map[string]step
}

// A step is what a reader does besides entering a command. The zero value is for a command that ends by itself, with exit code 0.
type step struct {
	before func(*world)
	// until is what a command prints before Ctrl-C ends it.
	until string
	typed [][2]string // questions on a terminal, and the answers
	code  int
	// fill has the old and the new text of what the reader replaces.
	fill []string
	// machine is where the reader enters it, if not at the usual shell.
	machine string
	env     []string
	// computes says that it takes seconds of processor time.
	computes bool
	// notRun says why it is not run.
	notRun string
	// part says that it prints more than is shown, and subset that lines are left out.
	part, subset bool
	// block is the beginning of a block with a part of the output.
	block string
	// unlike says why a session's output is not compared.
	unlike string
	after  func(*world)
}

// These commands are not run, with the reason.
var notRun = map[string]string{
	"sh .ci/test":                 "runs this test",
	"sh .ci/run":                  "runs all tests",
	"sh .ci/docs":                 "takes minutes, and writes documents",
	"sh .ci/clock 72h ./schedule": "compiles the standard library",
	"sh .ci/explore":              "takes many minutes",
	"sh .ci/release --snapshot":   "builds for all systems; .ci/long runs it",
	"sh .ci/long":                 "takes hours",
}

// Every command in the documents is run as written, each page's in order, in an empty home folder.
func TestCommandsInDocuments(t *testing.T) {
	racetest.Long(t)
	t.Parallel()
	if _, err := exec.LookPath("bash"); err != nil {
		t.Skip(err)
	}
	pages, known := docPages(t), map[string]bool{}
	binary(t)
	for _, name := range pages {
		p, ok := pageTable[name]
		var commands []docCommand
		for _, b := range docBlocks(t, name) {
			if !b.isSettings() || slices.Contains(p.sources, b.line0()) {
				commands = append(commands, b.commands()...)
			}
		}
		if len(commands) == 0 {
			continue
		}
		if known[name] = true; !ok {
			t.Errorf("%s:%d: no test runs the commands of this page: add it to pageTable", name, commands[0].line)
			continue
		}
		t.Run(strings.ReplaceAll(name, "/", "-"), func(t *testing.T) {
			t.Parallel()
			p.follow(t, name, commands)
		})
	}
	for name := range pageTable {
		if !known[name] {
			t.Errorf("pageTable has %s, which has no commands", name)
		}
	}
}

// The commands that are not run exist, and the shell can read their scripts.
func TestCommandsThatAreNotRunInDocuments(t *testing.T) {
	t.Parallel()
	left := maps.Clone(notRun)
	for _, name := range docPages(t) {
		for _, b := range docBlocks(t, name) {
			for _, c := range b.commands() {
				delete(left, c.text)
			}
		}
	}
	for command := range left {
		t.Errorf("notRun has %q, which is in no document", command)
	}
	for command := range notRun {
		if out, err := exec.Command("sh", "-n", root+strings.Fields(command)[1]).CombinedOutput(); err != nil {
			t.Errorf("%s: %v %s", command, err, out)
		}
	}
}

func (p page) follow(t *testing.T, name string, commands []docCommand) {
	w := newWorld(t, name)
	if p.begin != nil {
		p.begin(w)
	}
	used, times := map[string]bool{}, map[string]int{}
	for _, c := range commands {
		if notRun[c.text] != "" {
			continue
		}
		times[c.text]++
		key := p.keyOf(c.text, times[c.text])
		used[key] = true
		s, ok := p.steps[key]
		if !ok {
			s = usualStep(c.text)
		}
		w.do(c, s)
	}
	for _, command := range slices.Sorted(maps.Keys(p.steps)) {
		if !used[command] {
			t.Errorf("%s: pageTable has %q, which is not there", name, command)
		}
	}
}

// The key of a step is the command, the command with the number of its occurrence on the page as " #2", or its beginning with "…".
func (p page) keyOf(command string, occurrence int) string {
	if key := fmt.Sprintf("%s #%d", command, occurrence); p.has(key) {
		return key
	}
	for key := range p.steps {
		if begins, ok := strings.CutSuffix(key, "…"); ok && strings.HasPrefix(command, begins) {
			return key
		}
	}
	return command
}

func (p page) has(key string) bool {
	_, ok := p.steps[key]
	return ok
}

var runsBot = regexp.MustCompile(`^([A-Z_]+=\S+ )*(bin/|\.\./\.\./)?autoscalebot( run)?$`)

func usualStep(command string) step {
	switch {
	case runsBot.MatchString(command):
		return step{until: `held at \d|desired|scaled`}
	case strings.HasSuffix(command, "autoscalebot demo"):
		return step{until: `watch the bot at`}
	}
	return step{}
}

// A world is the machine of somebody who follows a page.
type world struct {
	t    *testing.T
	page string
	dir  string
	// env is the environment of its shells.
	env []string
	// fill has the old and the new text of what a reader replaces in commands.
	fill []string
	bots []*process
	account
	before, after []string // environments to return to
}

// The absolute paths in the documents that are folders of the world.
var places = []string{"/etc/autoscalebot", "/etc/autoscaler", "/etc/systemd/system", "/usr/local/bin", "/run/autoscalebot", "/run/haproxy"}

func newWorld(t *testing.T, name string) *world {
	t.Helper()
	dir, err := os.MkdirTemp("", "doc") // the path of a socket must be short
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, page: name, dir: dir}
	t.Cleanup(func() {
		w.stopServices()
		os.RemoveAll(dir)
	})
	for _, folder := range append(slices.Clone(places), "/usr/bin", "/run/user") {
		w.mkdir("root" + folder)
	}
	for _, place := range places {
		w.fill = append(w.fill, place, w.path("root"+place))
	}
	for _, folder := range []string{"home", "work", "bin", "elsewhere-bin", "elsewhere-home"} {
		w.mkdir(folder)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for name := range fakes() {
		w.must(os.Symlink(self, w.path("bin", name)))
	}
	w.must(os.Symlink(binary(t), w.path("elsewhere-bin", "autoscalebot")))
	w.env = []string{
		"HOME=" + w.path("home"), "LANG=C.UTF-8", "TZ=UTC", "XDG_RUNTIME_DIR=" + w.path("root/run/user"), "FAKE_WORLD=" + dir,
		"PATH=" + strings.Join([]string{w.path("bin"), w.path("root/usr/local/bin"), w.path("root/usr/bin"), w.path("home/go/bin"), os.Getenv("PATH")}, ":"),
		"TERM=xterm", "GORACE=atexit_sleep_ms=0", "GIT_CONFIG_GLOBAL=" + w.path("home/.gitconfig"), "GIT_CONFIG_NOSYSTEM=1",
	}
	return w
}

// What fakes started in the background ends.
func (w *world) stopServices() {
	pids, _ := os.ReadFile(w.path("pids"))
	for pid := range strings.FieldsSeq(string(pids)) {
		_ = exec.Command("kill", "-9", pid).Run()
	}
	os.Remove(w.path("pids"))
}

func (w *world) path(parts ...string) string {
	return filepath.Join(append([]string{w.dir}, parts...)...)
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatalf("%s: %v", w.page, err)
	}
}

func (w *world) mkdir(name string) {
	w.t.Helper()
	w.must(os.MkdirAll(w.path(name), 0o700))
}

func (w *world) write(name, text string) {
	w.t.Helper()
	w.mkdir(filepath.Dir(name))
	w.must(os.WriteFile(w.path(name), []byte(text), 0o600))
}

// The program is installed.
func (w *world) installed() {
	w.t.Helper()
	w.must(os.Symlink(binary(w.t), w.path("bin", "autoscalebot")))
}

func (w *world) export(pairs ...string) { w.env = append(w.env, pairs...) }

func (w *world) fills(pairs ...string) { w.fill = append(w.fill, pairs...) }

// A bot runs in the background, with the world's environment and more.
func (w *world) bot(env ...string) *process {
	w.t.Helper()
	b := start(w.t, nil, append(slices.Clone(w.env), env...)...)
	w.bots = append(w.bots, b)
	return b
}

func (w *world) shell(machine string) string {
	name := "shell" + machine
	if !isThere(w.path(name)) {
		w.mkdir("work" + machine)
		w.write(name+"/cwd", w.path("work"+machine))
	}
	return w.path(name)
}

// A shell continues with the folder and the variables that the one before it left.
const inShell = `cd "$(cat %[1]s/cwd)" || exit
[ ! -e %[1]s/variables ] || . %[1]s/variables
declare -p >%[1]s/before
%[2]s
code=$?
declare -p | grep -vxFf %[1]s/before | grep -vE '^declare -[a-zA-Z]*r|^declare -[^ ]+ (BASH|DIRSTACK|EPOCH|FUNCNAME|GROUPS|LINENO|PIPESTATUS|RANDOM|SECONDS|SRANDOM|_=|code=)' >>%[1]s/variables
pwd >%[1]s/cwd
exit $code
`

func (w *world) do(c docCommand, s step) {
	w.t.Helper()
	if s.before != nil {
		s.before(w)
	}
	if s.computes && racetest.On || s.notRun != "" {
		return
	}
	text := shiftDays(strings.NewReplacer(append(slices.Clone(s.fill), w.fill...)...).Replace(c.text))
	state := w.shell(s.machine)
	script := fmt.Sprintf(inShell, state, text)
	cmd := exec.Command("bash", "--noprofile", "--norc", "-c", script)
	cmd.Env = append(slices.Clone(w.env), s.env...)
	var printed string
	code := 0
	if s.typed != nil {
		printed, code = w.atTerminal(cmd, s)
	} else {
		printed, code = w.run(c, cmd, s)
	}
	printed = w.asWritten(printed)
	if code != s.code {
		w.t.Errorf("%s:%d: %s\nends with code %d, want %d:\n%s", c.page, c.line, c.text, code, s.code, printed)
	} else if c.session && s.unlike == "" {
		shown := c.shown
		if s.subset {
			shown = nil
			for _, line := range c.shown {
				shown = append(shown, "…", line)
			}
			shown = append(shown, "…")
		}
		if line, differs := shapeDiffers(shown, lines(printed), s.part); differs {
			w.t.Errorf("%s:%d: %s\nshows %q, but prints\n%s", c.page, c.line, c.text, line, printed)
		}
	}
	if s.block != "" {
		w.comparesBlock(c, s.block, printed)
	}
	if s.after != nil {
		s.after(w)
	}
}

// The reader enters what the page does not have.
func (w *world) enter(text string) {
	w.t.Helper()
	w.do(docCommand{page: w.page, text: text}, step{})
}

func lines(text string) []string { return strings.Split(strings.TrimSuffix(text, "\n"), "\n") }

// Paths as the documents have them.
func (w *world) asWritten(text string) string {
	for i := 0; i+1 < len(w.fill); i += 2 {
		text = strings.ReplaceAll(text, w.fill[i+1], w.fill[i])
	}
	return strings.NewReplacer(w.path("root"), "", w.path("home"), "/home/ann").Replace(text)
}

func (w *world) run(c docCommand, cmd *exec.Cmd, s step) (printed string, code int) {
	w.t.Helper()
	var out logtest.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.WaitDelay = time.Second
	w.must(cmd.Start())
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait()
		close(ended)
	}()
	until := regexp.MustCompile(s.until)
	for deadline := time.Now().Add(2 * soon); ; {
		select {
		case <-ended:
			if s.until != "" && !until.MatchString(out.String()) {
				w.t.Errorf("%s:%d: %s\nended and did not print %q:\n%s", c.page, c.line, c.text, s.until, w.asWritten(out.String()))
			}
			return out.String(), cmd.ProcessState.ExitCode()
		case <-time.After(20 * time.Millisecond):
		}
		if late := time.Now().After(deadline); late || s.until != "" && until.MatchString(out.String()) {
			if late {
				w.t.Errorf("%s:%d: %s\ndid not end or print %q:\n%s", c.page, c.line, c.text, s.until, w.asWritten(out.String()))
			}
			// Like Ctrl-C, this reaches the shell and its child. The shell continues if the child handled it.
			_ = syscall.Kill(-cmd.Process.Pid, map[bool]syscall.Signal{false: syscall.SIGINT, true: syscall.SIGKILL}[late])
			<-ended
			return out.String(), cmd.ProcessState.ExitCode()
		}
	}
}

func (w *world) atTerminal(cmd *exec.Cmd, s step) (printed string, code int) {
	w.t.Helper()
	y := onTerminal(w.t, 120, 40, cmd)
	for _, typed := range s.typed {
		y.answers(typed[0], typed[1])
	}
	code = y.code()
	text := escapes.ReplaceAllString(y.shown.String(), "")
	for _, line := range strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n") {
		printed += line[strings.LastIndex(line, "\r")+1:] + "\n" // the last of the lines that were drawn in one place
	}
	return printed, code
}

// A block shows a part of what the command before it prints.
func (w *world) comparesBlock(c docCommand, begins, printed string) {
	w.t.Helper()
	for _, b := range docBlocks(w.t, c.page) {
		if !strings.HasPrefix(b.text, begins) || b.language != "" {
			continue
		}
		for _, line := range lines(b.text) {
			if !slices.ContainsFunc(lines(printed), func(p string) bool { return shapeOf(p) == shapeOf(line) }) {
				w.t.Errorf("%s:%d: shows %q, but %s prints\n%s", c.page, b.line, line, c.text, printed)
			}
		}
		return
	}
	w.t.Errorf("%s: no block begins with %q", c.page, begins)
}

// The files of the repository that the commands of documents use, in a repository of their own.
var docRepository = sync.OnceValues(func() (string, error) {
	built, err := builtDir()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(built, "repository")
	for _, name := range []string{"README.md", "Dockerfile", "Procfile", "app.json", "go.mod", "examples", ".ci", "cmd/autoscalebot/main.go"} {
		to := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return "", err
		}
		if out, err := exec.Command("cp", "-R", root+name, to).CombinedOutput(); err != nil {
			return "", fmt.Errorf("%w: %s", err, out)
		}
	}
	script := `cd "$0" && git init -q -b main && git add -A && git -c user.name=a -c user.email=a@example.com commit -qm all`
	if out, err := exec.Command("sh", "-c", script, dir).CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return dir, nil
})

// Addresses of this machine are others in the world.
func onePort(addr string) func(*world) {
	return func(w *world) { w.fills(addr, porttest.Addr(w.t)) }
}

func (w *world) filled(text string) string {
	return strings.NewReplacer(w.fill...).Replace(text)
}

// Requests of curl to the host arrive at the handler.
func (w *world) serves(host string, h http.Handler) (url string) {
	w.t.Helper()
	srv := httptest.NewUnstartedServer(h)
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	srv.StartTLS()
	w.t.Cleanup(srv.Close)
	address := srv.Listener.Addr().String()
	if !isThere(w.path("home/.curlrc")) {
		w.write("home/.curlrc", "insecure\nfail\nsilent\nshow-error\n")
	}
	w.write("home/.curlrc", read(w.t, w.path("home/.curlrc"))+fmt.Sprintf("connect-to = \"%s:443:%s\"\n", host, address))
	return srv.URL
}

// Heroku's router sends requests to the bot, and this machine starts it with the settings of the app.
func (w *world) botOnHeroku(app string, env ...string) {
	w.t.Helper()
	addr := porttest.Addr(w.t)
	_, port, _ := net.SplitHostPort(addr)
	w.serves("my-bot-0123456789ab.herokuapp.com", httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: addr}))
	b := w.bot(append(append(fakeWorld(w.dir).assignments("heroku/"+app), "PORT="+port), env...)...)
	b.wait("the bot's port", func() bool { return strings.Contains(b.log.String(), "msg=serving") })
}
