//go:build !linux && !darwin

package local

import "syscall"

// Without them New fails, so nothing below is ever called.
const haveGroups = false

func ownGroup() *syscall.SysProcAttr { return nil }

func ownSession() *syscall.SysProcAttr { return nil }

func signalGroup(int, syscall.Signal) {}

func reapGroup(int) {}

func groupAlive(int) bool { return false }
