package local

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
)

// A process that ended but was not reaped by its new parent, process 1, can still be signalled. /proc shows its real
// state.
func groupAlive(id int) bool {
	if syscall.Kill(-id, 0) != nil {
		return false
	}
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return true
	}
	for _, e := range entries {
		if c := e.Name()[0]; c < '0' || c > '9' {
			continue
		}
		stat, err := os.ReadFile(filepath.Join("/proc", e.Name(), "stat"))
		if err != nil {
			continue // it has ended meanwhile
		}
		// "PID (NAME) STATE PPID PGRP …", and a name may contain anything.
		f := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
		if len(f) > 2 && string(f[2]) == strconv.Itoa(id) && f[0][0] != 'Z' && f[0][0] != 'X' {
			return true
		}
	}
	return false
}
