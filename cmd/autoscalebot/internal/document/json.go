package document

import (
	"bytes"
	"encoding/json"
	"strconv"
	"unicode/utf16"
)

// plain returns JSON as YAML reads it: escapes that YAML has not written out (a slash, pairs of surrogates), and
// spaces for tabs between values, which YAML takes only inside braces. What is no JSON stays, but for a byte order
// mark. The lines stay.
func plain(text []byte) []byte {
	text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
	if !bytes.ContainsAny(text, "\\\t") || !json.Valid(text) {
		return text
	}
	out := make([]byte, 0, len(text))
	quoted := false
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == '"':
			quoted = !quoted
			out = append(out, '"')
		case !quoted && text[i] == '\t':
			out = append(out, ' ')
		case text[i] != '\\':
			out = append(out, text[i])
		case text[i+1] == '/':
			out = append(out, '/')
			i++
		case text[i+1] == 'u' && surrogates(text[i:]) > 0:
			out = append(out, string(surrogates(text[i:]))...)
			i += 11
		default:
			out = append(out, text[i], text[i+1])
			i++
		}
	}
	return out
}

// surrogates returns 0 where the text does not begin with two escapes that make one character.
func surrogates(text []byte) rune {
	if len(text) < 12 || text[6] != '\\' || text[7] != 'u' {
		return 0
	}
	high, err := strconv.ParseUint(string(text[2:6]), 16, 16)
	low, err2 := strconv.ParseUint(string(text[8:12]), 16, 16)
	r := utf16.DecodeRune(rune(high), rune(low))
	if err != nil || err2 != nil || r == '\uFFFD' {
		return 0
	}
	return r
}
