package history

import (
	"bytes"
	"compress/flate"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
)

// The dictionaries contain what most records and events consist of, the commonest last, so that a typical record takes
// a sixth of its JSON. They are part of the format and must not change.
var (
	//go:embed dictionary1.txt
	dictionary1 []byte // of version 0.1
	//go:embed dictionary2.txt
	dictionary2 []byte
)

// Packed data begins with the number of its dictionary, from 1.
var dictionaries = [][]byte{dictionary1, dictionary2}

const (
	packed      = 2       // the present dictionary
	maxUnpacked = 1 << 20 // bytes; a hundred times a record with many readings
)

// It may be used from several goroutines.
type codec struct {
	mu     sync.Mutex
	buf    bytes.Buffer
	writer *flate.Writer
}

func (c *codec) pack(v any) ([]byte, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.buf.Reset()
	c.buf.WriteByte(packed)
	if c.writer == nil {
		if c.writer, err = flate.NewWriterDict(&c.buf, flate.DefaultCompression, dictionary2); err != nil {
			return nil, err
		}
	} else {
		c.writer.Reset(&c.buf) // keeps the dictionary
	}
	if _, err := c.writer.Write(text); err != nil {
		return nil, err
	}
	if err := c.writer.Close(); err != nil {
		return nil, err
	}
	return bytes.Clone(c.buf.Bytes()), nil
}

// The zero unpacker is ready to use.
type unpacker struct {
	reader io.ReadCloser
	buf    bytes.Buffer
}

func (u *unpacker) unpack(body []byte, v any) error {
	if len(body) == 0 || body[0] == 0 || int(body[0]) > len(dictionaries) {
		return errors.New("unknown format, perhaps of a newer autoscalebot")
	}
	source, dictionary := bytes.NewReader(body[1:]), dictionaries[body[0]-1]
	if u.reader == nil {
		u.reader = flate.NewReaderDict(source, dictionary)
	} else if err := u.reader.(flate.Resetter).Reset(source, dictionary); err != nil {
		return err
	}
	u.buf.Reset()
	if _, err := u.buf.ReadFrom(io.LimitReader(u.reader, maxUnpacked+1)); err != nil {
		return err
	}
	if u.buf.Len() > maxUnpacked {
		return fmt.Errorf("more than %d bytes", maxUnpacked)
	}
	return json.Unmarshal(u.buf.Bytes(), v)
}
