package remote

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/internal/group"
)

// held is how long what a command started may hold its output open.
const held = 500 * time.Millisecond

const usualPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// ThisMachine runs commands here, by sh, as the user who runs the bot. They get nothing of the bot's environment, in
// which there are secrets, but the usual PATH.
func ThisMachine() Machine { return local{} }

type local struct{}

func (local) String() string { return "this machine" }

func (local) Stream(ctx context.Context, command string, stdin io.Reader, stdout, stderr io.Writer) error {
	cmd := exec.CommandContext(ctx, "/bin/sh", "-c", command)
	cmd.Env = []string{usualPath}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = stdin, stdout, stderr
	cmd.WaitDelay = held
	group.Lead(cmd)
	err := cmd.Run()
	exit := (*exec.ExitError)(nil)
	switch {
	case err == nil, errors.Is(err, exec.ErrWaitDelay):
		return nil
	case ctx.Err() != nil:
		return fmt.Errorf("the command was ended: %w", context.Cause(ctx))
	case errors.As(err, &exit):
		return &ExitError{Status: exit.ExitCode()}
	}
	return fmt.Errorf("run a command: %w", err)
}
