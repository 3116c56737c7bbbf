// Command autoscalebot keeps an app fast and its bill small: it requests a heartbeat URL of the app every interval, scales its
// dynos inside the limits of the hour, and tells people what it did and why.
//
// It is set up by environment variables: autoscalebot settings lists them.
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // the binary runs where no zone files are
)

// Exit codes.
const (
	exitFine  = 0
	exitWork  = 1 // something failed at work
	exitUsage = 2 // wrong usage or settings
)

func main() {
	// Libraries write to the standard log what only they find worth it, at times bytes that a server sent. Nothing of ours does.
	log.SetOutput(io.Discard)
	takeAllProxy()
	ctx, stop := signals()
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run runs the command that args name and returns the exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	started := false
	root := newRoot(&started)
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitFine
	}
	fmt.Fprintf(stderr, "autoscalebot: %v\n", err)
	if !started || isSettings(err) {
		return exitUsage
	}
	return exitWork
}

// signals returns a context that ends at the first SIGINT or SIGTERM. A second one ends the process at once.
func signals() (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(context.Background())
	ch := make(chan os.Signal, 2)
	signal.Notify(ch, syscall.SIGINT, syscall.SIGTERM)
	go func() {
		<-ch
		cancel()
		<-ch
		os.Exit(exitWork)
	}()
	return ctx, cancel
}
