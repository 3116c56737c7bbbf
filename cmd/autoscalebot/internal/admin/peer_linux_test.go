package admin_test

import (
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/admin"
)

// The server checks the peer's user, so a socket whose mode was changed still refuses other users.
func TestAnotherUserIsHungUpOn(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("needs root, to be another user")
	}
	dir := folder(t)
	path := filepath.Join(dir, "bot.sock")
	l, err := admin.ListenSocket(path)
	must(t, err)
	srv := &http.Server{Handler: http.NotFoundHandler()}
	go func() { _ = srv.Serve(l) }()
	defer srv.Close()
	must(t, errors.Join(os.Chmod(dir, 0o755), os.Chmod(path, 0o666)))
	for uid, answered := range map[uintptr]bool{0: true, 65001: false} {
		conn, err := dialAs(uid, path)
		if errors.Is(err, syscall.EPERM) {
			t.Skip("this root cannot be another user")
		}
		must(t, err)
		_ = conn.SetDeadline(time.Now().Add(5 * time.Second))
		_, _ = io.WriteString(conn, "GET / HTTP/1.0\r\n\r\n")
		answer, _ := io.ReadAll(conn)
		conn.Close()
		if (len(answer) > 0) != answered {
			t.Errorf("the user %d is answered with %q", uid, answer)
		}
	}
}

// The thread that changes its user is not reused: it ends with its goroutine.
func dialAs(uid uintptr, path string) (conn net.Conn, err error) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread()
		if _, _, no := syscall.RawSyscall(syscall.SYS_SETRESUID, ^uintptr(0), uid, ^uintptr(0)); no != 0 {
			err = no
			return
		}
		conn, err = net.Dial("unix", path)
	}()
	<-done
	return conn, err
}
