//go:build linux || darwin

package local

import "syscall"

const haveGroups = true

// The group's id is that of its first process.
func ownGroup() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// Keeps the terminal's Ctrl-C and hang-up away from it.
func ownSession() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }

// A group that has already ended is not an error.
func signalGroup(id int, sig syscall.Signal) { _ = syscall.Kill(-id, sig) }

// Reaps processes that became children of the bot. That happens in a container with the bot as process 1, where nobody
// else would reap them.
func reapGroup(id int) {
	for {
		if pid, err := syscall.Wait4(-id, nil, syscall.WNOHANG, nil); pid <= 0 || err != nil {
			return
		}
	}
}
