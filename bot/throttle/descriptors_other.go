//go:build !unix

package throttle

// Descriptors is how many files and connections this process may have open, 8,192 at the most.
func Descriptors() int { return 1 << 13 }
