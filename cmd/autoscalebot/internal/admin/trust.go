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

// private fails where another user could put a socket there instead.
func private(dir string) error {
	if err := os.Mkdir(dir, 0o700); err == nil || !errors.Is(err, os.ErrExist) {
		return err
	}
	link, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	if uid, known := owner(link); known && !may(uid) {
		return fmt.Errorf("%s belongs to the user with uid %d; remove it, or set ADMIN_SOCKET to a path in "+
			"another folder", dir, uid)
	}
	switch info, err := os.Stat(dir); {
	case err != nil:
		return err
	case !info.IsDir():
		return fmt.Errorf("%s is not a folder; remove it, or set ADMIN_SOCKET to a path in another one", dir)
	case info.Mode().Perm()&0o002 != 0 && info.Mode()&os.ModeSticky == 0:
		return fmt.Errorf("everybody may write to the folder %s; chmod 700 it, or set ADMIN_SOCKET to a path in "+
			"another one", dir)
	}
	return nil
}

// dialSocket wants the socket and who answers to be this user's or root's. Root may ask anybody's bot, if who answers
// is the socket's owner and an administrator gave that user the place.
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

// given is false where anybody but root, and users to whom root gave a folder, could have put something at path or on
// the way there, such as in /tmp.
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
	return fmt.Sprintf("%s belongs to the user with uid %d, and this one has uid %d; run the command as "+
		"the bot's user", f.path, f.uid, os.Geteuid())
}
