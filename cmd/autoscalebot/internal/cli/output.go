package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
)

type output struct {
	json bool
	out  string
}

func (o *output) flags(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&o.json, "json", false, "print one JSON object")
	cmd.Flags().StringVar(&o.out, "out", "", "also write a `file`: a page (.html) or a picture (.svg, .png)")
}

// Checking first saves a long run whose report cannot be written.
func (o output) check(m *mistakes) {
	if o.out == "" {
		return
	}
	switch filepath.Ext(o.out) {
	case ".html", ".svg", ".png":
	default:
		m.add("--out", "%q: must end in .html, .svg or .png", o.out)
		return
	}
	if info, err := os.Stat(filepath.Dir(o.out)); err != nil || !info.IsDir() {
		m.add("--out", "%q: the folder %s does not exist", o.out, filepath.Dir(o.out))
	}
}

// A drawable is a report or a backtest.
type drawable interface {
	Draw(w io.Writer, ending string) error
	JSON(w io.Writer) error
	Text(w io.Writer) error
}

func (o output) write(ctx context.Context, w io.Writer, r drawable) error {
	if o.out != "" {
		draw := func(f io.Writer) error { return r.Draw(f, filepath.Ext(o.out)) }
		if err := writeWhole(ctx, o.out, draw); err != nil {
			return err
		}
	}
	if o.json {
		return r.JSON(w)
	}
	return r.Text(w)
}

// A file is written only if all of it can be, and not after ctx ends.
func writeWhole(ctx context.Context, path string, write func(io.Writer) error) error {
	var whole bytes.Buffer
	if err := errors.Join(write(&whole), ctx.Err()); err != nil {
		return interrupted(ctx, fmt.Errorf("write the report: %w", err))
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".report-*")
	if err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	defer os.Remove(f.Name()) // fails after the rename
	defer f.Close()
	_, err = whole.WriteTo(f)
	if err := errors.Join(err, f.Chmod(0o644), f.Close()); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	return os.Rename(f.Name(), path)
}
