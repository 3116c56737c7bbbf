package local

import (
	"crypto/rand"
	"fmt"
	"net"
	"net/http/httputil"
	"regexp"
	"strconv"
	"time"
)

const via = "1.1 autoscalebot"

// A client's request ID of this form is kept, as on Heroku.
var requestIDs = regexp.MustCompile(`^[A-Za-z0-9-]+$`)

// Adds the headers that Heroku's router adds. The host and the query stay as they are.
func rewrite(pr *httputil.ProxyRequest, port string, now time.Time) {
	out := pr.Out
	out.URL.Scheme = "http"
	out.URL.Host = "process" // the dialer chooses
	out.URL.RawQuery = pr.In.URL.RawQuery

	client, _, err := net.SplitHostPort(pr.In.RemoteAddr)
	if err != nil {
		client = pr.In.RemoteAddr
	}
	h := out.Header
	h["X-Forwarded-For"] = pr.In.Header["X-Forwarded-For"]
	if prior := h.Get("X-Forwarded-For"); prior != "" {
		client = prior + ", " + client
	}
	h.Set("X-Forwarded-For", client)
	h.Set("X-Forwarded-Proto", "http")
	h.Set("X-Forwarded-Port", port)
	h.Set("X-Request-Start", strconv.FormatInt(now.UnixMilli(), 10))
	if id := h.Get("X-Request-Id"); len(id) < 20 || len(id) > 200 || !requestIDs.MatchString(id) {
		h.Set("X-Request-Id", newID())
	}
	h.Add("Via", via)
}

func newID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
