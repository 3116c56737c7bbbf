package schedule

import (
	"errors"
	"fmt"
	"strings"
)

// err is why a row could not be split in two.
type source struct {
	text         string
	when, number string
	err          error
}

func split(text string) ([]source, error) {
	var sources []source
	if body, ok := strings.CutPrefix(text, "{"); ok {
		body, ok = strings.CutSuffix(body, "}")
		if !ok {
			return nil, errors.New(`the schedule begins with "{" but does not end with "}"`)
		}
		for _, item := range pieces(body, quoted) {
			if item = strings.TrimSpace(item); item != "" {
				sources = append(sources, entry(item))
			}
		}
	} else {
		var days string // the part before a comma that belongs to a list of days
		for _, piece := range pieces(text, parenthesized) {
			if strings.TrimSpace(piece) == "" {
				continue
			}
			days += piece
			if !strings.ContainsAny(piece, "=:(") {
				days += ","
				continue
			}
			sources = append(sources, plain(strings.TrimSpace(days)))
			days = ""
		}
		if days != "" {
			sources = append(sources, plain(strings.TrimSpace(strings.TrimSuffix(days, ","))))
		}
	}
	switch {
	case len(sources) == 0:
		return nil, errors.New("the schedule has no rows; write at least one, such as 0:00=2")
	case len(sources) > MaxRows:
		return nil, fmt.Errorf("the schedule has %d rows; at most %d are allowed", len(sources), MaxRows)
	}
	return sources, nil
}

// text is when=number.
func plain(text string) source {
	if strings.Contains(text, ";") || strings.Contains(text, "\n") && strings.Count(text, "=") > 1 {
		return source{text: text, err: errors.New("rows are separated by a semicolon or a line break; use a comma: " +
			"0:00=2, 9:00=5")}
	}
	i := strings.LastIndex(text, "=")
	if i < strings.LastIndex(text, ")") {
		i = -1 // An equals sign inside parentheses, as in TZ=, belongs to the expression.
	}
	if i < 0 {
		return source{text: text, err: errors.New("the number is missing; write it as in 9:00=5")}
	}
	return source{text: text, when: strings.TrimSpace(text[:i]), number: strings.TrimSpace(text[i+1:])}
}

// text is "when": number. Python 2 may print a u before the quote.
func entry(text string) source {
	key := text
	if strings.HasPrefix(key, `u'`) || strings.HasPrefix(key, `u"`) {
		key = key[1:]
	}
	if key[0] != '"' && key[0] != '\'' {
		return source{text: text, err: errors.New(`between { and } the time must be in quotes, as in "9:00": 5`)}
	}
	when, rest, closed := strings.Cut(key[1:], key[:1])
	number, ok := strings.CutPrefix(strings.TrimSpace(rest), ":")
	if !closed || !ok {
		return source{text: text, err: errors.New(`the number is missing; write it as in "9:00": 5`)}
	}
	return source{text: text, when: strings.TrimSpace(when), number: strings.TrimSpace(number)}
}

// Splits text at commas, except where inside is true.
func pieces(text string, inside func() func(rune) bool) []string {
	in := inside()
	var pieces []string
	start := 0
	for i, r := range text {
		if !in(r) && r == ',' {
			pieces = append(pieces, text[start:i])
			start = i + 1
		}
	}
	return append(pieces, text[start:])
}

func parenthesized() func(rune) bool {
	depth := 0
	return func(r rune) bool {
		switch r {
		case '(':
			depth++
		case ')':
			depth = max(0, depth-1)
		}
		return depth > 0
	}
}

// Single or double quotes.
func quoted() func(rune) bool {
	var open rune
	return func(r rune) bool {
		switch {
		case open != 0 && r == open:
			open = 0
		case open == 0 && (r == '"' || r == '\''):
			open = r
		}
		return open != 0
	}
}
