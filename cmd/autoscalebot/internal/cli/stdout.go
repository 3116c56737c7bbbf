package cli

import (
	"errors"
	"os"
	"sync/atomic"
	"syscall"

	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/service"
)

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
