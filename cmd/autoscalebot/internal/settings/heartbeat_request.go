package settings

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/autoscalebot/autoscalebot/probe"
)

// HeartbeatRequest configures what a heartbeat sends.
type HeartbeatRequest struct {
	HeartbeatMethod   Word    `envconfig:"HEARTBEAT_METHOD" default:"GET" desc:"HTTP method of the request: ''GET'', ''HEAD'' or ''POST''."`
	HeartbeatHeaders  Headers `envconfig:"HEARTBEAT_HEADERS" desc:"More headers: ''Name: value; Name: value'', or a JSON object."`
	HeartbeatToken    Secret  `envconfig:"HEARTBEAT_TOKEN" desc:"Bearer token of the request, so that strangers cannot call an expensive heartbeat page."`
	HeartbeatHost     Text    `envconfig:"HEARTBEAT_HOST" desc:"Host name for the ''Host'' header and the certificate, if it differs from the URL's."`
	HeartbeatCertFile Text    `envconfig:"HEARTBEAT_CLIENT_CERT_FILE" desc:"File with the client certificate (PEM), for apps that ask for one."`
	HeartbeatKeyFile  Text    `envconfig:"HEARTBEAT_CLIENT_KEY_FILE" desc:"File with the key of the client certificate (PEM, without a passphrase)."`
}

// Headers are HTTP headers.
type Headers http.Header

// Decode reads headers, as text or as a JSON object. Its errors never quote a value, which may be a secret.
func (h *Headers) Decode(s string) error {
	out := http.Header{}
	if strings.HasPrefix(strings.TrimSpace(s), "{") {
		pairs := map[string]string{}
		if err := json.Unmarshal([]byte(s), &pairs); err != nil {
			return errors.New(`must be a JSON object of strings, such as {"Name": "value"}`)
		}
		for _, name := range slices.Sorted(maps.Keys(pairs)) {
			out.Add(name, pairs[name])
		}
	} else {
		parts, err := splitHeaders(s)
		if err != nil {
			return err
		}
		for _, part := range parts {
			name, value, _ := strings.Cut(part, ":")
			out.Add(strings.TrimSpace(name), strings.TrimSpace(value))
		}
	}
	*h = Headers(out)
	return nil
}

// A semicolon does not end a value if it is in quotes or in parentheses, as in a User-Agent, or before a parameter, as
// in "Accept: text/html; q=0.5" or "Cookie: a=1; b=2".
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
			return nil, errors.New("a header has no colon: must be Name: value; Name: value")
		}
	}
	return out, nil
}

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

func (ps *Problems) checkRequest(s *Settings) {
	for _, err := range probe.CheckHeaders(http.Header(s.HeartbeatHeaders)) {
		ps.add("HEARTBEAT_HEADERS", "%v", err)
	}
	if err := probe.CheckToken(s.HeartbeatToken.Reveal()); err != nil {
		ps.add("HEARTBEAT_TOKEN", "%v", err)
	}
	if http.Header(s.HeartbeatHeaders).Get("Authorization") != "" && s.HeartbeatToken != "" {
		ps.add("HEARTBEAT_TOKEN, HEARTBEAT_HEADERS", "both set the header Authorization. Remove one of them")
	}
}

// An expired certificate is not a mistake: it may be renewed while the bot runs.
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

// ClientCertificate explains why the heartbeat's client certificate is not valid at now, and names its file. It is ""
// if the certificate is valid, and if there is no certificate.
func (s *Settings) ClientCertificate(now time.Time) (wrong string) {
	if s.HeartbeatCertFile == "" {
		return ""
	}
	cert, err := probe.ClientCertificate(string(s.HeartbeatCertFile), string(s.HeartbeatKeyFile))
	switch {
	case err != nil:
		return err.Error()
	case now.After(cert.Leaf.NotAfter):
		return fmt.Sprintf("the certificate in %s expired on %s", s.HeartbeatCertFile,
			cert.Leaf.NotAfter.UTC().Format(time.DateOnly))
	case now.Before(cert.Leaf.NotBefore):
		return fmt.Sprintf("the certificate in %s is not valid before %s", s.HeartbeatCertFile,
			cert.Leaf.NotBefore.UTC().Format(time.DateTime))
	}
	return ""
}
