package probe

import (
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/autoscalebot/autoscalebot/probe/internal/header"
)

// secret includes plain. Errors never show a header's value.
func requestHeaders(o HeartbeatOptions, user *url.Userinfo) (plain, secret http.Header, err error) {
	plain = http.Header{
		"User-Agent":      {"autoscalebot"},
		"Accept":          {"*/*"},
		"Accept-Encoding": {"identity"},
		"Cache-Control":   {"no-cache"}, // a cache would answer for the app
	}
	if o.UserAgent != "" {
		if !header.ValidValue(o.UserAgent) {
			return nil, nil, errors.New("heartbeat user agent has a line break or another control character")
		}
		plain.Set("User-Agent", o.UserAgent)
	}
	secret = plain.Clone()
	if wrong := CheckHeaders(o.Header); len(wrong) > 0 {
		return nil, nil, wrong[0]
	}
	for name, values := range o.Header {
		secret[http.CanonicalHeaderKey(name)] = slices.Clone(values)
	}
	if agent := secret["User-Agent"]; len(agent) > 0 {
		plain["User-Agent"] = agent
	}

	var authorization []string
	if o.Token != "" {
		if err := CheckToken(o.Token); err != nil {
			return nil, nil, err
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
	return nil, nil, errors.New("heartbeat has more than one of a token, a user in its URL and an Authorization " +
		"header: keep one")
}

// Short texts are left out: they would match by chance.
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
		if !slices.Contains([]string{"User-Agent", "Accept", "Accept-Encoding", "Accept-Language"},
			http.CanonicalHeaderKey(name)) {
			texts = append(texts, parts(values)...)
		}
	}
	const short = 4
	return slices.DeleteFunc(texts, func(s string) bool { return len(s) < short })
}

// The values in "session=value; other=value" and "Bearer value".
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

// CheckHeaders returns what is wrong with a heartbeat's headers, nil if they are valid. Its errors name a header only
// if the name is valid, and never show a value.
func CheckHeaders(header http.Header) []error {
	var wrong []error
	for _, name := range slices.Sorted(maps.Keys(header)) {
		if err := checkHeader(name, header[name]); err != nil {
			wrong = append(wrong, err)
		}
	}
	return wrong
}

// CheckToken checks a heartbeat's token. Its error does not show it.
func CheckToken(token string) error {
	scheme, _, two := strings.Cut(strings.TrimSpace(token), " ")
	switch {
	case !header.ValidValue(token):
		return errors.New("heartbeat token has a line break or another control character")
	case two && strings.EqualFold(scheme, "Bearer"):
		return errors.New("heartbeat token begins with Bearer: leave that out, it is added for you")
	}
	return nil
}

func checkHeader(name string, values []string) error {
	if !header.ValidName(name) {
		return errors.New("heartbeat header " + header.InvalidName(name))
	}
	switch http.CanonicalHeaderKey(name) {
	case "Host":
		return errors.New("heartbeat header Host is not allowed: use HEARTBEAT_HOST")
	case "Connection", "Content-Length", "Expect", "Keep-Alive", "Te", "Trailer", "Transfer-Encoding", "Upgrade":
		return fmt.Errorf("heartbeat header %s is not allowed: it belongs to the connection", name)
	}
	for _, v := range values {
		if !header.ValidValue(v) {
			return fmt.Errorf("heartbeat header %s has a line break or another control character in its value", name)
		}
	}
	return nil
}
