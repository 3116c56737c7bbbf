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

const maxAnswer = 16 << 20 // bytes; enough for some 20,000 servers

const maxSaid = 300 // bytes of an answer in an error

type socket struct {
	name             string // as the user wrote it
	network, address string
	timeout          time.Duration
}

// Without a prompt, HAProxy closes the connection after its answer, so each command has its own connection. The empty
// lines at the end of an answer are dropped.
func (s *socket) ask(ctx context.Context, command string) (string, error) {
	if strings.ContainsAny(command, ";\n\r\\<") {
		// a second barrier: the parts of the command were checked before
		return "", fmt.Errorf("the command %q contains a separator", cut(command, maxSaid))
	}
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	answer, err := s.exchange(ctx, command)
	switch {
	case err == nil:
		return strings.TrimRight(answer, "\n"), nil
	case errors.Is(context.Cause(ctx), context.DeadlineExceeded):
		return "", fmt.Errorf("HAProxy at %s did not answer in time", s.name)
	case ctx.Err() != nil:
		return "", fmt.Errorf("HAProxy at %s: %w", s.name, context.Cause(ctx))
	}
	return "", fmt.Errorf("HAProxy at %s: %w", s.name, err)
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
	case len(answer) == 0: // HAProxy answers every command, if only with an empty line
		return "", errors.New("it closed the connection without an answer. Check that HAPROXY_SOCKETS names " +
			"its stats socket")
	}
	return string(answer), nil
}

// Accepts an empty answer, the usual sign of success, or one that contains a text of well. Any other is a *refusal,
// which may still be a success in the words of another version: the effect is read back.
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
	text := fmt.Sprintf("HAProxy at %s answered %q to %q", r.name, r.answer, r.command)
	switch {
	case strings.Contains(r.answer, "Permission denied"):
		text += ". Give its stats socket level admin"
	case strings.Contains(r.answer, "dynamic load balancing"):
		text += ". Use roundrobin, leastconn, random, first, or hash-type consistent in that backend, or " +
			"create empty " +
			"servers with server-template"
	case strings.Contains(r.answer, "experimental"):
		text += ". Adding servers needs HAProxy 2.6. For older versions, create empty ones with server-template"
	}
	return text
}

// A refusal counts as an error only if the state that is read back says so.
func unread(err error) (refused, other error) {
	if r := (*refusal)(nil); errors.As(err, &r) {
		return err, nil
	}
	return nil, err
}
