package cli

import (
	"bytes"
	"errors"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// In a shared folder another user may take the path of our socket first. Then commands do not use it, and the bot gives the reason.
func TestAnotherUsersSocketIsNotTrusted(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("needs root, to be two other users")
	}
	t.Parallel()
	const root, ours, theirs = 0, 65001, 65002
	shared, err := os.MkdirTemp("", "asb")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(shared) })
	if err := os.Chmod(shared, 0o777|os.ModeSticky); err != nil {
		t.Fatal(err)
	}
	asked := make(chan string, 9)
	srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- r.URL.Path
		_, _ = w.Write([]byte(`{"app": "\u001b[2Jyou are fooled"}`))
	})}
	t.Cleanup(func() { srv.Close() })
	lie := func(path string) { // run as the other user
		folder := filepath.Dir(path)
		if err := os.Mkdir(folder, 0o755); err != nil {
			t.Fatal(err)
		}
		l, err := net.Listen("unix", path)
		if err != nil {
			t.Fatal(err)
		}
		go func() { _ = srv.Serve(l) }()
		if err := errors.Join(os.Chown(path, theirs, theirs), os.Chown(folder, theirs, theirs), os.Chmod(path, 0o777)); err != nil {
			t.Fatal(err)
		}
	}
	lie(filepath.Join(shared, "autoscalebot-65001", "shop-web.sock"))
	lie(filepath.Join(shared, "autoscalebot-0", "shop-web.sock"))
	link := filepath.Join(shared, "link")
	if err := errors.Join(os.Symlink("autoscalebot-0", link), os.Lchown(link, theirs, theirs)); err != nil {
		t.Fatal(err)
	}
	// The other user must be able to run the program.
	program := filepath.Join(shared, "autoscalebot")
	// A separate program copies it: a process that another test starts during the write could keep the file open.
	if out, err := exec.Command("cp", binary(t), program).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	run := func(uid uint32, at string, args ...string) (string, int) {
		cmd := exec.CommandContext(t.Context(), program, args...)
		var out bytes.Buffer
		cmd.Dir, cmd.Stdout, cmd.Stderr = "/", &out, &out
		cmd.Env = []string{"XDG_RUNTIME_DIR=" + shared, "HEROKU_APP_NAME=shop", "ADMIN_SOCKET=" + at}
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uid, Gid: uid}}
		_ = cmd.Run()
		return out.String(), cmd.ProcessState.ExitCode()
	}
	// A bot of the other user, at the path of our socket.
	seeming := filepath.Join(shared, "theirs", "bot.sock")
	if err := errors.Join(os.Mkdir(filepath.Dir(seeming), 0o755), os.Chown(filepath.Dir(seeming), theirs, theirs)); err != nil {
		t.Fatal(err)
	}
	bot := exec.CommandContext(t.Context(), program)
	bot.Dir = "/"
	bot.Env = []string{
		"PATH=" + os.Getenv("PATH"), "ADMIN_SOCKET=" + seeming, "HEROKU_APP_NAME=shop", "PLATFORM=command", "COUNT_COMMAND=echo 1", "SCALE_COMMAND=true",
		"HEARTBEAT_URL=http://127.0.0.1:1/", "HISTORY=none",
	}
	bot.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: theirs, Gid: theirs}}
	if err := bot.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = bot.Process.Kill()
		_ = bot.Wait()
	})
	for until := time.Now().Add(soon); os.Chown(seeming, ours, ours) != nil && time.Now().Before(until); time.Sleep(10 * time.Millisecond) {
	}
	if err := os.Chmod(seeming, 0o666); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		uid uint32
		at  string // "" is the usual path
	}{{ours, ""}, {root, ""}, {root, filepath.Join(link, "shop-web.sock")}, {ours, seeming}} {
		for _, args := range [][]string{{"status"}, {"scale", "9"}, {"why"}, {"pause"}} {
			out, code := run(c.uid, c.at, args...)
			if code != exitWork || !strings.Contains(out, "65002") || strings.Contains(out, "fooled") || len(asked) > 0 {
				t.Errorf("%v by the user %d at %q ended with %d and %d questions: %q", args, c.uid, c.at, code, len(asked), out)
			}
		}
	}
}
