// Package cli has the program's commands. Each one parses its flags, calls the package that does the work, and prints
// the result.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"strings"
	_ "time/tzdata" // for machines without zone files

	"github.com/spf13/cobra"
)

// Exit codes. After a signal there is also [signalled] and its number, such as 130 after Ctrl-C.
const (
	exitFine  = 0
	exitWork  = 1 // a failure at work
	exitUsage = 2 // wrong usage or settings
)

// Main runs the command that os.Args names, and returns its exit code: 0, 1, 2, or 130 and the like after
// a signal.
func Main() int {
	// Only libraries use the standard log, sometimes for bytes that a server sent.
	log.SetOutput(io.Discard)
	readyToCrash()
	cobra.EnableCommandSorting = false // newRoot lists the commands in the order of their use
	if code, ended := asInit(); ended {
		return code
	}
	takeAllProxy()
	ctx, end, ending := signals()
	stdout, stderr := newStandard(os.Stdout, end), newStandard(os.Stderr, end)
	code := ending.code(run(ctx, os.Args[1:], stdout, stderr))
	end()
	if code == exitWork && (stdout.broken() || stderr.broken()) {
		code = exitFine // only writing failed, because the reader is gone
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
	if started && ctx.Err() != nil && !endsInOwnTime(ctx) && !strings.HasPrefix(err.Error(), "interrupted") {
		err = errors.New("interrupted") // the rest says where in the program
	}
	fmt.Fprintf(stderr, "autoscalebot: %v\n", err)
	if !started || isSettings(err) {
		return exitUsage
	}
	return exitWork
}
