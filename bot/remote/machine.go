// Package remote runs commands on other machines over SSH, and on this one in the same way.
//
// A machine's host key is always checked against a file of known hosts. Errors contain no passphrases and no keys.
package remote

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
)

// A Machine runs commands.
type Machine interface {
	// String returns the machine's name, for people.
	String() string
	// Stream runs a command in the machine's shell and writes its output to stdout and stderr as it comes. stdin may be
	// nil. The error is an [*ExitError] if the command failed or was ended by a signal. Stream returns when ctx ends;
	// over SSH, processes of the command may continue.
	Stream(ctx context.Context, command string, stdin io.Reader, stdout, stderr io.Writer) error
}

// An ExitError is a command that ran and failed.
type ExitError struct {
	// Status is the exit status, 1 to 255; -1 for a signal.
	Status int
	// Said is the end of its standard error, or else of its standard output; empty from Stream.
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

// Bytes of a command's output.
const (
	maxOut  = 4 << 20 // of standard output; more is an error
	maxSaid = 2 << 10 // the end of standard error
)

// Run runs a command and returns its standard output, at most 4 MB.
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
		err = fmt.Errorf("the command printed more than %d MB", maxOut>>20)
	}
	if err != nil {
		return nil, err
	}
	return out.b.Bytes(), nil
}

// Quote makes text a single word of the shell.
func Quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

type atMost struct {
	b    bytes.Buffer // not embedded: its ReadFrom would bypass the limit
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
