package admin

import (
	"fmt"
	"net"
	"syscall"
)

// peer says who is at the other end of a socket.
func peer(c *net.UnixConn) string {
	raw, err := c.SyscallConn()
	if err != nil {
		return socketUser
	}
	var who *syscall.Ucred
	if ctlErr := raw.Control(func(fd uintptr) {
		who, err = syscall.GetsockoptUcred(int(fd), syscall.SOL_SOCKET, syscall.SO_PEERCRED)
	}); ctlErr != nil || err != nil {
		return socketUser
	}
	return fmt.Sprintf("uid %d", who.Uid)
}
