package redis

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
)

// XINFO has 12 entries for a group, its name among them. Longer names do not occur in practice.
const (
	maxLine    = 4 << 10 // bytes
	maxBulk    = 4 << 10 // bytes
	maxEntries = 10_000
	maxDepth   = 3
	maxSaid    = 16 << 20 // bytes in all bulks of a connection
)

var (
	// The answer is not Redis's protocol, or longer than expected.
	errProtocol = errors.New("not Redis's protocol")
	errTooLong  = fmt.Errorf("%w, or a long value", errProtocol)
)

// such as "WRONGPASS invalid username-password pair"
type refusal string

func (r refusal) Error() string { return string(r) }

// Version 2 of the protocol (redis.io/docs/latest/develop/reference/protocol-spec). The usual libraries allocate as
// much as the other side announces, so a wrong server could exhaust the bot's memory.
type wire struct {
	w       *bufio.Writer
	r       *bufio.Reader
	longest int // bytes in one bulk
	left    int // bytes in all bulks
}

func newWire(c net.Conn) *wire {
	return &wire{bufio.NewWriter(c), bufio.NewReaderSize(c, maxLine), maxBulk, maxSaid}
}

// hear flushes what was said.
func (w *wire) say(words ...string) {
	_, _ = fmt.Fprintf(w.w, "*%d\r\n", len(words))
	for _, s := range words {
		_, _ = fmt.Fprintf(w.w, "$%d\r\n%s\r\n", len(s), s)
	}
}

// An answer is an int64, a string, nil, or a []any of these. A refusal is an error.
func (w *wire) hear() (any, error) {
	if err := w.w.Flush(); err != nil { // also reports an earlier failed write
		return nil, err
	}
	entries := maxEntries
	return w.read(0, &entries)
}

// depth is the number of enclosing answers, entries the number of entries left.
func (w *wire) read(depth int, entries *int) (any, error) {
	if *entries--; *entries < 0 {
		return nil, errProtocol
	}
	line, err := w.line()
	if err != nil {
		return nil, err
	}
	kind, rest := line[0], line[1:]
	switch kind {
	case '+':
		return rest, nil
	case '-':
		return nil, refusal(rest)
	}
	n, err := strconv.ParseInt(rest, 10, 64)
	switch {
	case err != nil:
		return nil, errProtocol
	case kind == ':':
		return n, nil
	case n == -1 && (kind == '$' || kind == '*'):
		return nil, nil
	case kind == '$' && n > int64(min(w.longest, w.left)):
		return nil, errTooLong
	case kind == '$' && n >= 0:
		return w.bulk(int(n))
	case kind == '*' && n >= 0 && n <= int64(*entries) && depth < maxDepth:
		list := make([]any, n)
		for i := range list {
			if list[i], err = w.read(depth+1, entries); err != nil {
				return nil, err
			}
		}
		return list, nil
	}
	return nil, errProtocol
}

// The line has at least one byte.
func (w *wire) line() (string, error) {
	b, err := w.r.ReadSlice('\n')
	switch {
	case errors.Is(err, bufio.ErrBufferFull):
		return "", errProtocol
	case errors.Is(err, io.EOF) && len(b) > 0:
		return "", io.ErrUnexpectedEOF
	case err != nil:
		return "", err
	}
	line, ok := strings.CutSuffix(string(b), "\r\n")
	if !ok || line == "" {
		return "", errProtocol
	}
	return line, nil
}

func (w *wire) bulk(n int) (string, error) {
	w.left -= n
	b := make([]byte, n+2)
	if _, err := io.ReadFull(w.r, b); err != nil {
		return "", err
	}
	s, ok := strings.CutSuffix(string(b), "\r\n")
	if !ok {
		return "", errProtocol
	}
	return s, nil
}

func (w *wire) number() (int64, error) {
	answer, err := w.hear()
	if err != nil {
		return 0, err
	}
	n, ok := answer.(int64)
	if !ok || n < 0 || n > 1<<53 { // the largest exact float64
		return 0, errProtocol
	}
	return n, nil
}

// ok is false if there is no value.
func (w *wire) text() (s string, ok bool, err error) {
	answer, err := w.hear()
	if err != nil || answer == nil {
		return "", false, err
	}
	s, ok = answer.(string)
	if !ok {
		return "", false, errProtocol
	}
	return s, true, nil
}

// A missing value of the list is "".
func (w *wire) texts() ([]string, error) {
	answer, err := w.hear()
	if err != nil {
		return nil, err
	}
	list, ok := answer.([]any)
	if !ok {
		return nil, errProtocol
	}
	out := make([]string, len(list))
	for i, item := range list {
		if out[i], ok = item.(string); !ok && item != nil {
			return nil, errProtocol
		}
	}
	return out, nil
}
