package cli

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// forceAfter is how long after the first signal another one does not cut the clean end off: whoever signals a process
// and its group, as timeout(1) does, signals twice. By then all commands that the bot runs have ended.
const forceAfter = 5 * time.Second

// signals returns a context that ends at the first SIGINT or SIGTERM, at the SIGHUP of a terminal that was closed, and
// at end. A further SIGINT or SIGTERM ends the process at once, but not within the first seconds. A SIGPIPE does
// nothing: the write that caused it fails.
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
			case s != syscall.SIGHUP && time.Since(first) > forceAfter:
				os.Exit(exitWork)
			}
		}
	}()
	return ctx, end
}

func hasTerminal() bool {
	f, err := os.Open("/dev/tty")
	if err != nil {
		return false
	}
	f.Close()
	return true
}
