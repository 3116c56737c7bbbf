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

// The format is that of Python's configparser: [section], key=value or key: value, comments that begin with # or ;, and
// indented lines that continue a value. Keys become lower case. Errors name only the line, which may contain a secret.
func parseINI(text []byte) ([]pair, error) {
	switch {
	case len(text) > mostINI:
		return nil, fmt.Errorf("is larger than %d KiB", mostINI>>10)
	case !utf8.Valid(text):
		return nil, fmt.Errorf("is not UTF-8 text")
	}
	var out []pair
	seen := map[string]int{}
	section, open := "", -1 // the pair whose value may continue
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
				return nil, fmt.Errorf("line %d: must be a section such as [name]", i+1)
			}
			section, open = strings.TrimSpace(name), -1
			continue
		}
		at := strings.IndexAny(line, "=:")
		if at <= 0 {
			return nil, fmt.Errorf("line %d: must be [section] or key=value", i+1)
		}
		p := pair{section, strings.ToLower(strings.TrimSpace(line[:at])), strings.TrimSpace(line[at+1:])}
		switch before, twice := seen[p.section+"\n"+p.key]; {
		case section == "":
			return nil, fmt.Errorf("line %d: must be below a [section]", i+1)
		case twice:
			return nil, fmt.Errorf("line %d: duplicate key, first in line %d", i+1, before)
		}
		seen[p.section+"\n"+p.key] = i + 1
		out, open = append(out, p), len(out)
	}
	return out, nil
}
