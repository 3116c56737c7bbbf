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

// A process that the command started may hold its output open for this long.
const held = 500 * time.Millisecond

const usualPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// ThisMachine runs commands on this machine with sh, as the bot's user. The bot's environment, which contains secrets,
// is not passed on, only a default PATH.
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
		return fmt.Errorf("the command was stopped: %w", context.Cause(ctx))
	case errors.As(err, &exit):
		return &ExitError{Status: exit.ExitCode()}
	}
	return fmt.Errorf("run a command: %w", err)
}
