package local

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"regexp"
	"strings"
	"time"
)

var plainWord = regexp.MustCompile(`^[A-Za-z0-9_./+-]+$`) // no shell syntax

// Check tests the shell, the address, the command's syntax and whether its program exists. It runs only the shell, and
// changes nothing.
func (p *Platform) Check(ctx context.Context, report func(what, found string, err error)) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	report("shell", p.procs.shell, nil)
	report("router address", p.url+" is free", nil) // New listens there
	_, err := p.sh(ctx, "-n", "-c", p.o.Command)
	if err != nil {
		report("command", p.o.Command, fmt.Errorf("syntax error: %w", err))
		return
	}
	report("command", p.o.Command, nil)
	word := strings.Fields(p.o.Command)[0]
	if !plainWord.MatchString(word) {
		return
	}
	path, err := p.sh(ctx, "-c", `command -v "$1"`, "sh", word)
	if err != nil {
		err = fmt.Errorf("program %q not found in the folder or on the PATH of the app", word)
	}
	report("program", path, err)
}

func (p *Platform) sh(ctx context.Context, args ...string) (string, error) {
	var out, complaint bytes.Buffer
	cmd := exec.CommandContext(ctx, p.procs.shell, args...)
	cmd.Dir = p.o.Dir
	cmd.Env = append([]string{}, p.o.Env...)
	cmd.Stdout, cmd.Stderr = &out, &complaint
	cmd.WaitDelay = time.Second
	if err := cmd.Run(); err != nil {
		if text := strings.TrimSpace(complaint.String()); text != "" {
			return "", errors.New(text)
		}
		return "", err
	}
	return strings.TrimSpace(out.String()), nil
}
