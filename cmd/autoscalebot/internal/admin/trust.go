package admin

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
)

// may says whether a user may ask this one's bot, or answer this one: the same user and root.
func may(uid int) bool { return uid == os.Geteuid() || uid == 0 }

// private makes the folder of a socket where it is missing. It is an error where another user could put a socket there instead.
func private(dir string) error {
	if err := os.Mkdir(dir, 0o700); err == nil || !errors.Is(err, os.ErrExist) {
		return err
	}
	link, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	if uid, known := owner(link); known && !may(uid) {
		return fmt.Errorf("%s belongs to the user with uid %d; remove it, or set ADMIN_SOCKET to a path in another folder", dir, uid)
	}
	switch info, err := os.Stat(dir); {
	case err != nil:
		return err
	case !info.IsDir():
		return fmt.Errorf("%s is not a folder; remove it, or set ADMIN_SOCKET to a path in another one", dir)
	case info.Mode().Perm()&0o002 != 0 && info.Mode()&os.ModeSticky == 0:
		return fmt.Errorf("everybody may write to the folder %s; chmod 700 it, or set ADMIN_SOCKET to a path in another one", dir)
	}
	return nil
}

// dialSocket connects to the bot that listens at path. The socket and who answers there must be this user's or root's. Root may ask
// everybody's bot, if who answers is the socket's owner, and an administrator gave that user the place.
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

// given says whether nobody could have put what stands at path there, nor a folder or link on the way, but root and the users whom root gave
// a folder. In one such as /tmp anybody could.
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

// foreign says that a socket, or who answers on it, is another user's.
type foreign struct {
	path string
	uid  int
}

func (f foreign) Error() string {
	return fmt.Sprintf("%s belongs to the user with uid %d, and this one has uid %d; run the command as the bot's user", f.path, f.uid, os.Geteuid())
}
