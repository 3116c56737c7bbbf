//go:build !linux && !darwin

package local

import "syscall"

// Without process groups New fails, so the rest is never called.
const haveGroups = false

func ownGroup() *syscall.SysProcAttr { return nil }

func ownSession() *syscall.SysProcAttr { return nil }

func signalGroup(int, syscall.Signal) {}

func reapGroup(int) {}

func groupAlive(int) bool { return false }
