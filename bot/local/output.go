package local

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"sync"
	"time"
)

const maxLine = 10_000 // bytes, as in Heroku's logs; longer lines are split

// Writes each line in a single call, so lines never mix.
type output struct {
	mu sync.Mutex
	w  io.Writer
}

func newOutput(w io.Writer) *output {
	if w == nil {
		return nil
	}
	return &output{w: w}
}

// flush, called when the process has ended, waits for the last line. It does not wait long for a grandchild that left
// the process group and holds the file; its later output is lost. A pipe of os/exec would wait for it forever.
func (o *output) tap(prefix string) (w *os.File, flush func(), err error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, nil, err
	}
	copied := make(chan struct{})
	go func() {
		defer close(copied)
		o.copy(prefix, r)
		_ = r.Close()
	}()
	return w, func() {
		select {
		case <-copied:
		case <-time.After(settling):
			_ = r.Close()
		}
	}, nil
}

// Ignores errors of the writer: a process must not stall because nobody reads its output.
func (o *output) copy(prefix string, r io.Reader) {
	br := bufio.NewReaderSize(r, maxLine)
	line := []byte(prefix)
	for split := false; ; {
		part, err := br.ReadSlice('\n')
		text, whole := bytes.CutSuffix(part, []byte("\n"))
		if whole {
			text = bytes.TrimSuffix(text, []byte("\r"))
		}
		if len(text) > 0 || whole && !split {
			line = append(append(line[:len(prefix)], text...), '\n')
			o.mu.Lock()
			_, _ = o.w.Write(line)
			o.mu.Unlock()
		}
		if err != nil && err != bufio.ErrBufferFull {
			return
		}
		split = !whole
	}
}
