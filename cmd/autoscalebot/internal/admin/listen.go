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

const longestPath = 100 // bytes; macOS allows 103, Linux 107

// ListenSocket listens on a Unix socket at path that only this user and root can open. It creates the folder if that is
// missing, and replaces the socket of a killed bot. A socket that answers is an error, as is any other file at path.
// Close removes the socket.
func ListenSocket(path string) (net.Listener, error) {
	// The socket is created in a private folder and moved once its mode is set: at no moment can others open it.
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

// CheckSocket returns why a bot cannot listen at path, nil if it can. The error is [syscall.EADDRINUSE] if a bot
// already listens there. CheckSocket leaves no file behind.
func CheckSocket(path string) error {
	folder := filepath.Dir(path)
	if _, err := os.Lstat(folder); errors.Is(err, os.ErrNotExist) {
		defer os.Remove(folder) // room creates it
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
		return "", fmt.Errorf("create a socket: %w", err)
	}
	if len(filepath.Join(dir, made)) > longestPath || len(path) > longestPath {
		_ = os.Remove(dir)
		return "", fmt.Errorf("%s is too long for a socket's path. Set ADMIN_SOCKET to a shorter one", path)
	}
	return dir, nil
}

const made = "s"

type inUse string

func (path inUse) Error() string {
	return fmt.Sprintf("another bot already listens on %s, so commands reach only that one. Set ADMIN_SOCKET to "+
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
		return fmt.Errorf("%s exists and is not a socket. Set ADMIN_SOCKET to another path", path)
	}
	conn, err := net.DialTimeout("unix", path, time.Second)
	switch {
	case err == nil:
		conn.Close()
		return inUse(path)
	case errors.Is(err, syscall.ECONNREFUSED):
		return nil // the socket of a killed bot
	}
	return err
}

// A socket is a listener whose Close removes the file at path.
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
		_ = os.Remove(s.path) // the next bot replaces a leftover
	}
	return s.UnixListener.Close()
}
