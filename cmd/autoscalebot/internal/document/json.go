package document

import (
	"bytes"
	"encoding/json"
	"strconv"
	"unicode/utf16"
)

// Not all JSON is YAML. This replaces escapes that YAML does not have (a slash, pairs of surrogates) and tabs between
// values, and removes a byte order mark. The lines stay the same. Other text than JSON stays as it is.
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

// It returns 0 if the text does not begin with two escapes of one character.
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
