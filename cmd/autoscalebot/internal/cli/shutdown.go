package cli

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/spf13/cobra"
)

const (
	// A second signal within this time does not force the end: timeout(1), for one, signals a process and then its
	// group. After this time all commands that the bot runs have ended.
	forceAfter = 5 * time.Second
	// The time in which a command that only reads or computes removes its temporary files.
	grace = time.Second
	// Added to the number of a signal, as by shells.
	signalled = 128
)

// These commands, and those below them, end in their own time after a signal: they run other programs, or finish the
// call in flight and say what state they leave.
var endInOwnTime = []string{"run", "demo", "check", "servers", "image", "sample-app"}

// An ending is the way in which the program ends after a signal.
type ending struct {
	first atomic.Int32 // the first signal, 0 before
	// inOwnTime is true for a command of endInOwnTime, and bot for the bot itself, which a signal ends as intended.
	inOwnTime, bot atomic.Bool
	reload         chan string // gets the name of a signal that asks the bot to read its settings again
}

type endingKey struct{}

// The context ends at the first SIGINT or SIGTERM, at the SIGHUP of a closed terminal, and at end. Any other SIGHUP
// asks the bot to read its settings again, and other commands ignore it. A command that does not end in its own time
// then has the grace. A second SIGINT or SIGTERM more than forceAfter later ends the process at once. A SIGPIPE is
// ignored, as the write that caused it fails.
func signals() (ctx context.Context, end context.CancelFunc, e *ending) {
	e = &ending{reload: make(chan string, 1)}
	ctx, end = context.WithCancel(context.WithValue(context.Background(), endingKey{}, e))
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
			case s == syscall.SIGPIPE:
				continue
			case s == syscall.SIGHUP && (!had || hasTerminal()):
				select {
				case e.reload <- "SIGHUP":
				default: // one is waiting already, and will read what is there then
				}
			case first.IsZero():
				first = time.Now()
				e.first.Store(int32(s.(syscall.Signal)))
				end()
				time.AfterFunc(grace, e.force)
			case s != syscall.SIGHUP && time.Since(first) > forceAfter:
				os.Exit(e.code(exitWork))
			}
		}
	}()
	return ctx, end, e
}

func (e *ending) force() {
	if !e.inOwnTime.Load() {
		fmt.Fprintln(os.Stderr, "\nautoscalebot: interrupted") // the terminal shows ^C in the line before
		os.Exit(e.code(exitWork))
	}
}

// After a signal, a command that could not finish has the exit code of shells.
func (e *ending) code(code int) int {
	if first := int(e.first.Load()); code == exitWork && first != 0 && !e.bot.Load() {
		return signalled + first
	}
	return code
}

// A context without an ending is that of a test.
func startsEnding(cmd *cobra.Command) {
	e, ok := cmd.Context().Value(endingKey{}).(*ending)
	if !ok {
		return
	}
	e.bot.Store(!cmd.HasParent() || cmd.Name() == "run")
	for c := cmd; c.HasParent(); c = c.Parent() {
		if slices.Contains(endInOwnTime, c.Name()) {
			e.inOwnTime.Store(true)
		}
	}
	if e.bot.Load() {
		e.inOwnTime.Store(true)
	}
}

func endsInOwnTime(ctx context.Context) bool {
	e, ok := ctx.Value(endingKey{}).(*ending)
	return ok && e.inOwnTime.Load()
}

// Nil for the context of a test.
func reloads(ctx context.Context) <-chan string {
	if e, ok := ctx.Value(endingKey{}).(*ending); ok {
		return e.reload
	}
	return nil
}

func hasTerminal() bool {
	f, err := os.Open("/dev/tty")
	if err != nil {
		return false
	}
	f.Close()
	return true
}
