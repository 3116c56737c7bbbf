package local

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"sync"
	"time"
)

// maxLine is the greatest length of a line of output in bytes, as in Heroku's logs; a longer one is split.
const maxLine = 10_000

// An output gathers the lines of several processes. Every line is written in one call, so lines never mix.
type output struct {
	mu sync.Mutex
	w  io.Writer
}

// newOutput gives an output to w; nil where that is nil.
func newOutput(w io.Writer) *output {
	if w == nil {
		return nil
	}
	return &output{w: w}
}

// tap gives a file for a process to write to, whose lines are forwarded until every copy of it is closed. flush, called
// when the process has ended, waits for the last line. It does not wait long for a grandchild that left the process group
// and holds the file; what that one writes later is lost. (That is why this is no pipe of os/exec's own, which would be
// waited for without end.)
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

// copy forwards r line by line until it ends, the last line also when it has no line feed. Errors of the writer are passed
// over: a process must not stall because nobody reads what it says.
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
