//go:build unix

package throttle

import "syscall"

// as many as anything here needs
const mostDescriptors = 1 << 13

// Descriptors is how many files and connections this process may have open, 8,192 at the most.
func Descriptors() int {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 256 // the smallest that systems have by default
	}
	return int(min(uint64(limit.Cur), mostDescriptors))
}
