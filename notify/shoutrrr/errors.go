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

// Nothing else of an error's text is told, for it may hold the URL or what a server made of it.
var reasons = []struct{ text, told string }{
	{"no such host", "no such host"},
	{"connection refused", "connection refused"},
	{"connection reset", "connection reset"},
	{"network is unreachable", "the network is unreachable"},
	{"certificate", "its certificate is not trusted"},
	{"deadline exceeded", "no answer in time"},
	{"timeout", "no answer in time"},
	{"EOF", "the connection broke"},
}

// What a panic said may hold a secret.
var errPanicked = errors.New("the library panicked")

func (n *Notifier) explain(err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, errPanicked) {
		return notify.Permanent(fmt.Errorf("shoutrrr: %s: %w", n.Service(), errPanicked))
	}
	if code := status(err); code != 0 {
		told := fmt.Errorf("shoutrrr: %s: answered %d %s", n.Service(), code, http.StatusText(code))
		switch {
		case code == http.StatusTooManyRequests, code == http.StatusRequestTimeout, code >= 500:
			return told
		case code == http.StatusUnauthorized, code == http.StatusForbidden, code == http.StatusNotFound:
			told = fmt.Errorf("%w: check the token and the rest of the URL", told)
		}
		return notify.Permanent(told)
	}
	for _, r := range reasons {
		if strings.Contains(err.Error(), r.text) {
			return fmt.Errorf("shoutrrr: %s: %s", n.Service(), r.told)
		}
	}
	return fmt.Errorf("shoutrrr: %s: the message was not taken (what the service said is left out because a secret "+
		"may be in it)", n.Service())
}

// "404 Not Found" and its like
var statusLine = regexp.MustCompile(`\b([45]\d\d) ([A-Z][A-Za-z' -]+)`)

// 0 if there is none
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
