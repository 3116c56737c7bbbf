package local

import "syscall"

// A signal to an ended process is not permitted on macOS.
func groupAlive(id int) bool { return syscall.Kill(-id, 0) == nil }
