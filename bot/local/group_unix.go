//go:build linux || darwin

package local

import "syscall"

const haveGroups = true

// The group's id is the process's.
func ownGroup() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// The terminal's Ctrl-C and hang-up don't reach it.
func ownSession() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }

// That the group has ended is no error.
func signalGroup(id int, sig syscall.Signal) { _ = syscall.Kill(-id, sig) }

// reapGroup takes note of processes that have become children of the bot, as they do in a container in which the bot
// is process 1. Nobody else would, and they would stay for ever.
func reapGroup(id int) {
	for {
		if pid, err := syscall.Wait4(-id, nil, syscall.WNOHANG, nil); pid <= 0 || err != nil {
			return
		}
	}
}
