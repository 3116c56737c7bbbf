// Package remote runs commands on machines: on others over SSH, and on this one the same way.
//
// A machine's host key is always checked against a file of known hosts; there is no way around that. Passphrases and
// keys stand in no error.
package remote

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
)

// A Machine is where commands can be run.
type Machine interface {
	// String is the machine's name, for people.
	String() string
	// Stream runs a command in the machine's shell, with stdin, which may be nil, as its standard input, and writes
	// what it says to stdout and stderr as it comes. The error is an [*ExitError] where the command ran and failed, or
	// ended by a signal. When ctx ends first, Stream returns; over SSH what the command began may go on there.
	Stream(ctx context.Context, command string, stdin io.Reader, stdout, stderr io.Writer) error
}

// An ExitError is a command that ran, and failed.
type ExitError struct {
	// Status is what it ended with, 1 to 255; -1 where it was ended by a signal.
	Status int
	// Said is the end of what it wrote to its standard error, or to its standard output where that is nothing; empty
	// from Stream.
	Said string
}

func (e *ExitError) Error() string {
	text := fmt.Sprintf("the command ended with status %d", e.Status)
	if e.Status < 0 {
		text = "the command was ended by a signal"
	}
	if e.Said != "" {
		text += ": " + e.Said
	}
	return text
}

// In bytes, of a command's output.
const (
	maxOut  = 4 << 20 // of its standard output; more is an error
	maxSaid = 2 << 10 // of what it complains, the end
)

// Run runs a command and gives its standard output, which is at most 4 MB.
func Run(ctx context.Context, m Machine, command string, stdin io.Reader) ([]byte, error) {
	out, complaint := &atMost{max: maxOut}, &tail{}
	err := m.Stream(ctx, command, stdin, out, complaint)
	if exit := (*ExitError)(nil); errors.As(err, &exit) {
		if exit.Said = complaint.String(); exit.Said == "" {
			t := &tail{}
			t.Write(out.b.Bytes())
			exit.Said = t.String()
		}
	}
	if err == nil && out.over {
		err = fmt.Errorf("the command says more than %d MB", maxOut>>20)
	}
	if err != nil {
		return nil, err
	}
	return out.b.Bytes(), nil
}

// Quote makes one word of the shell of a text.
func Quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

type atMost struct {
	b    bytes.Buffer // no embedded one: its ReadFrom would go around the bound
	max  int
	over bool
}

func (a *atMost) Write(p []byte) (int, error) {
	n := min(len(p), a.max-a.b.Len())
	a.over = a.over || n < len(p)
	a.b.Write(p[:n])
	return len(p), nil
}

type tail struct{ b []byte }

func (t *tail) Write(p []byte) (int, error) {
	t.b = append(t.b, p...)
	if extra := len(t.b) - maxSaid; extra > 0 {
		t.b = append(t.b[:0], t.b[extra:]...)
	}
	return len(p), nil
}

func (t *tail) String() string { return strings.TrimSpace(strings.ToValidUTF8(string(t.b), "?")) }
