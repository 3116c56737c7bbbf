package command

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/internal/group"
)

// A grandchild, such as a daemon, may hold a command's output open for this long.
const held = 500 * time.Millisecond

const ( // bytes
	maxOut  = 4 << 10  // the beginning of standard output
	maxTail = 64 << 10 // the end of standard error
	maxShow = 500      // of that, in an error
)

type runner struct {
	shell   string
	dir     string
	env     []string
	timeout time.Duration // of one turn: one or more commands, and the wait for the previous turn
	secrets []string
	turn    chan struct{} // holds a token during a turn
}

// Only checks what no shell can run.
func newRunner(dir string, env []string, timeout time.Duration, secrets []string, commands ...string) (runner, error) {
	switch {
	case strings.ContainsRune(strings.Join(commands, ""), 0):
		return runner{}, errors.New("the command contains a zero byte")
	case timeout < 0:
		return runner{}, fmt.Errorf("invalid timeout of the commands %v: must be 0 (default) or more", timeout)
	}
	if dir != "" {
		if st, err := os.Stat(dir); err != nil {
			return runner{}, fmt.Errorf("folder of the commands: %w", err)
		} else if !st.IsDir() {
			return runner{}, fmt.Errorf("folder of the commands: %s is not a folder", dir)
		}
	}
	shell, err := exec.LookPath("sh")
	if err != nil {
		return runner{}, fmt.Errorf("the commands need sh, which is not on the PATH: %w", err)
	}
	return runner{shell: shell, dir: dir, env: env, timeout: timeout, secrets: secrets, turn: make(chan struct{}, 1)},
		nil
}

// Waits for a turn and holds it until end is called. name begins the error.
func (r *runner) begin(ctx context.Context, name string) (turn context.Context, end func(), err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, r.timeout, errSlow)
	select {
	case r.turn <- struct{}{}:
		return ctx, func() { <-r.turn; cancel() }, nil
	case <-ctx.Done():
		defer cancel()
		return nil, nil, fmt.Errorf("%s: the previous command is still running: %w", name, context.Cause(ctx))
	}
}

func (r *runner) run(ctx context.Context, name string, env []string, args ...string) (capped, error) {
	ctx, end, err := r.begin(ctx, name)
	if err != nil {
		return capped{}, err
	}
	defer end()
	return r.sh(ctx, name, maxOut, env, args...)
}

// Adds env to the environment, and returns at most that many bytes from the start of standard output. name begins the
// error. The caller holds the turn.
func (r *runner) sh(ctx context.Context, name string, most int, env []string, args ...string) (capped, error) {
	out, complaint := capped{max: most}, capped{max: maxTail, tail: true}
	cmd, end, err := group.Shell(ctx, r.shell, args...)
	if err != nil {
		return capped{}, fmt.Errorf("%s: %w", name, err)
	}
	defer end()
	cmd.Dir = r.dir
	cmd.Env = append(append([]string{}, r.env...), env...) // never nil, which would mean the bot's own
	cmd.Stdout, cmd.Stderr = &out, &complaint
	cmd.WaitDelay = held
	err = cmd.Run()
	switch {
	case ctx.Err() != nil && err != nil:
		err = fmt.Errorf("%w, so it was stopped", context.Cause(ctx))
		if errors.Is(err, errSlow) {
			err = fmt.Errorf("it took longer than %v, so it was stopped", r.timeout)
		}
	case errors.Is(err, exec.ErrWaitDelay):
		err = nil // it succeeded; a daemon holds its output
	}
	if err == nil {
		return out, nil
	}
	if said := lastBytes(r.show(complaint), maxShow); said != "" {
		return capped{}, fmt.Errorf("%s: %w: %s", name, err, said)
	}
	return capped{}, fmt.Errorf("%s: %w", name, err)
}

var errSlow = errors.New("it took too long")
