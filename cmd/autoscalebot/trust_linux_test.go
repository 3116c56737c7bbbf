package main

import (
	"bytes"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// In a folder that all users share, another user may be there first, under the name that ours will look for. Then nobody is asked there, and
// the bot says why it cannot be asked.
func TestAnotherUsersSocketIsNotTrusted(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("needs root, to be two other users")
	}
	t.Parallel()
	const ours, theirs = 65001, 65002
	shared, err := os.MkdirTemp("", "asb")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(shared) })
	folder := filepath.Join(shared, "autoscalebot-65001")
	path := filepath.Join(folder, "shop-web.sock")
	if err := os.Chmod(shared, 0o777|os.ModeSticky); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	asked := make(chan string, 9)
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- r.URL.Path
		_, _ = w.Write([]byte(`{"app": "\u001b[2Jyou are fooled"}`))
	})}
	go func() { _ = srv.Serve(l) }()
	t.Cleanup(func() { srv.Close() })
	for _, p := range []string{path, folder} {
		if err := os.Chown(p, theirs, theirs); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(path, 0o777); err != nil {
		t.Fatal(err)
	}
	// The program is copied to where the other user may run it.
	program := filepath.Join(shared, "autoscalebot")
	text, err := os.ReadFile(binary(t))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(program, text, 0o755); err != nil {
		t.Fatal(err)
	}
	run := func(args ...string) (string, int) {
		cmd := exec.CommandContext(t.Context(), program, args...)
		var out bytes.Buffer
		cmd.Dir, cmd.Stdout, cmd.Stderr = "/", &out, &out
		cmd.Env = []string{"XDG_RUNTIME_DIR=" + shared, "HEROKU_APP_NAME=shop"}
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: ours, Gid: ours}}
		_ = cmd.Run()
		return out.String(), cmd.ProcessState.ExitCode()
	}
	for _, args := range [][]string{{"status"}, {"scale", "9"}, {"why"}} {
		out, code := run(args...)
		if code != exitWork || !strings.Contains(out, "uid 65002") || strings.Contains(out, "fooled") || len(asked) > 0 {
			t.Errorf("%v ended with %d and %d questions: %q", args, code, len(asked), out)
		}
	}
}
