//go:build !unix

package throttle

// Descriptors is the maximum number of open files and connections of this process, at most 8,192.
func Descriptors() int { return 1 << 13 }
