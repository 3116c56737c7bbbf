package admin

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
)

func may(uid int) bool { return uid == os.Geteuid() || uid == 0 }

// In a folder of another user, or one that all users can write to, another user could place a socket of their own.
func private(dir string) error {
	if err := os.Mkdir(dir, 0o700); err == nil || !errors.Is(err, os.ErrExist) {
		return err
	}
	link, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	if uid, known := owner(link); known && !may(uid) {
		return fmt.Errorf("%s belongs to uid %d. Remove it, or set ADMIN_SOCKET to a path in another folder", dir, uid)
	}
	switch info, err := os.Stat(dir); {
	case err != nil:
		return err
	case !info.IsDir():
		return fmt.Errorf("%s is not a folder. Remove it, or set ADMIN_SOCKET to a path in another folder", dir)
	case info.Mode().Perm()&0o002 != 0 && info.Mode()&os.ModeSticky == 0:
		return fmt.Errorf("all users can write to the folder %s. Run chmod 700 on it, or set ADMIN_SOCKET "+
			"to a path in "+
			"another folder", dir)
	}
	return nil
}

// The socket's owner and the process that answers must both be this user or root. Root may also talk to another user's
// bot, if the socket's owner is the one who answers and nobody else can write to the path.
func dialSocket(ctx context.Context, path string) (net.Conn, error) {
	info, err := os.Lstat(path)
	if err != nil {
		return nil, err
	}
	has, known := owner(info)
	if known && !may(has) && (os.Geteuid() != 0 || !given(path)) {
		return nil, foreign{path, has}
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, "unix", path)
	if err != nil {
		return nil, err
	}
	if uid, told := peer(conn.(*net.UnixConn)); told && known && uid != has && !may(uid) {
		_ = conn.Close()
		return nil, foreign{path, uid}
	}
	return conn, nil
}

// False if a user other than root and the owner of the folder could have placed path or one of its parents, as in /tmp.
func given(path string) bool {
	real, err := filepath.EvalSymlinks(path)
	return err == nil && placed(path) && placed(real)
}

func placed(path string) bool {
	path, err := filepath.Abs(path)
	if err != nil || path == filepath.Dir(path) {
		return err == nil
	}
	parent := filepath.Dir(path)
	link, err := os.Lstat(path)
	if err != nil || !placed(parent) {
		return false
	}
	in, err := os.Stat(parent)
	if err != nil {
		return false
	}
	theirs, _ := owner(in)
	is, known := owner(link)
	return known && (is == 0 || is == theirs) || in.Mode().Perm()&0o022 == 0
}

type foreign struct {
	path string
	uid  int
}

func (f foreign) Error() string {
	return fmt.Sprintf("%s belongs to uid %d, and you are uid %d. Run the command as the bot's user", f.path, f.uid,
		os.Geteuid())
}
