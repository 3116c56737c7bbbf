//go:build unix

package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// A tmuxTerminal is a terminal that tmux emulates.
type tmuxTerminal struct {
	t      *testing.T
	tmux   string
	socket string
}

func newTerminal(t *testing.T, columns, rows int, command string) *tmuxTerminal {
	t.Helper()
	tmux, err := exec.LookPath("tmux")
	if err != nil {
		t.Skip("tmux is not installed: apt-get install tmux")
	}
	dir, err := os.MkdirTemp("", "tmux-") // the path of a socket must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	term := &tmuxTerminal{t, tmux, filepath.Join(dir, "s")}
	// The shell keeps the last picture on the screen.
	term.run("new-session", "-d", "-x", strconv.Itoa(columns), "-y", strconv.Itoa(rows), command+"; sleep 600")
	t.Cleanup(func() { term.run("kill-server") })
	return term
}

func (term *tmuxTerminal) run(args ...string) string {
	term.t.Helper()
	cmd := exec.Command(term.tmux, append([]string{"-u", "-S", term.socket, "-f", os.DevNull}, args...)...)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C.UTF-8", "SHELL=/bin/sh"}
	out, err := cmd.CombinedOutput()
	if err != nil {
		term.t.Errorf("tmux %q: %v\n%s", args, err, out)
	}
	return string(out)
}

// The first screen that matches is the result.
func (term *tmuxTerminal) await(pattern string) string {
	term.t.Helper()
	re, screen := regexp.MustCompile(pattern), ""
	for until := time.Now().Add(2 * time.Minute); time.Now().Before(until); time.Sleep(100 * time.Millisecond) {
		if screen = term.run("capture-pane", "-p"); re.MatchString(screen) {
			return screen
		}
	}
	term.t.Fatalf("no %s on the screen:\n%s", pattern, screen)
	return ""
}

func TestDemoOnTerminals(t *testing.T) {
	if testing.Short() {
		t.Skip("takes 10 s")
	}
	const (
		dashboards = `(?s)dashboard, adaptive policy: http://127\.0\.0\.1:[0-9]+/ .*dashboard, counting: http://127\.0\.0\.1:[0-9]+/processes/count/`
		verdict    = `The adaptive policy had [0-9,]+ slow requests? of [0-9,]+(, .*unanswered,)? for [0-9,]+ dyno-seconds; counting had .* for [0-9,]+\.`
	)
	for _, tt := range []struct {
		name          string
		columns, rows int
		env, args     string
		screens       []string // patterns, in order; each stays on the screen
		ending        []string // patterns of the last screen, its white space as one space
	}{
		{
			"small", 80, 24, "LC_ALL=C.UTF-8", "",
			[]string{`Adaptive policy +│ Counting`, `requests/s on each app(.*\n)+response +.* │ response `},
			[]string{dashboards, `bill .* │ bill .*slow .* │ slow `, `0:00 +0:04`, verdict + ` Next: autoscalebot init $`},
		},
		{
			"large", 200, 60, "LC_ALL=C.UTF-8", "",
			[]string{`requests/s on each app`},
			[]string{dashboards, `sample app, counting: http`, `\(slow above 500 ms, fast below 100 ms\) │`, ` 1000 ┤.* 500 ┼─`, `6 dynos all the time: [0-9]+ +│ bill`, verdict + ` Next: autoscalebot init $`},
		},
		{
			"narrow", 60, 24, "LC_ALL=C.UTF-8", "",
			[]string{`Adaptive policy\n(.*\n)+Counting\n`},
			[]string{dashboards, `Adaptive policy .*bill .*slow .*Counting .*bill .*slow `, verdict + ` Next: autoscalebot init $`},
		},
		{
			"C locale, without color", 80, 24, "LC_ALL=C NO_COLOR=1", "--policy count",
			[]string{`load [0-9]+ requests/s\n`},
			[]string{`dashboard: http`, `dynos +#+\.* +[1-6], limits 1 to 6`, ` 500 \+--`, `Counting had [0-9,]+ slow requests? .* 6 dynos all the time would have cost [0-9]+\. Next: autoscalebot init $`},
		},
		{
			"dumb", 80, 24, "TERM=dumb LC_ALL=C.UTF-8", "--policy adaptive",
			[]string{`req/s  adaptive  web [1-6] `},
			[]string{`dyno-seconds +[0-9]+ instead of [0-9]+ at the maximum`, `The adaptive policy had .*\. Next: autoscalebot init $`},
		},
		{
			"pool", 100, 40, "LC_ALL=C.UTF-8", "--pool --balancer built-in",
			[]string{`web-1 +[○◐●]`},
			[]string{`servers +■+□* +[1-6], limits 1 to 6, behind the built-in balancer`, `web-1 `, `The pool had [0-9,]+ slow requests? of .* server-seconds; 6 servers all the time would have cost [0-9]+\. Next: autoscalebot init $`},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			command := "exec env -u NO_COLOR -u DASHBOARD_ADDR " + tt.env + " " + shellQuote(binary(t)) + " demo --for 4s " + tt.args
			term := newTerminal(t, tt.columns, tt.rows, "("+command+")")
			for _, pattern := range tt.screens {
				term.await(pattern)
			}
			screen := term.await(`\nNext: autoscalebot init\n`)
			for _, pattern := range tt.ending {
				if !regexp.MustCompile(pattern).MatchString(strings.Join(strings.Fields(screen), " ") + " ") {
					t.Errorf("no %s on the last screen:\n%s", pattern, screen)
				}
			}
			styled, plain := term.run("capture-pane", "-p", "-e"), strings.Contains(tt.env, "NO_COLOR") || strings.Contains(tt.env, "dumb")
			if strings.Contains(styled, "\x1b[") == plain {
				t.Errorf("color on the screen: %v\n%q", !plain, styled)
			}
			for line := range strings.Lines(screen) {
				if strings.Contains(tt.env, "LC_ALL=C ") && len(line) != utf8.RuneCountInString(line) {
					t.Errorf("not ASCII: %s", line)
				}
			}
		})
	}
}
