//go:build !unix

// Package group ends commands together with every process that they started.
package group

import (
	"context"
	"os/exec"
)

// Shell returns a command that runs the shell with these arguments. It continues if this program is killed.
func Shell(ctx context.Context, shell string, args ...string) (cmd *exec.Cmd, end func(), err error) {
	return exec.CommandContext(ctx, shell, args...), func() {}, nil
}

// Lead does nothing without process groups: the context ends only the command itself.
func Lead(*exec.Cmd) {}
