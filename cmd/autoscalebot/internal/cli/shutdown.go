package cli

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// A second signal within this time does not force the end: timeout(1), for one, signals a process and then its group.
// After this time all commands that the bot runs have ended.
const forceAfter = 5 * time.Second

// The context ends at the first SIGINT or SIGTERM, at the SIGHUP of a closed terminal, and at end. A second SIGINT or
// SIGTERM more than forceAfter later ends the process at once. A SIGPIPE is ignored, as the write that caused it fails.
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
