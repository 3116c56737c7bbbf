package probe

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// requestHeaders gives the headers that every request carries, and those with the secrets added. user is that of the URL,
// or nil. Errors name a header and never show its value.
func requestHeaders(o HeartbeatOptions, user *url.Userinfo) (plain, secret http.Header, err error) {
	plain = http.Header{
		"User-Agent":      {"autoscalebot"},
		"Accept":          {"*/*"},
		"Accept-Encoding": {"identity"},
		"Cache-Control":   {"no-cache"}, // a cache in between would answer for the app
	}
	if o.UserAgent != "" {
		if !validValue(o.UserAgent) {
			return nil, nil, errors.New("heartbeat user agent has a line break or another control character")
		}
		plain.Set("User-Agent", o.UserAgent)
	}
	secret = plain.Clone()
	for name, values := range o.Header {
		if err := checkHeader(name, values); err != nil {
			return nil, nil, err
		}
		secret[http.CanonicalHeaderKey(name)] = slices.Clone(values)
	}
	if agent := secret["User-Agent"]; len(agent) > 0 {
		plain["User-Agent"] = agent
	}

	var authorization []string
	if o.Token != "" {
		if !validValue(o.Token) {
			return nil, nil, errors.New("heartbeat token has a line break or another control character")
		}
		authorization = append(authorization, "Bearer "+o.Token)
	}
	if user != nil {
		password, _ := user.Password()
		pair := user.Username() + ":" + password
		authorization = append(authorization, "Basic "+base64.StdEncoding.EncodeToString([]byte(pair)))
	}
	authorization = append(authorization, secret["Authorization"]...)
	switch len(authorization) {
	case 0:
		return plain, secret, nil
	case 1:
		secret["Authorization"] = authorization
		return plain, secret, nil
	}
	return nil, nil, errors.New("heartbeat has more than one of a token, a user in its URL and an Authorization header: keep one")
}

// secretTexts are the texts of the options that must not be shown, but for those too short to be told from others.
func secretTexts(o HeartbeatOptions, target *url.URL) []string {
	texts := []string{o.Token, target.RawQuery}
	if target.User != nil {
		password, _ := target.User.Password()
		texts = append(texts, password, target.User.Username())
	}
	for _, values := range target.Query() {
		texts = append(texts, values...)
	}
	for name, values := range o.Header {
		if !slices.Contains([]string{"User-Agent", "Accept", "Accept-Encoding", "Accept-Language"}, http.CanonicalHeaderKey(name)) {
			texts = append(texts, parts(values)...)
		}
	}
	const short = 4
	return slices.DeleteFunc(texts, func(s string) bool { return len(s) < short })
}

// parts are the values of a header, and those that stand in them, as in "session=value; other=value" and "Bearer value".
func parts(values []string) []string {
	out := slices.Clone(values)
	for _, value := range values {
		for item := range strings.FieldsFuncSeq(value, func(c rune) bool { return c == ';' || c == ',' }) {
			item = strings.TrimSpace(item)
			if _, named, ok := strings.Cut(item, "="); ok {
				item = strings.Trim(named, `"`)
			}
			if _, last, ok := strings.Cut(item, " "); ok {
				item = strings.TrimSpace(last)
			}
			out = append(out, item)
		}
	}
	return out
}

// checkHeader says what is wrong with a header that is to be sent.
func checkHeader(name string, values []string) error {
	if !validName(name) {
		return fmt.Errorf("heartbeat header %q is not a header's name: use letters, digits and hyphens", name)
	}
	switch http.CanonicalHeaderKey(name) {
	case "Host":
		return errors.New("heartbeat header Host cannot be set here: set HEARTBEAT_HOST")
	case "Connection", "Content-Length", "Expect", "Keep-Alive", "Te", "Trailer", "Transfer-Encoding", "Upgrade":
		return fmt.Errorf("heartbeat header %s can't be set: it belongs to the connection", name)
	}
	for _, v := range values {
		if !validValue(v) {
			return fmt.Errorf("heartbeat header %s has a line break or another control character in its value", name)
		}
	}
	return nil
}

// validName tells whether s is a token as RFC 9110 has it (section 5.6.2).
func validName(s string) bool {
	for _, c := range []byte(s) {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		digit := c >= '0' && c <= '9'
		if !letter && !digit && !strings.ContainsRune("!#$%&'*+-.^_`|~", rune(c)) {
			return false
		}
	}
	return s != ""
}

// validValue tells whether s has no control character, save for tabs.
func validValue(s string) bool {
	return !strings.ContainsFunc(s, func(c rune) bool { return c < ' ' && c != '\t' || c == 0x7f })
}
