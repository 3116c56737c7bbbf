package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/term"

	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/service"
)

// A dialog asks questions on a terminal. If it is silent, every question gets its proposed answer.
type dialog struct {
	ctx    context.Context
	in     *bufio.Reader
	fd     int
	out    io.Writer
	paint  paint
	width  int
	silent bool
}

const widestText = 100

func newDialog(ctx context.Context, in io.Reader, out io.Writer, silent bool) *dialog {
	d := &dialog{
		ctx: ctx, in: bufio.NewReader(in), out: out, paint: paintOn(out), width: min(widthOf(out), widestText),
		silent: silent,
	}
	if f, ok := in.(interface{ Fd() uintptr }); ok {
		d.fd = int(f.Fd())
	}
	return d
}

func isTerminal(r io.Reader) bool {
	f, ok := r.(interface{ Fd() uintptr })
	return ok && term.IsTerminal(int(f.Fd()))
}

// The terminal's echo ends a line, so the last column stays free.
func (d *dialog) say(format string, args ...any) {
	fmt.Fprintln(d.out, wrapTo(fmt.Sprintf(format, args...), d.width-1))
}

// Texts that belong to the last answer are indented.
func (d *dialog) add(format string, args ...any) {
	fmt.Fprintln(d.out, "  "+indent(wrapTo(fmt.Sprintf(format, args...), d.width-3), 2))
}

func (d *dialog) warn(format string, args ...any) {
	d.add("%s", d.paint.in(yellow, fmt.Sprintf(format, args...)))
}

func (d *dialog) text(question, proposed string) (string, error) {
	if d.silent {
		return proposed, nil
	}
	d.ask(question, proposed)
	answer, err := d.read(func() (string, error) { return d.in.ReadString('\n') })
	if answer = strings.TrimSpace(answer); answer == "" {
		answer = proposed
	}
	return answer, err
}

func (d *dialog) yes(question string, proposed bool) (bool, error) {
	hint := map[bool]string{true: "Y/n", false: "y/N"}[proposed]
	for {
		answer, err := d.text(question, hint)
		if err != nil || d.silent || answer == hint {
			return proposed, err
		}
		switch strings.ToLower(answer) {
		case "y", "yes":
			return true, nil
		case "n", "no":
			return false, nil
		}
		d.add("Answer y or n.")
	}
}

// The answer is not echoed.
func (d *dialog) secret(question string) (string, error) {
	d.ask(question, "")
	before, err := term.GetState(d.fd)
	if err != nil {
		return "", fmt.Errorf("read the terminal: %w", err)
	}
	answer, err := d.read(func() (string, error) {
		b, err := term.ReadPassword(d.fd)
		return string(b), err
	})
	if err != nil {
		_ = term.Restore(d.fd, before) // the reader still waits, with the echo off
	}
	fmt.Fprintln(d.out)
	return strings.TrimSpace(answer), err
}

func (d *dialog) ask(question, proposed string) {
	if proposed != "" {
		proposed = " " + d.paint.in(faint, "["+proposed+"]")
	}
	fmt.Fprintf(d.out, "%s%s: ", d.paint.in(bold, question), proposed)
}

// A read cannot be canceled, so after Ctrl-C it is left behind.
func (d *dialog) read(read func() (string, error)) (string, error) {
	type result struct {
		text string
		err  error
	}
	done := make(chan result, 1)
	go func() {
		text, err := read()
		done <- result{text, err}
	}()
	select {
	case <-d.ctx.Done():
		fmt.Fprintln(d.out)
		return "", d.ctx.Err()
	case r := <-done:
		if errors.Is(r.err, io.EOF) {
			fmt.Fprintln(d.out)
			return "", errors.New("the input ended, so nothing was written")
		}
		return r.text, r.err
	}
}

const barWidth = 30

// The bar is shown only on a terminal. A share of 1 clears it.
func (d *dialog) bar(what string, share float64, after string) {
	if !service.IsTerminal(d.out) {
		return
	}
	line := fmt.Sprintf("  %s [%s>%s] %s", what, strings.Repeat("=", int(share*barWidth)),
		strings.Repeat(" ", barWidth-int(share*barWidth)), after)
	if share >= 1 {
		line = ""
	}
	fmt.Fprintf(d.out, "\r%-*s\r%s", max(d.width, narrowest)-1, "", line)
}
