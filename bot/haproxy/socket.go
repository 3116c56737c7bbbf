package haproxy

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"
)

const maxAnswer = 16 << 20 // bytes, of some 20,000 servers

const maxSaid = 300 // bytes of an answer that an error shows

type socket struct {
	name             string // as the user gave it
	network, address string
	timeout          time.Duration
}

// ask leaves out the empty lines that end an answer. Without a prompt HAProxy closes the connection behind the
// answer, so each command has a connection of its own.
func (s *socket) ask(ctx context.Context, command string) (string, error) {
	if strings.ContainsAny(command, ";\n\r\\<") {
		// what is put into it was checked before: this is the net below
		return "", fmt.Errorf("the command %q would be more than one", cut(command, maxSaid))
	}
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	answer, err := s.exchange(ctx, command)
	switch {
	case err == nil:
		return strings.TrimRight(answer, "\n"), nil
	case errors.Is(context.Cause(ctx), context.DeadlineExceeded):
		return "", fmt.Errorf("ask HAProxy at %s: it gave no answer in time", s.name)
	case ctx.Err() != nil:
		return "", fmt.Errorf("ask HAProxy at %s: %w", s.name, context.Cause(ctx))
	}
	return "", fmt.Errorf("ask HAProxy at %s: %w", s.name, err)
}

func (s *socket) exchange(ctx context.Context, command string) (string, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, s.network, s.address)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	if _, err := io.WriteString(conn, command+"\n"); err != nil {
		return "", err
	}
	answer, err := io.ReadAll(io.LimitReader(conn, maxAnswer+1))
	switch {
	case err != nil:
		return "", err
	case len(answer) > maxAnswer:
		return "", fmt.Errorf("its answer to %q is longer than %d MB", cut(command, maxSaid), maxAnswer>>20)
	case len(answer) == 0: // even a command that says nothing is answered by an empty line
		return "", errors.New("it closed the connection without an answer: is that its stats socket?")
	}
	return string(answer), nil
}

// tell takes the answers well, and an empty one, which most commands give when all is well. Any other is a *refusal,
// which may still be a success in the words of another version: what became of it is read back.
func (s *socket) tell(ctx context.Context, command string, well ...string) error {
	answer, err := s.ask(ctx, command)
	if err != nil {
		return err
	}
	if answer == "" {
		return nil
	}
	for _, w := range well {
		if strings.Contains(answer, w) {
			return nil
		}
	}
	return &refusal{name: s.name, command: command, answer: cut(answer, maxSaid)}
}

type refusal struct{ name, command, answer string }

func (r *refusal) Error() string {
	text := fmt.Sprintf("HAProxy at %s answers %q to %q", r.name, r.answer, r.command)
	switch {
	case strings.Contains(r.answer, "Permission denied"):
		text += ": its stats socket needs level admin"
	case strings.Contains(r.answer, "dynamic load balancing"):
		text += ": use roundrobin, leastconn, random or first in that backend, or hash-type consistent, or make " +
			"empty servers there by server-template"
	case strings.Contains(r.answer, "experimental"):
		text += ": servers can be added since HAProxy 2.6; before, make empty ones by server-template"
	}
	return text
}

// A refusal is to be judged by what is read back.
func unread(err error) (refused, other error) {
	if r := (*refusal)(nil); errors.As(err, &r) {
		return err, nil
	}
	return nil, err
}
