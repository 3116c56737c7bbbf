package local

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"sync"
	"time"
)

const maxLine = 10_000 // bytes, as in Heroku's logs; a longer line is split

// An output writes every line in one call, so lines never mix.
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

// tap's flush, called when the process has ended, waits for the last line, but not long for a grandchild that left
// the process group and holds the file; what that one writes later is lost. (That is why this is no pipe of os/exec's
// own, which would be waited for without end.)
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

// copy passes over errors of the writer: a process must not stall because nobody reads what it says.
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
