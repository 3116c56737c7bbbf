package cli

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/service"
)

// insist is how long after the first signal another one does not cut the clean end off: whoever signals a process and its group, as
// timeout(1) does, signals twice. By then all commands that the bot runs have ended.
const insist = 5 * time.Second

// signals returns a context that ends at the first SIGINT or SIGTERM, at the SIGHUP of a terminal that was closed, and at end. A further
// SIGINT or SIGTERM ends the process at once, but not within the first seconds. A SIGPIPE does nothing: the write that caused it fails.
func signals() (ctx context.Context, end context.CancelFunc) {
	ctx, end = context.WithCancel(context.Background())
	ch := make(chan os.Signal, 16)
	signal.Notify(ch, syscall.SIGINT, syscall.SIGTERM, syscall.SIGPIPE)
	if !signal.Ignored(syscall.SIGHUP) { // as under nohup
		signal.Notify(ch, syscall.SIGHUP)
	}
	had := hasTerminal()
	go func() {
		var first time.Time
		for s := range ch {
			switch {
			case s == syscall.SIGPIPE, s == syscall.SIGHUP && (!had || hasTerminal()):
				continue
			case first.IsZero():
				first = time.Now()
				end()
			case s != syscall.SIGHUP && time.Since(first) > insist:
				os.Exit(exitWork)
			}
		}
	}()
	return ctx, end
}

// hasTerminal says whether the process has a terminal that controls it.
func hasTerminal() bool {
	f, err := os.Open("/dev/tty")
	if err != nil {
		return false
	}
	f.Close()
	return true
}

// A standard is the program's standard output or error. When nobody reads it any more, it ends what the program does.
type standard struct {
	f          *os.File
	isTerminal bool
	end        func()
	gone       atomic.Bool
}

func newStandard(f *os.File, end func()) *standard {
	return &standard{f: f, isTerminal: service.IsTerminal(f), end: end}
}

// Write writes p. A pipe whose reader has gone, and a terminal that was closed, end the program.
func (o *standard) Write(p []byte) (int, error) {
	n, err := o.f.Write(p)
	if errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.EIO) && o.isTerminal {
		o.gone.Store(true)
		o.end()
	}
	return n, err
}

// Fd is that of the file, by which others find out whether it is a terminal and how large.
func (o *standard) Fd() uintptr { return o.f.Fd() }

func (o *standard) broken() bool { return o.gone.Load() }
