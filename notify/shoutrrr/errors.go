package shoutrrr

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"github.com/nicholas-fedor/shoutrrr/pkg/util/jsonclient"

	"github.com/autoscalebot/autoscalebot/notify"
)

// Errors quote nothing else: the text may contain the URL, or a form of it that the server sent.
var reasons = []struct{ text, reason string }{
	{"no such host", "no such host"},
	{"connection refused", "connection refused"},
	{"connection reset", "connection reset"},
	{"network is unreachable", "the network is unreachable"},
	{"certificate", "its certificate is not trusted"},
	{"deadline exceeded", "timed out"},
	{"timeout", "timed out"},
	{"EOF", "the connection broke"},
}

// The panic's value may contain a secret.
var errPanicked = errors.New("the library panicked")

func (n *Notifier) explain(err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, errPanicked) {
		return notify.Permanent(fmt.Errorf("shoutrrr: %s: %w", n.Service(), errPanicked))
	}
	if code := status(err); code != 0 {
		answered := fmt.Errorf("shoutrrr: %s: answered %d %s", n.Service(), code, http.StatusText(code))
		switch {
		case code == http.StatusTooManyRequests, code == http.StatusRequestTimeout, code >= 500:
			return answered
		case code == http.StatusUnauthorized, code == http.StatusForbidden, code == http.StatusNotFound:
			answered = fmt.Errorf("%w: check the token and the rest of the URL", answered)
		}
		return notify.Permanent(answered)
	}
	for _, r := range reasons {
		if strings.Contains(err.Error(), r.text) {
			return fmt.Errorf("shoutrrr: %s: %s", n.Service(), r.reason)
		}
	}
	return fmt.Errorf("shoutrrr: %s: the service refused the message (its response is not shown because it may "+
		"contain a secret)", n.Service())
}

// "404 Not Found"
var statusLine = regexp.MustCompile(`\b([45]\d\d) ([A-Z][A-Za-z' -]+)`)

// It is 0 for an error without a status.
func status(err error) int {
	if e, ok := errors.AsType[jsonclient.Error](err); ok && e.StatusCode >= 400 {
		return e.StatusCode
	}
	for _, m := range statusLine.FindAllStringSubmatch(err.Error(), -1) {
		code, _ := strconv.Atoi(m[1])
		if text := http.StatusText(code); text != "" && strings.HasPrefix(m[2], text) {
			return code
		}
	}
	return 0
}
