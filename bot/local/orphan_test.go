package local

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
)

func doomedBot() {
	p, err := New(Options{
		Command: `"$APP"`,
		Env:     []string{"APP=" + os.Args[0], "LOCAL_TEST_ROLE=app", "MODE=grandchild", quickExit},
		Addr:    "127.0.0.1:0", Dynos: 2, Out: os.Stdout,
	})
	if err == nil {
		err = p.Run(context.Background())
	}
	panic(err)
}

// Fewer than n if the bot ends early.
func addresses(t *testing.T, bot *exec.Cmd, n int) (addrs []string) {
	t.Helper()
	out, err := bot.StdoutPipe()
	must(t, err)
	must(t, bot.Start())
	for lines := bufio.NewScanner(out); len(addrs) < n && lines.Scan(); {
		if _, addr, ok := strings.Cut(lines.Text(), "listens at "); ok {
			addrs = append(addrs, addr)
		}
	}
	return addrs
}

func TestNoProcessOutlivesABotThatIsKilled(t *testing.T) {
	o := options(t, "", 0)
	bot := exec.Command(strings.TrimPrefix(o.Env[0], "APP="))
	bot.Env = []string{"LOCAL_TEST_ROLE=bot", "PATH=" + os.Getenv("PATH")}
	// Two processes and two grandchildren print their addresses.
	addrs := addresses(t, bot, 4)
	if len(addrs) != 4 {
		t.Fatalf("processes listen at %v, want 4 addresses", addrs)
	}
	must(t, bot.Process.Kill())
	_ = bot.Wait()
	for _, addr := range addrs {
		eventually(t, "end of the process at "+addr, func() bool { return !listening(addr) })
	}
}

func TestWatchdogEndsTheGroupsItWasToldOfAndNoOthers(t *testing.T) {
	sleeper := func() (*exec.Cmd, chan struct{}) {
		cmd := exec.Command("sleep", "1000")
		cmd.SysProcAttr = ownGroup()
		must(t, cmd.Start())
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			_ = cmd.Wait()
		}()
		t.Cleanup(func() {
			_ = cmd.Process.Kill()
			<-ended
		})
		return cmd, ended
	}
	p := open(t, options(t, "", 0))
	dog, err := startWatchdog(p.procs.shell, p.log)
	must(t, err)
	known, knownEnded := sleeper()
	forgotten, forgottenEnded := sleeper()
	_, strangerEnded := sleeper()
	for _, cmd := range []*exec.Cmd{forgotten, known} {
		if _, err := fmt.Fprintf(dog.pipe, "+%d\n", cmd.Process.Pid); err != nil {
			t.Fatal(err)
		}
	}
	dog.forget(forgotten.Process.Pid)
	dog.end()
	<-knownEnded
	for name, ended := range map[string]chan struct{}{"forgotten": forgottenEnded, "stranger": strangerEnded} {
		select {
		case <-ended:
			t.Errorf("the watchdog ended the %s group", name)
		default:
		}
	}
}

// The shell's kill is replaced here, and must stay so: a faulty watchdog would kill every process.
func TestWatchdogSignalsNothingButGroupsItKnows(t *testing.T) {
	for in, want := range map[string]string{
		"+11\n+22\n+33\n-22\n":   "kill -9 -11\nkill -9 -33\n",
		"+11\n-11\n+11\n":        "kill -9 -11\n",
		"-11\n":                  "",
		"+1\n":                   "",
		"+0\n+01\n+00\n":         "",
		"+\n-\n\n":               "",
		"+x\n+-1\n+1 2\n1\n11\n": "",
		"+*\n+$$\n+`echo 1`\n":   "",
		"+11":                    "", // cut short, such as 1123
	} {
		cmd := exec.Command("sh", "-c", "kill() { echo kill \"$@\"; }\n"+watch)
		cmd.Stdin = strings.NewReader(in)
		if out, err := cmd.Output(); string(out) != want || err != nil {
			t.Errorf("told %q it did %q, %v, want %q", in, out, err, want)
		}
	}
}
