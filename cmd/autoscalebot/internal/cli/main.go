// Package cli is the program's commands: each takes its flags, calls what does the work, and prints what came of it.
package cli

import (
	"context"
	"fmt"
	"io"
	"log"
	"os"
	_ "time/tzdata" // the binary runs where no zone files are
)

// Exit codes.
const (
	exitFine  = 0
	exitWork  = 1 // something failed at work
	exitUsage = 2 // wrong usage or settings
)

// Main runs the command that the program's arguments name, and returns its exit code.
func Main() int {
	// Libraries write to the standard log what only they find worth it, at times bytes that a server sent. Nothing of
	// ours does.
	log.SetOutput(io.Discard)
	readyToCrash()
	if code, ended := asInit(); ended {
		return code
	}
	takeAllProxy()
	ctx, end := signals()
	stdout, stderr := newStandard(os.Stdout, end), newStandard(os.Stderr, end)
	code := run(ctx, os.Args[1:], stdout, stderr)
	end()
	if code == exitWork && (stdout.broken() || stderr.broken()) {
		code = exitFine // what failed is telling somebody who has gone
	}
	return code
}

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
