package command

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"time"
)

// held is how long a command's end waits for its output when a grandchild holds that open: a daemon that it started, say.
const held = 500 * time.Millisecond

// The bounds of what is kept of a command's output, in bytes.
const (
	maxOut  = 4 << 10  // the beginning of its standard output
	maxTail = 64 << 10 // the end of its standard error
	maxShow = 500      // how much of that an error shows
)

// run runs the shell with these arguments, and env added to its environment, and gives its standard output. name begins the
// error.
func (p *Platform) run(ctx context.Context, name string, env []string, args ...string) (capped, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, p.o.Timeout, errSlow)
	defer cancel()
	select {
	case p.turn <- struct{}{}:
		defer func() { <-p.turn }()
	case <-ctx.Done():
		return capped{}, fmt.Errorf("%s: the one before it has not ended: %w", name, context.Cause(ctx))
	}

	out, complaint := capped{max: maxOut}, capped{max: maxTail, tail: true}
	cmd := exec.CommandContext(ctx, p.shell, args...)
	cmd.Dir = p.o.Dir
	cmd.Env = append(append([]string{}, p.o.Env...), env...) // never nil, which would be the bot's own
	cmd.Stdout, cmd.Stderr = &out, &complaint
	cmd.WaitDelay = held
	inOwnGroup(cmd)
	err := cmd.Run()
	switch {
	case ctx.Err() != nil && err != nil:
		err = fmt.Errorf("%w, so it was ended", context.Cause(ctx))
		if errors.Is(err, errSlow) {
			err = fmt.Errorf("it took longer than %v, so it was ended", p.o.Timeout)
		}
	case errors.Is(err, exec.ErrWaitDelay):
		err = nil // it ended well; a daemon that it left behind holds its output
	}
	if err == nil {
		return out, nil
	}
	if said := lastBytes(p.show(complaint), maxShow); said != "" {
		return capped{}, fmt.Errorf("%s: %w: %s", name, err, said)
	}
	return capped{}, fmt.Errorf("%s: %w", name, err)
}

var errSlow = errors.New("it took too long")
