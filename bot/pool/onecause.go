package pool

import (
	"context"
	"errors"
	"os"
	"syscall"
)

// Causes already reported. Each is reported once, however many things it breaks.
type causes map[string]bool

func (c causes) known(err error) bool {
	known := false
	remember := func(text string) {
		known = known || c[text]
		c[text] = true
	}
	for ; err != nil && !general(err); err = errors.Unwrap(err) {
		if named, ok := err.(interface{ Cause() string }); ok && named.Cause() != "" {
			remember(named.Cause())
			return known
		}
		if many, ok := err.(interface{ Unwrap() []error }); ok && len(many.Unwrap()) > 0 {
			all := true
			for _, part := range many.Unwrap() {
				all = c.known(part) && all
			}
			return known || all
		}
		remember(err.Error())
	}
	return known
}

func general(err error) bool {
	switch err.(type) {
	case syscall.Errno, *os.SyscallError:
		return true
	}
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) ||
		err == ErrRefused || err == ErrGone || err == ErrNotOurs
}
