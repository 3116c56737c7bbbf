package probe

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// Statuses is a set of HTTP statuses. The zero value is empty.
type Statuses []StatusRange

// A StatusRange is the statuses from From to To, both included.
type StatusRange struct{ From, To int }

// The statuses that a final answer can have.
const (
	firstStatus = 200
	lastStatus  = 599
)

// ParseStatuses parses statuses separated by commas: a status such as "204", a range such as "200-299", or a class such
// as "2xx". All must be from 200 to 599. A blank text is the empty set.
func ParseStatuses(s string) (Statuses, error) {
	var out Statuses
	for item := range strings.SplitSeq(s, ",") {
		if item = strings.TrimSpace(item); item == "" {
			continue
		}
		r, ok := parseStatus(item)
		if !ok {
			return nil, fmt.Errorf("invalid status %q: must be %d–%d, such as 200, 2xx or 200-299", item,
				firstStatus, lastStatus)
		}
		out = append(out, r)
	}
	return out, nil
}

func parseStatus(item string) (StatusRange, bool) {
	if class, ok := strings.CutSuffix(strings.ToLower(item), "xx"); ok {
		n, err := strconv.Atoi(class)
		r := StatusRange{100 * n, 100*n + 99}
		return r, err == nil && len(class) == 1 && r.valid()
	}
	from, to, isRange := strings.Cut(item, "-")
	if !isRange {
		to = from
	}
	first, err1 := status(from)
	last, err2 := status(to)
	r := StatusRange{first, last}
	return r, err1 == nil && err2 == nil && r.valid()
}

func (r StatusRange) valid() bool {
	return firstStatus <= r.From && r.From <= r.To && r.To <= lastStatus
}

func status(s string) (int, error) {
	s = strings.TrimSpace(s)
	if len(s) != 3 || strings.Trim(s, "0123456789") != "" {
		return 0, errors.New("not three digits")
	}
	return strconv.Atoi(s)
}

// Has reports whether the set contains a status.
func (s Statuses) Has(status int) bool {
	for _, r := range s {
		if r.From <= status && status <= r.To {
			return true
		}
	}
	return false
}

// Common returns the statuses that are in both sets.
func (s Statuses) Common(other Statuses) Statuses {
	var out Statuses
	for _, a := range s {
		for _, b := range other {
			if r := (StatusRange{max(a.From, b.From), min(a.To, b.To)}); r.From <= r.To {
				out = append(out, r)
			}
		}
	}
	return out
}

// String formats the set so that ParseStatuses can read it.
func (s Statuses) String() string {
	parts := make([]string, len(s))
	for i, r := range s {
		switch {
		case r.From == r.To:
			parts[i] = strconv.Itoa(r.From)
		case r.From%100 == 0 && r.To == r.From+99:
			parts[i] = strconv.Itoa(r.From/100) + "xx"
		default:
			parts[i] = fmt.Sprintf("%d-%d", r.From, r.To)
		}
	}
	return strings.Join(parts, ",")
}

// What a 5xx means that load does not cause.
type refusal struct{ what, hint string }

// An idle server would answer the same, or something in front of the app answers instead of it. Load can cause all
// other 5xx, including 524: Cloudflare reached the app and waited 100 s.
var refusals = map[int]refusal{
	501: {"the app does not support the request", "Set HEARTBEAT_METHOD to a method that the page supports."},
	505: {"the app does not support this version of HTTP", ""},
	506: {"the server's content negotiation is misconfigured", ""},
	507: {"the server is out of storage", ""},
	508: {"the server detected an endless loop", "Check its rewrite rules and proxies."},
	509: {"the hosting plan's bandwidth is used up", ""},
	510: {"the server requires an extension of HTTP", ""},
	511: {
		"a network on the way to the app requires a login",
		"Let this machine reach the app without that network's login page.",
	},
	520: {"the app's server gave Cloudflare an invalid answer", "Check that server's log."},
	521: {
		"the app's server refused Cloudflare's connection",
		"Check that the server is up and that its firewall lets Cloudflare in.",
	},
	522: {
		"the app's server did not accept a connection from Cloudflare",
		"Check that the server is up and that its firewall lets Cloudflare in.",
	},
	523: {
		"Cloudflare has no route to the app's server",
		"Check that the DNS record at Cloudflare points to that server.",
	},
	525: {
		"the TLS handshake between Cloudflare and the app's server failed",
		"Check that server's certificate and ciphers.",
	},
	526: {
		"Cloudflare does not trust the certificate of the app's server",
		"Renew it, or change the SSL/TLS mode at Cloudflare.",
	},
	527: {"the connection between Cloudflare and the app's server broke", ""},
	530: {
		"Cloudflare cannot find the app's server",
		"Check the DNS record or the tunnel at Cloudflare.",
	},
	561: {"the load balancer's login failed", "Let the bot reach the app without that login."},
}

// The text is Go's, not the server's, because a server can send any text.
func statusText(status int) string {
	return strings.TrimRight(fmt.Sprintf("status %d %s", status, http.StatusText(status)), " ")
}

func (h *Heartbeat) judge(r *Reading) {
	text := statusText(r.Status)
	refused, isRefusal := refusals[r.Status]
	switch {
	case h.failOn.Has(r.Status):
		r.Outcome, r.Error = Overloaded, text
	case isRefusal:
		r.Outcome, r.Error, r.Hint = BadAnswer, text+": "+refused.what, refused.hint
	case r.Status >= 500 && r.Status <= 599:
		r.Outcome, r.Error = ServerError, text
	case r.Status >= 400 && r.Status <= 499:
		r.Outcome, r.Error = ClientError, text
	case r.Status >= 200 && r.Status <= 299:
		r.Outcome, r.Error = BadAnswer, fmt.Sprintf("%s, but only %s is accepted", text, h.expect.statuses)
		r.Hint = "To accept it, set HEARTBEAT_STATUSES."
	default:
		r.Outcome, r.Error = BadAnswer, "unexpected "+text
	}
}
