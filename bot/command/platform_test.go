package command

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/bot/scalertest"
)

// The test binary also plays the aws of the scripts in the documentation.
func TestMain(m *testing.M) {
	if file := os.Getenv("COMMAND_TEST_AWS"); file != "" {
		os.Exit(fakeAWS(os.Args[1:], file))
	}
	goleak.VerifyTestMain(m)
}

var (
	_ bot.Scaler  = (*Platform)(nil)
	_ bot.Checker = (*Platform)(nil)
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func open(t *testing.T, count, scale string, change ...func(*Options)) (p *Platform, dir string) {
	t.Helper()
	o := Options{Count: count, Scale: scale, Dir: t.TempDir(), Env: []string{"PATH=" + os.Getenv("PATH")}, Timeout: 20 * time.Second}
	for _, c := range change {
		c(&o)
	}
	p, err := New(o)
	must(t, err)
	return p, o.Dir
}

func write(t *testing.T, name, text string, mode os.FileMode) {
	t.Helper()
	must(t, os.WriteFile(name, []byte(text), mode))
}

func read(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	must(t, err)
	return strings.TrimSpace(string(b))
}

func TestConformance(t *testing.T) {
	scalertest.Run(t, func(t *testing.T) scalertest.Fixture {
		const key = "the-key-of-the-app"
		fails := `if [ -e broken ]; then echo "no access with $APP_KEY" >&2; exit 3; fi; `
		p, dir := open(t, fails+"cat count", fails+"echo $1 >count", func(o *Options) {
			o.Env = append(o.Env, "APP_KEY="+key)
			o.Secrets = []string{key}
		})
		file, broken := filepath.Join(dir, "count"), filepath.Join(dir, "broken")
		write(t, file, "2\n", 0o600)
		return scalertest.Fixture{
			Unit:   "instance",
			Scaler: p,
			Count: func() int {
				n, err := strconv.Atoi(read(t, file))
				if err != nil {
					t.Error(err)
				}
				return n
			},
			Set: func(n int) { write(t, file, fmt.Sprintln(n), 0o600) },
			Break: func() func() {
				write(t, broken, "", 0o600)
				return func() { _ = os.Remove(broken) }
			},
			Secrets: []string{key},
		}
	})
}

func TestScaleCommandGetsTheNumber(t *testing.T) {
	for _, c := range []struct{ scale, want string }{
		{"./tool", "args=3 DYNOS=3"},
		{"  ./tool --replicas  \n", "args=--replicas 3 DYNOS=3"},
		{"./tool --n=$1", "args=--n=3 DYNOS=3"},
		{`./tool "${1}"`, "args=3 DYNOS=3"},
		{`./tool "$@" x`, "args=3 x DYNOS=3"},
		{"./tool $*", "args=3 DYNOS=3"},
		{"./tool --replicas=$DYNOS", "args=--replicas=3 DYNOS=3"},
		{"./tool ${DYNOS:-1}", "args=3 DYNOS=3"},
		{"./tool web ${10}", "args=web 3 DYNOS=3"},
		{"true; ./tool $MAX_DYNOS", "args=3 DYNOS=3"},
	} {
		p, dir := open(t, "echo 1", c.scale)
		write(t, filepath.Join(dir, "tool"), "#!/bin/sh\necho args=\"$@\" DYNOS=$DYNOS >got\n", 0o700)
		if err := p.Resize(t.Context(), 3); err != nil {
			t.Errorf("%s: %v", c.scale, err)
			continue
		}
		if got := read(t, filepath.Join(dir, "got")); got != c.want {
			t.Errorf("%s: the tool got %q, want %q", c.scale, got, c.want)
		}
	}
}

func TestCountCommandPrintsANumber(t *testing.T) {
	for _, c := range []struct {
		printed string
		n       int
		fails   string
	}{
		{`2`, 2, ""},
		{` \t12\r\n\n`, 12, ""},
		{`0`, 0, ""},
		{`007`, 7, ""},
		{``, 0, "count command: it printed nothing: must print a number such as 2"},
		{`\n`, 0, "count command: it printed nothing"},
		{`-1`, 0, `it printed "-1": must print only a number such as 2`},
		{`+1`, 0, `it printed "+1"`},
		{`2.0`, 0, `it printed "2.0"`},
		{`1 2`, 0, `it printed "1 2"`},
		{`two\n\0033[1mdynos\a`, 0, `it printed "two [1mdynos"`},
		{`99999999999999999999`, 0, `it printed "99999999999999999999"`},
		{"x" + strings.Repeat("y", 100), 0, `it printed "x` + strings.Repeat("y", 79) + `": must print only`},
	} {
		p, _ := open(t, "printf %b '"+c.printed+"'", "true")
		n, settled, err := p.Size(t.Context())
		switch {
		case c.fails == "":
			if n != c.n || !settled || err != nil {
				t.Errorf("printed %q: %d, %v, %v, want %d, true, nil", c.printed, n, settled, err, c.n)
			}
		case err == nil || !strings.Contains(err.Error(), c.fails):
			t.Errorf("printed %q: %d, %v, want an error with %s", c.printed, n, err, c.fails)
		}
	}
}

func TestNumberFollowedByMuchElseIsRefused(t *testing.T) {
	p, _ := open(t, "printf '2%5000sx' ' '", "true")
	if n, _, err := p.Size(t.Context()); err == nil {
		t.Errorf("Size gave %d", n)
	}
}

func TestEndlessOutputIsRefusedAndNotKept(t *testing.T) {
	p, _ := open(t, "head -c 50000000 /dev/zero | tr '\\0' 1", "head -c 50000000 /dev/zero >&2; exit 1")
	if _, _, err := p.Size(t.Context()); err == nil || len(err.Error()) > 200 {
		t.Errorf("Size gave %.300v", err)
	}
	if err := p.Resize(t.Context(), 1); err == nil || len(err.Error()) > 200 {
		t.Errorf("Resize gave %.300v", err)
	}
}

func TestErrorTellsExitStatusAndTheEndOfWhatWasSaid(t *testing.T) {
	for _, c := range []struct{ script, want string }{
		{`echo "no such\tapp" >&2; exit 7`, "scale command: exit status 7: no such app"},
		{`exit 1`, "scale command: exit status 1"},
		{`printf 'one\r\ntwo\033[31m \000\377three\n' >&2; exit 1`, "scale command: exit status 1: one two[31m three"},
		{`kill -9 $$`, "scale command: signal: killed"},
		{`printf '%01000d' 7 >&2; exit 1`, "scale command: exit status 1: " + strings.Repeat("0", 499) + "7"},
		{`echo "token=$TOKEN, long=$LONG." >&2; exit 1`, "scale command: exit status 1: token=***, long=***."},
	} {
		p, _ := open(t, "echo 1", c.script+" # $1", func(o *Options) {
			o.Env = append(o.Env, "TOKEN=s3cr3t", "LONG=s3cr3t-and-more")
			o.Secrets = []string{"", "s3cr3t", "s3cr3t-and-more"}
		})
		if err := p.Resize(t.Context(), 3); err == nil || err.Error() != c.want {
			t.Errorf("%s:\n got %v\nwant %s", c.script, err, c.want)
		}
	}
}

func TestCommandsRunOneAtATime(t *testing.T) {
	p, _ := open(t, "mkdir lock && echo 2 && rmdir lock", "mkdir lock && rmdir lock # $1")
	var wg sync.WaitGroup
	for range 5 {
		wg.Go(func() {
			if _, _, err := p.Size(t.Context()); err != nil {
				t.Error(err)
			}
		})
		wg.Go(func() {
			if err := p.Resize(t.Context(), 3); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

func TestCommandThatWaitsForItsTurnGivesUpInTime(t *testing.T) {
	p, _ := open(t, "echo 1", "true")
	p.turn <- struct{}{} // as a running command does
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(10*time.Millisecond, cancel)
	if _, _, err := p.Size(ctx); !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "the previous command is still running") {
		t.Errorf("Size gave %v", err)
	}
}

func TestNothingOfTheBotsEnvironmentIsInherited(t *testing.T) {
	t.Setenv("HEROKU_API_KEY", "of the bot alone")
	for _, env := range [][]string{nil, {"PATH=/bin:/usr/bin"}} {
		p, _ := open(t, `echo ${HEROKU_API_KEY-1}`, "true", func(o *Options) { o.Env = env })
		if n, _, err := p.Size(t.Context()); n != 1 || err != nil {
			t.Errorf("with %v: %d, %v", env, n, err)
		}
	}
}

func TestNewRefusesWhatCannotRun(t *testing.T) {
	for _, c := range []struct {
		o    Options
		want string
	}{
		{Options{Scale: "x"}, "COUNT_COMMAND is not set"},
		{Options{Count: "x", Scale: " "}, "SCALE_COMMAND is not set"},
		{Options{Count: "x", Scale: "a\x00"}, "zero byte"},
		{Options{Count: "x", Scale: "y", Timeout: -1}, "timeout of the commands -1ns"},
		{Options{Count: "x", Scale: "y", Dir: "nowhere"}, "folder of the commands: stat nowhere"},
		{Options{Count: "x", Scale: "y", Dir: "run.go"}, "run.go is not a folder"},
	} {
		if _, err := New(c.o); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, want an error with %q", c.o, err, c.want)
		}
	}
}

func TestCheckRunsOnlyTheCountCommand(t *testing.T) {
	for _, c := range []struct{ count, scale, want string }{
		{"echo 4", "touch scaled # $1", "count command: it prints 4, <nil>; scale command: valid syntax (not run), <nil>"},
		{"echo 4", ": || touch scaled", "count command: it prints 4, <nil>; scale command: valid syntax (not run), <nil>"},
		{"echo 4", "./nowhere $1", `count command: it prints 4, <nil>; scale command: , scale command: program "./nowhere" not found`},
		{"echo 4", "no-such-program-here\n--count $1", `count command: it prints 4, <nil>; scale command: , scale command: program "no-such-program-here" not found`},
		{"echo many", "if true", `count command: , count command: it printed "many": must print only a number such as 2; scale command: , scale command: exit status 2:`},
	} {
		p, dir := open(t, c.count, c.scale)
		var got []string
		p.Check(t.Context(), func(what, found string, err error) {
			if what != "shell" {
				got = append(got, fmt.Sprintf("%s: %s, %v", what, found, err))
			}
		})
		if g := strings.Join(got, "; "); !strings.HasPrefix(g, c.want) {
			t.Errorf("got  %s\nwant %s", g, c.want)
		}
		if _, err := os.Stat(filepath.Join(dir, "scaled")); err == nil {
			t.Error("Check ran the scale command")
		}
	}
}
