//go:build !unix

// Package group ends commands together with all that they started.
package group

import (
	"context"
	"os/exec"
)

// Shell makes a command that runs the shell with these arguments. It goes on when this program is killed.
func Shell(ctx context.Context, shell string, args ...string) (cmd *exec.Cmd, end func(), err error) {
	return exec.CommandContext(ctx, shell, args...), func() {}, nil
}

// Lead does nothing where there are no process groups: the context ends the command alone.
func Lead(*exec.Cmd) {}
