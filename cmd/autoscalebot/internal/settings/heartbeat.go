package settings

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/autoscalebot/autoscalebot/probe"
)

type (
	// FailOn is what counts as a failed heartbeat: outcomes, among them probe.Overloaded where statuses are named.
	FailOn struct {
		Outcomes []probe.Outcome
		Statuses probe.Statuses
	}
	// Statuses are HTTP statuses.
	Statuses struct{ probe.Statuses }
)

// outcomes are the words for outcomes that can count as a fail.
var outcomes = map[string][]probe.Outcome{
	"timeout":     {probe.Timeout},
	"5xx":         {probe.ServerError},
	"4xx":         {probe.ClientError},
	"connect":     {probe.ConnectTimeout},
	"unreachable": {probe.Unreachable, probe.ConnectTimeout},
	"bad":         {probe.BadAnswer},
	"any": {
		probe.Timeout, probe.ConnectTimeout, probe.ServerError, probe.ClientError, probe.Unreachable, probe.BadAnswer,
	},
}

// Decode reads a list of outcomes and statuses.
func (f *FailOn) Decode(s string) error {
	var out FailOn
	for _, part := range Split(s) {
		if add, ok := outcomes[strings.ToLower(part)]; ok {
			out.Outcomes = append(out.Outcomes, add...)
			continue
		}
		statuses, err := probe.ParseStatuses(part)
		if err != nil {
			return fmt.Errorf("%q is no outcome; write timeout, 5xx, 4xx, connect, unreachable, bad, any, or a status such as 429", part)
		}
		out.Statuses = append(out.Statuses, statuses...)
	}
	if len(out.Statuses) > 0 {
		out.Outcomes = append(out.Outcomes, probe.Overloaded)
	}
	*f = out
	return nil
}

// Decode reads statuses.
func (st *Statuses) Decode(s string) error {
	statuses, err := probe.ParseStatuses(s)
	if err != nil {
		return err
	}
	st.Statuses = statuses
	return nil
}

// splitHeaders splits "Name: value; Name: value" into headers. A semicolon in a value does not end it where it stands in quotes or
// in parentheses, as in a User-Agent, or before a parameter, as in "Accept: text/html; q=0.5" or "Cookie: a=1; b=2".
func splitHeaders(s string) ([]string, error) {
	var out []string
	for _, part := range semicolons(s) {
		name, _, isHeader := strings.Cut(part, ":")
		parameter, _, isParameter := strings.Cut(part, "=")
		switch {
		case strings.TrimSpace(part) == "":
		case isHeader && !strings.Contains(name, "="):
			out = append(out, part)
		case isParameter && len(out) > 0 && !strings.Contains(strings.TrimSpace(parameter), " "):
			out[len(out)-1] += ";" + part
		default:
			return nil, errors.New("a header has no colon; write Name: value; Name: value")
		}
	}
	return out, nil
}

// semicolons splits a text at those semicolons that stand neither in quotes nor in parentheses.
func semicolons(s string) []string {
	var out []string
	from, quoted, depth := 0, false, 0
	for i, c := range s {
		switch {
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '(':
			depth++
		case c == ')':
			depth = max(0, depth-1)
		case c == ';' && depth == 0:
			out, from = append(out, s[from:i]), i+1
		}
	}
	return append(out, s[from:])
}

// checkRequest finds what is wrong with what the heartbeat sends.
func (ps *Problems) checkRequest(s *Settings) {
	for _, err := range probe.CheckHeaders(http.Header(s.HeartbeatHeaders)) {
		ps.add("HEARTBEAT_HEADERS", "%v", err)
	}
	if err := probe.CheckToken(s.HeartbeatToken.Reveal()); err != nil {
		ps.add("HEARTBEAT_TOKEN", "%v", err)
	}
	if http.Header(s.HeartbeatHeaders).Get("Authorization") != "" && s.HeartbeatToken != "" {
		ps.add("HEARTBEAT_TOKEN, HEARTBEAT_HEADERS", "both have the header Authorization; keep one")
	}
}

// checkAnswer finds what is wrong with what the heartbeat's answer is to be.
func (ps *Problems) checkAnswer(s *Settings) {
	ps.oneOf("HEARTBEAT_REDIRECTS", s.HeartbeatRedirects, "same-host", "any", "none")
	if s.HeartbeatKeyword != "" && s.HeartbeatMethod == "head" {
		ps.add("HEARTBEAT_KEYWORD", "cannot be found with HEARTBEAT_METHOD=HEAD, whose answers have no body; write GET")
	}
	if len(s.HeartbeatKeyword) > probe.MaxKeyword {
		ps.add("HEARTBEAT_KEYWORD", "has %d bytes; write %d at most", len(s.HeartbeatKeyword), probe.MaxKeyword)
	}
	if s.HeartbeatHost != "" {
		if err := probe.CheckHost(string(s.HeartbeatHost)); err != nil {
			ps.add("HEARTBEAT_HOST", "%q: %v", s.HeartbeatHost, err)
		}
	}
	ps.checkClientCertificate(s)
	if both := s.HeartbeatStatuses.Common(s.HeartbeatFailOn.Statuses); len(both) > 0 {
		ps.add("HEARTBEAT_FAIL_ON", "names %s, which HEARTBEAT_STATUSES accepts; keep one", both)
	}
}

// checkClientCertificate wants two files that go together, or none. One that has expired may be renewed while the bot runs.
func (ps *Problems) checkClientCertificate(s *Settings) {
	const cert, key = "HEARTBEAT_CLIENT_CERT_FILE", "HEARTBEAT_CLIENT_KEY_FILE"
	switch {
	case s.HeartbeatCertFile == "" && s.HeartbeatKeyFile == "":
	case s.HeartbeatCertFile == "":
		ps.add(cert, "is not set; %s needs it", key)
	case s.HeartbeatKeyFile == "":
		ps.add(key, "is not set; %s needs it", cert)
	default:
		if _, err := probe.ClientCertificate(string(s.HeartbeatCertFile), string(s.HeartbeatKeyFile)); err != nil {
			ps.add(cert+", "+key, "%v", err)
		}
	}
}

// ClientCertificate says at which time the heartbeat's client certificate is not valid yet, or no more, and names its file; "" for a valid
// one, and for none.
func (s *Settings) ClientCertificate(now time.Time) (wrong string) {
	if s.HeartbeatCertFile == "" {
		return ""
	}
	cert, err := probe.ClientCertificate(string(s.HeartbeatCertFile), string(s.HeartbeatKeyFile))
	switch {
	case err != nil:
		return err.Error()
	case now.After(cert.Leaf.NotAfter):
		return fmt.Sprintf("the certificate in %s expired on %s", s.HeartbeatCertFile, cert.Leaf.NotAfter.UTC().Format(time.DateOnly))
	case now.Before(cert.Leaf.NotBefore):
		return fmt.Sprintf("the certificate in %s is not valid before %s", s.HeartbeatCertFile, cert.Leaf.NotBefore.UTC().Format(time.DateTime))
	}
	return ""
}
