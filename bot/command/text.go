package command

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

type capped struct {
	max     int
	tail    bool
	b       []byte
	dropped bool // there was more
}

func (c *capped) Write(p []byte) (int, error) {
	c.b = append(c.b, p...)
	if over := len(c.b) - c.max; over > 0 {
		c.dropped = true
		if c.tail {
			c.b = append(c.b[:0], c.b[over:]...)
		} else {
			c.b = c.b[:c.max]
		}
	}
	return len(p), nil
}

func (c capped) String() string { return string(c.b) }

func (r *runner) show(c capped) string {
	// Longest first: a secret may contain another.
	secrets := slices.SortedFunc(slices.Values(r.secrets), func(a, b string) int { return len(b) - len(a) })
	secrets = slices.DeleteFunc(secrets, func(s string) bool { return s == "" })
	text := c.String()
	if c.dropped {
		text = cutPart(text, secrets, c.tail)
	}
	// Twice: a secret may contain line breaks, or appear when they are removed.
	return redact(oneLine(redact(text, secrets)), secrets)
}

func redact(text string, secrets []string) string {
	for _, s := range secrets {
		text = strings.ReplaceAll(text, s, "***")
	}
	return text
}

// Removes the longest part at the end or beginning of text that a secret begins or ends with.
func cutPart(text string, secrets []string, beginning bool) string {
	longest := 0
	for _, s := range secrets {
		for n := min(len(s)-1, len(text)); n > longest; n-- {
			if beginning && strings.HasPrefix(text, s[len(s)-n:]) || !beginning && strings.HasSuffix(text, s[:n]) {
				longest = n
			}
		}
	}
	if beginning {
		return text[longest:]
	}
	return text[:len(text)-longest]
}

func oneLine(text string) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case r == utf8.RuneError || !unicode.IsPrint(r):
			return -1
		}
		return r
	}, text)
	return strings.Join(strings.Fields(text), " ")
}

func lastBytes(text string, n int) string {
	if len(text) <= n {
		return text
	}
	text = text[len(text)-n:]
	for !utf8.RuneStart(text[0]) {
		text = text[1:]
	}
	return text
}

func firstRunes(text string, n int) string {
	if r := []rune(text); len(r) > n {
		return string(r[:n])
	}
	return text
}
