package command

import (
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestSecretThatTheBoundCutsThroughIsNotShown(t *testing.T) {
	r := &runner{secrets: []string{"s3cr3t-token"}}
	for _, c := range []struct {
		name string
		in   []string
		c    capped
		want string
	}{
		{"at the beginning of a tail", []string{"password s3cr", "3t-token was refused"}, capped{max: 20, tail: true}, "was refused"},
		{"at the end of a head", []string{"password s3cr3t-token was refused"}, capped{max: 13}, "password"},
		{"whole", []string{"password s3cr3t-", "token!"}, capped{max: 100}, "password ***!"},
		{"not cut", []string{"token"}, capped{max: 5, tail: true}, "token"},
		{"in pieces", []string{"s3cr3t\x00-tok\aen"}, capped{max: 100}, "***"},
	} {
		for _, s := range c.in {
			_, _ = c.c.Write([]byte(s))
		}
		if got := r.show(c.c); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func FuzzShow(f *testing.F) {
	f.Add("password s3cr3t", "s3cr3t", 10, true)
	f.Add("a\x00b\xff \x1b[0m", "ab", 100, false)
	f.Add("abab", "aba", 3, true)
	f.Add(strings.Repeat("é", 20)+"x", "", 100, true) // the limit of 20 bytes is inside a character
	f.Fuzz(func(t *testing.T, said, secret string, maxLen int, tail bool) {
		if maxLen < 0 || maxLen > 1<<16 || strings.Contains(secret, "*") {
			return
		}
		c := capped{max: maxLen, tail: tail}
		_, _ = c.Write([]byte(said))
		r := &runner{secrets: []string{secret}}
		got := r.show(c)
		if secret != "" && strings.Contains(got, secret) {
			t.Errorf("%q holds the secret %q", got, secret)
		}
		if !utf8.ValidString(got) || strings.ContainsAny(got, "\n\r\t\x00\x1b") {
			t.Errorf("%q is not fit for a line", got)
		}
		if tail := lastBytes(got, 20); len(tail) > 20 || !strings.HasSuffix(got, tail) || !utf8.ValidString(tail) {
			t.Errorf("the end of %q is %q", got, tail)
		}
	})
}

func FuzzNumber(f *testing.F) {
	for _, s := range []string{"2", " 3\n", "", "-1", "+1", "1e3", "0x1", "1_0", "٣", "99999999999999999999"} {
		f.Add(s)
	}
	digits := regexp.MustCompile(`^\s*[0-9]+\s*$`)
	f.Fuzz(func(t *testing.T, printed string) {
		c := capped{max: maxOut}
		_, _ = c.Write([]byte(printed))
		n, err := (&Platform{}).number(c)
		if err == nil && (n < 0 || !digits.MatchString(strings.TrimSpace(printed))) {
			t.Errorf("%q was read as %d", printed, n)
		}
		if err != nil && (n != 0 || len(err.Error()) > 1000) {
			t.Errorf("%q: %d, %v", printed, n, err)
		}
	})
}
