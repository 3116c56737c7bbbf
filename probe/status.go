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

// The statuses that an answer can be judged by.
const (
	firstStatus = 200
	lastStatus  = 599
)

// ParseStatuses reads statuses with commas between: a status such as "204", a range such as "200-299", or a class such
// as "2xx". All are from 200 to 599. A text without any is the empty set.
func ParseStatuses(s string) (Statuses, error) {
	var out Statuses
	for item := range strings.SplitSeq(s, ",") {
		if item = strings.TrimSpace(item); item == "" {
			continue
		}
		r, ok := parseStatus(item)
		if !ok {
			return nil, fmt.Errorf("%q is not a status: write 200, 2xx or 200-299, from %d to %d", item,
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

// Has says whether a status is in the set.
func (s Statuses) Has(status int) bool {
	for _, r := range s {
		if r.From <= status && status <= r.To {
			return true
		}
	}
	return false
}

// Common gives the statuses that are in both sets.
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

// String writes the set as ParseStatuses reads it.
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

// A 5xx may say something that does not come of load.
type refusal struct{ what, hint string }

// The server cannot do what it is asked, however idle it is, or something in front of the app answers in its
// place. All other 5xx may come of load, 524 among them: Cloudflare reached the app and waited 100 s.
var refusals = map[int]refusal{
	501: {"the app does not implement what was asked for", "see HEARTBEAT_METHOD"},
	505: {"the app refuses this version of HTTP", ""},
	506: {"the server's content negotiation is misconfigured", ""},
	507: {"the server has no storage left", ""},
	508: {"the server found an endless loop", "look at its rewrite rules or its proxies"},
	509: {"the hosting plan's bandwidth is used up", ""},
	510: {"the server wants an extension of HTTP", ""},
	511: {
		"a network on the way to the app wants a login",
		"let this machine reach the app without the network's login page",
	},
	520: {"Cloudflare got no proper answer from the app's server", "look at that server's log"},
	521: {
		"the app's server refused Cloudflare's connection",
		"is that server up, and does its firewall let Cloudflare in?",
	},
	522: {
		"the app's server accepted no connection from Cloudflare",
		"is that server up, and does its firewall let Cloudflare in?",
	},
	523: {"Cloudflare found no way to the app's server", "does the DNS record at Cloudflare point to that server?"},
	525: {
		"the TLS handshake between Cloudflare and the app's server failed",
		"look at that server's certificate and ciphers",
	},
	526: {
		"Cloudflare does not trust the certificate of the app's server",
		"renew it, or see SSL/TLS mode at Cloudflare",
	},
	527: {"the connection between Cloudflare and the app's server broke", ""},
	530: {
		"Cloudflare cannot find the app's server",
		"does the DNS record at Cloudflare, or its tunnel, lead to that server?",
	},
	561: {"the load balancer's login failed", "let the bot reach the app without that login"},
}

// The words are not those of the server, which may say what it likes.
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
		r.Outcome, r.Error, r.Hint = BadAnswer, text+": "+refused.what+", which says nothing about load", refused.hint
	case r.Status >= 500 && r.Status <= 599:
		r.Outcome, r.Error = ServerError, text
	case r.Status >= 400 && r.Status <= 499:
		r.Outcome, r.Error = ClientError, text
	case r.Status >= 200 && r.Status <= 299:
		r.Outcome, r.Error = BadAnswer, fmt.Sprintf("%s, where %s is accepted", text, h.expect.statuses)
		r.Hint = "see HEARTBEAT_STATUSES"
	default:
		r.Outcome, r.Error = BadAnswer, text+" is no answer to a heartbeat"
	}
}
