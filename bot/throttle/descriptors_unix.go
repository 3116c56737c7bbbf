//go:build unix

package throttle

import "syscall"

const mostDescriptors = 1 << 13 // more than the program needs

// Descriptors is the maximum number of open files and connections of this process, at most 8,192.
func Descriptors() int {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 256 // the lowest default of common systems
	}
	return int(min(uint64(limit.Cur), mostDescriptors))
}
