package admin

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

const longestPath = 100 // that every system takes

// ListenSocket listens on a Unix socket at path that only this user and root can open, and makes its folder where that
// is missing. A socket that a bot left behind when it was killed is replaced; one on which somebody answers is an
// error, and so is anything else that stands there. Close removes it.
func ListenSocket(path string) (net.Listener, error) {
	// It is made in a folder of its own and moved when its mode is right, so that there is no moment at which others
	// can open it.
	dir, err := room(path)
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	made := filepath.Join(dir, made)
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: made, Net: "unix"})
	if err != nil {
		return nil, err
	}
	l.SetUnlinkOnClose(false)
	s := &socket{UnixListener: l, path: path}
	if s.file, err = s.place(made); err != nil {
		l.Close()
		return nil, err
	}
	return s, nil
}

// CheckSocket says why no bot could listen at path. It leaves nothing behind. Where a bot listens it is
// [syscall.EADDRINUSE].
func CheckSocket(path string) error {
	folder := filepath.Dir(path)
	if _, err := os.Lstat(folder); errors.Is(err, os.ErrNotExist) {
		defer os.Remove(folder) // if it was made
	}
	dir, err := room(path)
	if err != nil {
		return err
	}
	return os.Remove(dir)
}

func room(path string) (dir string, err error) {
	if err := private(filepath.Dir(path)); err != nil {
		return "", err
	}
	if err := free(path); err != nil {
		return "", err
	}
	dir, err = os.MkdirTemp(filepath.Dir(path), ".asb")
	if err != nil {
		return "", fmt.Errorf("make a socket: %w", err)
	}
	if len(filepath.Join(dir, made)) > longestPath || len(path) > longestPath {
		_ = os.Remove(dir)
		return "", fmt.Errorf("%s is too long for a socket's path; set ADMIN_SOCKET to a shorter one", path)
	}
	return dir, nil
}

const made = "s"

type inUse string

func (path inUse) Error() string {
	return fmt.Sprintf("another bot listens on %s already, so only that one is asked there; set ADMIN_SOCKET to "+
		"another path", string(path))
}

func (inUse) Unwrap() error { return syscall.EADDRINUSE }

func free(path string) error {
	info, err := os.Lstat(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if info.Mode().Type() != os.ModeSocket {
		return fmt.Errorf("%s is there already and is no socket; set ADMIN_SOCKET to another path", path)
	}
	conn, err := net.DialTimeout("unix", path, time.Second)
	switch {
	case err == nil:
		conn.Close()
		return inUse(path)
	case errors.Is(err, syscall.ECONNREFUSED):
		return nil // left behind by a bot that was killed
	}
	return err
}

// A socket removes itself at path when it is closed.
type socket struct {
	*net.UnixListener
	path string
	file os.FileInfo
}

func (s *socket) place(made string) (os.FileInfo, error) {
	if err := os.Chmod(made, 0o600); err != nil {
		return nil, err
	}
	file, err := os.Lstat(made)
	if err != nil {
		return nil, err
	}
	return file, os.Rename(made, s.path)
}

func (s *socket) Accept() (net.Conn, error) {
	for {
		conn, err := s.AcceptUnix()
		if err != nil {
			return nil, err
		}
		if uid, known := peer(conn); known && !may(uid) {
			_ = conn.Close()
			continue
		}
		return conn, nil
	}
}

func (s *socket) Close() error {
	if now, err := os.Lstat(s.path); err == nil && os.SameFile(now, s.file) {
		_ = os.Remove(s.path) // one that is left behind is replaced by the next bot
	}
	return s.UnixListener.Close()
}
