//go:build !linux

package childtest

import (
	"os/exec"
	"regexp"
	"testing"
)

// Start skips the test, since it needs Linux.
func Start(t testing.TB, _ *exec.Cmd, _ *regexp.Regexp) []string {
	t.Skip("tests with real servers run on Linux")
	return nil
}
