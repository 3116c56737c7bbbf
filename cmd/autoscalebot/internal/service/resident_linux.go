package service

import (
	"bytes"
	"fmt"
	"os"
	"runtime/debug"
	"syscall"
)

// forgetStart gives back the memory that only the start needed: garbage, and the program's own pages, half of which are
// never read again. Platforms count those among the memory that a dyno uses. What is needed again is read from the
// program's file, as it was at first.
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
	var at, size uintptr // of the mapping that the lines are about; a size of 0 is one to leave alone
	for line := range bytes.Lines(maps) {
		var from, to uintptr
		var mode string
		if n, _ := fmt.Sscanf(string(line), "%x-%x %s", &from, &to, &mode); n == 3 {
			at, size = from, 0
			if mode[1] != 'w' && bytes.HasSuffix(bytes.TrimSpace(line), []byte(" "+program)) {
				size = to - from
			}
		}
		// Pages that were written to are not those of the file any more.
		if size > 0 && bytes.HasPrefix(line, []byte("Anonymous:")) && bytes.Contains(line, []byte(" 0 kB")) {
			_, _, _ = syscall.Syscall(syscall.SYS_MADVISE, at, size, syscall.MADV_DONTNEED)
		}
	}
}
