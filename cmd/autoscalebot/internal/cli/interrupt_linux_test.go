package cli

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/logtest"
)

// Ctrl-C ends each command at once with the exit code of shells, and leaves no file. Only the bot itself has ended as intended.
func TestASignalEndsACommandAtOnce(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		signal syscall.Signal
		args   string
		want   int
	}{
		// Each of these would take hours.
		{syscall.SIGINT, "simulate --shape sine --peak-dynos 9000 --policy all --out all.html", 130},
		{syscall.SIGTERM, "simulate --shape sine --peak-dynos 9000 --policy all --out all.html", 143},
		{syscall.SIGINT, "tune --shape sine --peak-dynos 9000 --trials 5000 --whole", 130},
		{syscall.SIGINT, "import -", 130},
		{syscall.SIGINT, "run", exitFine},
	} {
		t.Run(c.signal.String()+" "+strings.Fields(c.args)[0], func(t *testing.T) {
			t.Parallel()
			app := newHeart(t)
			env, _ := counted(t, app, "1")
			dir, database := t.TempDir(), filepath.Join(t.TempDir(), "history.db")
			r, w, err := os.Pipe() // nothing is ever written to the standard input
			if err != nil {
				t.Fatal(err)
			}
			defer w.Close()
			var stdout, stderr logtest.Buffer
			cmd := exec.Command(binary(t), strings.Fields(c.args)...)
			cmd.Env, cmd.Dir, cmd.Stdin, cmd.Stdout, cmd.Stderr = append(env, "HEARTBEAT_INTERVAL_IN_SECONDS=1", "HISTORY=sqlite:"+database, "ADMIN_SOCKET=none"), dir, r, &stdout, &stderr
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			r.Close()
			(&process{t: t}).wait("the command to begin", func() bool {
				_, err := os.Stat(database)
				return app.beats.Load() > 0 || worked(cmd.Process.Pid) > 50 || err == nil
			})
			begin := time.Now()
			_ = cmd.Process.Signal(c.signal)
			_ = cmd.Wait()
			if code := cmd.ProcessState.ExitCode(); code != c.want || time.Since(begin) > 10*time.Second {
				t.Errorf("it ended after %v with code %d, want %d:\n%s%s", time.Since(begin), code, c.want, &stdout, &stderr)
			}
			if c.want != exitFine && (!strings.Contains(stderr.String(), "autoscalebot: interrupted") || stdout.String() != "") {
				t.Errorf("it says\n%s%s", &stdout, &stderr)
			}
			if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
				t.Errorf("it left %v, %v", left, err)
			}
		})
	}
}

// The processor time of a process in hundredths of a second.
func worked(pid int) int {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	_, after, _ := strings.Cut(string(text), ") ")
	fields := strings.Fields(after)
	if len(fields) < 13 {
		return 0
	}
	n, _ := strconv.Atoi(fields[11])
	return n
}
