package starter

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

const mostINI = 1 << 20 // bytes

type pair struct {
	section, key, value string
}

// parseINI reads what Python's configparser reads: [section], key=value or key: value, comments that begin with # or
// ;, indented lines that go on. Keys are in small letters. Errors name the line only, as it may hold a secret.
func parseINI(text []byte) ([]pair, error) {
	switch {
	case len(text) > mostINI:
		return nil, fmt.Errorf("is larger than %d KiB", mostINI>>10)
	case !utf8.Valid(text):
		return nil, fmt.Errorf("is no text in UTF-8")
	}
	var out []pair
	seen := map[string]int{}
	section, open := "", -1 // the pair whose value may go on
	for i, raw := range strings.Split(strings.TrimPrefix(string(text), "\ufeff"), "\n") {
		line := strings.TrimSpace(raw)
		switch {
		case line == "" || strings.HasPrefix(line, "#") || strings.HasPrefix(line, ";"):
			continue
		case open >= 0 && (raw[0] == ' ' || raw[0] == '\t'):
			out[open].value = strings.TrimSpace(out[open].value + "\n" + line)
			continue
		case strings.HasPrefix(line, "["):
			name, rest, closed := strings.Cut(line[1:], "]")
			if rest = strings.TrimSpace(rest); !closed || strings.TrimSpace(name) == "" || rest != "" &&
				rest[0] != '#' && rest[0] != ';' {
				return nil, fmt.Errorf("line %d: write a section as [name]", i+1)
			}
			section, open = strings.TrimSpace(name), -1
			continue
		}
		at := strings.IndexAny(line, "=:")
		if at <= 0 {
			return nil, fmt.Errorf("line %d: it is neither [section] nor key=value", i+1)
		}
		p := pair{section, strings.ToLower(strings.TrimSpace(line[:at])), strings.TrimSpace(line[at+1:])}
		switch before, twice := seen[p.section+"\n"+p.key]; {
		case section == "":
			return nil, fmt.Errorf("line %d: it stands above the first [section]", i+1)
		case twice:
			return nil, fmt.Errorf("line %d: the same key is in line %d already", i+1, before)
		}
		seen[p.section+"\n"+p.key] = i + 1
		out, open = append(out, p), len(out)
	}
	return out, nil
}
