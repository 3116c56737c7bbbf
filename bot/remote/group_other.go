//go:build !unix

package remote

import "os/exec"

// inOwnGroup does nothing where there are no process groups: the context ends the shell alone.
func inOwnGroup(*exec.Cmd) {}
