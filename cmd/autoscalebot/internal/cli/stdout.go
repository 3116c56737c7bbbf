package cli

import (
	"errors"
	"os"
	"sync/atomic"
	"syscall"

	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/service"
)

// A standard is the program's standard output or standard error. It ends the program when the reader is gone.
type standard struct {
	f          *os.File
	isTerminal bool
	end        func()
	gone       atomic.Bool
}

func newStandard(f *os.File, end func()) *standard {
	return &standard{f: f, isTerminal: service.IsTerminal(f), end: end}
}

// Write writes p. It calls end if the pipe has no reader or the terminal is closed.
func (o *standard) Write(p []byte) (int, error) {
	n, err := o.f.Write(p)
	if errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.EIO) && o.isTerminal {
		o.gone.Store(true)
		o.end()
	}
	return n, err
}

// Fd returns the file's descriptor, which tells whether it is a terminal, and its size.
func (o *standard) Fd() uintptr { return o.f.Fd() }

func (o *standard) broken() bool { return o.gone.Load() }
