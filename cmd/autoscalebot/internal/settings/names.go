package settings

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// escapes are the characters after a backslash in a name, as redis-cli writes keys. There is also xNN.
var escapes = map[byte]byte{
	',': ',', ';': ';', '%': '%', '\\': '\\', '"': '"', '\'': '\'', ' ': ' ', 'n': '\n', 'r': '\r', 't': '\t',
	'a': '\a', 'b': '\b',
}

// SplitNames splits a text at its commas into names of queues. It trims spaces and skips empty names. In a name \xNN
// and %NN are the byte with that hexadecimal number, and \, is a comma: celery\x06\x163 and celery%06%163 are the same.
func SplitNames(text string) ([]string, error) {
	var out []string
	var name strings.Builder
	spaces := "" // unescaped spaces, part of the name if more of it follows
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

// It returns the positions of two equal names, such as "1 and 3".
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
		return 0, 0, errors.New(`no NAME=URL after a semicolon or line break. Write \; or \n for one that belongs to the name`)
	case '%':
		if c, ok := hexByte(text[1:]); ok {
			return c, 3, nil
		}
		return 0, 0, errors.New(`a % must be followed by two hexadecimal digits. Write \% for one that belongs to the name`)
	case '\\':
		if c, ok := hexByte(strings.TrimPrefix(text[1:], "x")); ok && strings.HasPrefix(text[1:], "x") {
			return c, 4, nil
		}
		if len(text) > 1 && escapes[text[1]] != 0 {
			return escapes[text[1]], 2, nil
		}
		return 0, 0, errors.New(`a backslash must be followed by xNN or one of , ; % \ n r t. Write \\ for one that belongs to the name`)
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
