//go:build !unix

// Package group ends commands together with all that they started.
package group

import "os/exec"

// Lead does nothing where there are no process groups: the context ends the command alone.
func Lead(*exec.Cmd) {}
