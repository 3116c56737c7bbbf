package settings

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// escapes are what a backslash may be followed by in a name, as redis-cli writes keys, beside xNN.
var escapes = map[byte]byte{
	',': ',', ';': ';', '%': '%', '\\': '\\', '"': '"', '\'': '\'', ' ': ' ', 'n': '\n', 'r': '\r', 't': '\t',
	'a': '\a', 'b': '\b',
}

// SplitNames splits a text at its commas into the names of queues, without spaces around and empty ones. In a name \xNN
// and %NN stand for the byte of that number, and \, for a comma: celery\x06\x163 and celery%06%163 are the same.
func SplitNames(text string) ([]string, error) {
	var out []string
	var name strings.Builder
	spaces := "" // unescaped ones, which belong to the name if it goes on
	end := func() {
		if name.Len() > 0 {
			out = append(out, name.String())
		}
		name.Reset()
		spaces = ""
	}
	for i := 0; i < len(text); {
		c, width, err := unescape(text[i:])
		switch {
		case err != nil:
			return nil, fmt.Errorf("name %d: %w", len(out)+1, err)
		case width == 1 && c == ',':
			end()
		case width == 1 && (c == ' ' || c == '\t'):
			if name.Len() > 0 {
				spaces += string(rune(c))
			}
		default:
			name.WriteString(spaces)
			name.WriteByte(c)
			spaces = ""
		}
		i += width
	}
	end()
	return out, nil
}

// twice returns the places of two equal names, "1 and 3", or "".
func twice(names []string) string {
	for i, name := range names {
		if first := slices.Index(names, name); first < i {
			return fmt.Sprintf("%d and %d", first+1, i+1)
		}
	}
	return ""
}

func unescape(text string) (c byte, width int, err error) {
	switch text[0] {
	case ';', '\n', '\r':
		return 0, 0, errors.New(`a semicolon or a line's end is followed by no NAME=URL; one that belongs to the name is written \; or \n`)
	case '%':
		if c, ok := hexByte(text[1:]); ok {
			return c, 3, nil
		}
		return 0, 0, errors.New(`a % is not followed by two hexadecimal digits; one that belongs to the name is written \%`)
	case '\\':
		if c, ok := hexByte(strings.TrimPrefix(text[1:], "x")); ok && strings.HasPrefix(text[1:], "x") {
			return c, 4, nil
		}
		if len(text) > 1 && escapes[text[1]] != 0 {
			return escapes[text[1]], 2, nil
		}
		return 0, 0, errors.New(`a backslash is followed by neither xNN nor , ; % \ n r t; one that belongs to the name is written \\`)
	}
	return text[0], 1, nil
}

func hexByte(text string) (byte, bool) {
	if len(text) < 2 {
		return 0, false
	}
	n, err := strconv.ParseUint(text[:2], 16, 8)
	return byte(n), err == nil
}
