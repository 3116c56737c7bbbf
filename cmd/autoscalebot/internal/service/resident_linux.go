package service

import (
	"bytes"
	"fmt"
	"os"
	"runtime/debug"
	"syscall"
)

// Releases the memory that only the start needed: garbage, and the pages of the program itself. Half of these are never
// read again, but platforms count them as used. The kernel reads needed pages from the program's file again.
func forgetStart() {
	debug.FreeOSMemory()
	program, err := os.Readlink("/proc/self/exe")
	if err != nil {
		return
	}
	maps, err := os.ReadFile("/proc/self/smaps")
	if err != nil {
		return
	}
	var at, size uintptr // of the current mapping; a size of 0 means not ours
	for line := range bytes.Lines(maps) {
		var from, to uintptr
		var mode string
		if n, _ := fmt.Sscanf(string(line), "%x-%x %s", &from, &to, &mode); n == 3 {
			at, size = from, 0
			if mode[1] != 'w' && bytes.HasSuffix(bytes.TrimSpace(line), []byte(" "+program)) {
				size = to - from
			}
		}
		// Changed pages must stay: they differ from the file.
		if size > 0 && bytes.HasPrefix(line, []byte("Anonymous:")) && bytes.Contains(line, []byte(" 0 kB")) {
			_, _, _ = syscall.Syscall(syscall.SYS_MADVISE, at, size, syscall.MADV_DONTNEED)
		}
	}
}
