package cli

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/autoscalebot/autoscalebot/bot/logtest"
)

// For a process that start did not start.
func endsCleanly(t *testing.T, cmd *exec.Cmd, log func() string) {
	t.Helper()
	if log == nil {
		log = func() string { return "stopped" } // the log is not visible
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case <-ended:
	case <-time.After(soon):
		_ = cmd.Process.Kill()
		<-ended
		t.Errorf("it did not end within %v", soon)
	}
	if code := cmd.ProcessState.ExitCode(); code != exitFine || !strings.Contains(log(), "stopped") {
		t.Errorf("it ended with %v; its log:\n%s", cmd.ProcessState, log())
	}
}

// If the reader of its output is gone, as after head(1), the bot ends as after SIGTERM.
func TestABrokenPipeEndsTheBotCleanly(t *testing.T) {
	t.Parallel()
	for _, broken := range []string{"stdout", "stderr", "both"} {
		t.Run(broken, func(t *testing.T) {
			t.Parallel()
			app := newHeart(t)
			env, _ := counted(t, app, "1")
			state := filepath.Join(t.TempDir(), "state.json")
			r, w, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			var kept logtest.Buffer
			cmd := exec.Command(binary(t))
			cmd.Env = append(env, "LOG_LEVEL=debug", "NOTIFICATION_BACKENDS=console", "NOTIFY_ON_EVERY_PING=true", "ADMIN_SOCKET=none", "HISTORY=none", "STATE_FILE="+state)
			cmd.Stdout, cmd.Stderr = &kept, &kept
			if broken != "stderr" {
				cmd.Stdout = w
			}
			if broken != "stdout" {
				cmd.Stderr = w
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			w.Close()
			if _, err := bufio.NewReader(r).ReadString('\n'); err != nil {
				t.Fatal(err)
			}
			r.Close()
			if broken == "stdout" {
				endsCleanly(t, cmd, kept.String)
				return
			}
			endsCleanly(t, cmd, nil)
			if _, err := os.Stat(state); err != nil {
				t.Error(err)
			}
		})
	}
}

func terminal(t *testing.T) (master, slave *os.File) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("there are no terminals: %v", err)
	}
	var n uint32
	var unlock int32
	for request, at := range map[uintptr]unsafe.Pointer{syscall.TIOCGPTN: unsafe.Pointer(&n), syscall.TIOCSPTLCK: unsafe.Pointer(&unlock)} {
		if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, master.Fd(), request, uintptr(at)); errno != 0 {
			t.Fatal(errno)
		}
	}
	slave, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	return master, slave
}

// Closing the terminal ends the bot as SIGTERM does, even if its output goes elsewhere. Any other SIGHUP is ignored.
func TestAClosedTerminalEndsTheBotCleanly(t *testing.T) {
	t.Parallel()
	for _, shown := range []bool{true, false} {
		t.Run(fmt.Sprintf("shown=%v", shown), func(t *testing.T) {
			t.Parallel()
			app := newHeart(t)
			env, _ := counted(t, app, "1")
			master, slave := terminal(t)
			defer master.Close()
			state := filepath.Join(t.TempDir(), "state.json")
			var kept logtest.Buffer
			cmd := exec.Command(binary(t))
			cmd.Env = append(env, "LOG_LEVEL=debug", "ADMIN_SOCKET=none", "HISTORY=none", "STATE_FILE="+state)
			cmd.Stdin, cmd.Stdout, cmd.Stderr = slave, &kept, &kept
			if shown {
				cmd.Stdout, cmd.Stderr = slave, slave
			}
			cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			slave.Close()
			beats := func() int { return strings.Count(kept.String(), "held at ") }
			if shown {
				go func() {
					lines := bufio.NewScanner(master)
					for lines.Scan() {
						fmt.Fprintln(&kept, lines.Text())
					}
				}()
			}
			await := func(n int) {
				for deadline := time.Now().Add(soon); beats() < n; time.Sleep(20 * time.Millisecond) {
					if time.Now().After(deadline) {
						_ = cmd.Process.Kill()
						t.Fatalf("waited for %d heartbeats:\n%s", n, kept.String())
					}
				}
			}
			await(1)
			if err := cmd.Process.Signal(syscall.SIGHUP); err != nil {
				t.Fatal(err)
			}
			await(beats() + 2)
			master.Close()
			log := kept.String
			if shown {
				log = nil
			}
			endsCleanly(t, cmd, log)
		})
	}
}

func TestASIGHUPDoesNothing(t *testing.T) {
	t.Parallel()
	app := newHeart(t)
	env, _ := counted(t, app, "1")
	b := start(t, nil, append(env, "LOG_LEVEL=debug")...)
	beats := func() int { return strings.Count(b.log.String(), "held at ") }
	b.wait("a heartbeat", func() bool { return beats() > 0 })
	b.signal(syscall.SIGHUP)
	n := beats()
	b.wait("more heartbeats", func() bool { return beats() > n+1 })
	b.terminate()
}

// A signal that arrives twice, through the process and its group, does not cut the end short. A running command ends too.
func TestASecondSignalDoesNotCutTheEndOff(t *testing.T) {
	t.Parallel()
	app, hook := newHeart(t), newHook(t)
	env, _ := counted(t, app, "1")
	pid := filepath.Join(t.TempDir(), "pid")
	b := start(t, nil, append(env, "COUNT_COMMAND=echo $$ > "+pid+"; sleep 60; echo 1", "ADMIN_SOCKET=none",
		"NOTIFICATION_BACKENDS=webhook", "NOTIFY_ON_EVERY_PING=true", "WEBHOOK_URL="+hook.url, "WEBHOOK_SECRET="+hook.secret)...)
	var command int
	b.wait("the command to run", func() bool {
		text, _ := os.ReadFile(pid)
		command, _ = strconv.Atoi(strings.TrimSpace(string(text)))
		return command > 0
	})
	begin := time.Now()
	for range 3 {
		if err := b.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) { // it may have ended
			t.Fatal(err)
		}
		time.Sleep(time.Millisecond) // the kernel would merge them
	}
	<-b.ended
	if code := b.cmd.ProcessState.ExitCode(); code != exitFine || time.Since(begin) > 10*time.Second || !strings.Contains(b.log.String(), "stopped") {
		t.Errorf("it ended after %v with code %d", time.Since(begin), code)
	}
	if err := syscall.Kill(command, 0); err == nil {
		t.Errorf("the command %d still runs", command)
		_ = syscall.Kill(-command, syscall.SIGKILL)
	}
}

// The exit code of a crash differs from that of wrong settings, after which the unit in examples does not restart the bot. SIGQUIT acts like a crash.
func TestACrashIsNotTakenForWrongSettings(t *testing.T) {
	t.Parallel()
	if u := readUnit(t, "../../../../examples/systemd/autoscalebot.service"); !u.says(fmt.Sprintf("RestartPreventExitStatus=%d", exitUsage)) {
		t.Errorf("the unit does not distinguish exit codes: %v", u["RestartPreventExitStatus"])
	}
	app := newHeart(t)
	env, _ := counted(t, app, "1")
	b := start(t, nil, append(env, "HISTORY=none", "ADMIN_SOCKET=none")...)
	b.wait("a heartbeat", func() bool { return app.beats.Load() > 0 })
	b.signal(syscall.SIGQUIT)
	<-b.ended
	status, _ := b.cmd.ProcessState.Sys().(syscall.WaitStatus)
	if !status.Signaled() || status.Signal() != syscall.SIGABRT || status.CoreDump() {
		t.Errorf("it ended with %v, want SIGABRT without a core file", b.cmd.ProcessState)
	}
	if log := b.log.String(); !strings.Contains(log, "SIGQUIT") || !strings.Contains(log, "goroutine ") {
		t.Errorf("it does not say where it was:\n%s", log)
	}
}

// As the first process of a container the bot reaps orphans, passes signals on and keeps the exit code.
func TestTheFirstProcessWaitsForWhatIsLeftOver(t *testing.T) {
	t.Parallel()
	app := newHeart(t)
	env, _ := counted(t, app, "1")
	ran := filepath.Join(t.TempDir(), "ran")
	isolated := func(env ...string) (*exec.Cmd, *logtest.Buffer) {
		var log logtest.Buffer
		cmd := exec.Command(binary(t))
		cmd.Env, cmd.Stdout, cmd.Stderr = env, &log, &log
		cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWPID}
		if os.Getuid() != 0 {
			cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
			cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}}
		}
		if err := cmd.Start(); err != nil {
			t.Skipf("this system makes no namespace of processes: %v", err)
		}
		return cmd, &log
	}
	cmd, log := isolated(append(env, "COUNT_COMMAND=(sleep 0.05; echo x >> "+ran+") </dev/null >/dev/null 2>&1 & echo 1", "ADMIN_SOCKET=none", "HISTORY=none")...)
	left := func() int {
		text, _ := os.ReadFile(ran)
		return bytes.Count(text, []byte("x"))
	}
	for deadline := time.Now().Add(soon); left() < 10; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("only %d processes were left over:\n%s", left(), log)
		}
	}
	if n := zombies(t, cmd.Process.Pid); n > 2 {
		t.Errorf("%d of %d processes that were left over are zombies", n, left())
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	endsCleanly(t, cmd, log.String)

	cmd, log = isolated("PLATFORM=nowhere")
	if _ = cmd.Wait(); cmd.ProcessState.ExitCode() != exitUsage {
		t.Errorf("with a wrong setting it ended with %v:\n%s", cmd.ProcessState, log)
	}
}

func zombies(t *testing.T, parent int) (n int) {
	t.Helper()
	all, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range all {
		text, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended
		}
		_, after, _ := strings.Cut(string(text), ") ")
		if fields := strings.Fields(after); len(fields) > 1 && fields[0] == "Z" && fields[1] == strconv.Itoa(parent) {
			n++
		}
	}
	return n
}
