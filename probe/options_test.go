package probe_test

import (
	"cmp"
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/probe"
)

func TestOptionsThatAreRefused(t *testing.T) {
	const like = ": use a URL such as https://example.com/heartbeat/"
	base := func(context.Context) (string, error) { return "https://example.com", nil }
	tests := []struct {
		name string
		o    probe.HeartbeatOptions
		want string
	}{
		{"no URL", probe.HeartbeatOptions{}, "heartbeat URL is empty" + like},
		{"a path without base", probe.HeartbeatOptions{URL: "/beat?s3cr3t"}, `heartbeat URL "/beat" is only a path, and the app's web URL is not known` + like},
		{"two slashes", probe.HeartbeatOptions{URL: "//example.com/", Base: base}, "heartbeat URL begins with two slashes" + like + ", or a path with one slash"},
		{"no slash", probe.HeartbeatOptions{URL: "beat/", Base: base}, "heartbeat URL must begin with http://, https:// or a slash" + like},
		{"no scheme", probe.HeartbeatOptions{URL: "localhost:8000/beat"}, "heartbeat URL must begin with http://, https:// or a slash" + like},
		{"a user without scheme", probe.HeartbeatOptions{URL: "s3cr3t:s3cr3t@example.com"}, "heartbeat URL must begin with http://, https:// or a slash" + like},
		{"another scheme", probe.HeartbeatOptions{URL: "ftp://example.com/"}, "heartbeat URL has a scheme other than http and https" + like},
		{"no host", probe.HeartbeatOptions{URL: "http:///beat"}, "heartbeat URL has no host" + like},
		{"a port out of range", probe.HeartbeatOptions{URL: "http://example.com:70000/"}, "heartbeat URL has an invalid port, which must be 1–65535" + like},
		{"a password with a slash", probe.HeartbeatOptions{URL: "http://u:s3cr3t/s3cr3t@example.com/"}, "heartbeat URL is invalid, perhaps because of a space, a wrong port or a wrong %-escape" + like},
		{"a method", probe.HeartbeatOptions{URL: "http://a/", Method: "FETCH"}, `invalid heartbeat method "FETCH": must be GET, HEAD, POST or OPTIONS`},
		{"a measure", probe.HeartbeatOptions{URL: "http://a/", Measure: "speed"}, `invalid heartbeat measure "speed": must be total, processing or queue`},
		{"redirects", probe.HeartbeatOptions{URL: "http://a/", Redirects: "some"}, `invalid heartbeat redirects "some": must be same-host, any or none`},
		{"a keyword without a body", probe.HeartbeatOptions{URL: "http://a/", Method: "HEAD", Keyword: "x"}, "heartbeat keyword does not work with the method HEAD, whose answers have no body: use GET"},
		{"a long keyword", probe.HeartbeatOptions{URL: "http://a/", Keyword: strings.Repeat("x", 1025)}, "heartbeat keyword has 1025 bytes: the maximum is 1024"},
		{"a status twice", probe.HeartbeatOptions{URL: "http://a/", FailOn: probe.Statuses{{204, 204}}}, "status 204 is both accepted and a failure: keep one"},
		{"no timeout", probe.HeartbeatOptions{URL: "http://a/", Timeout: -1}, "heartbeat timeout is -1ns: must be more than 0"},
		{"a header's name", probe.HeartbeatOptions{URL: "http://a/", Header: http.Header{"X Key": {"s3cr3t"}}}, `heartbeat header has an invalid name of 5 characters: use letters, digits and hyphens`},
		{"a header's value", probe.HeartbeatOptions{URL: "http://a/", Header: http.Header{"X-Key": {"s3cr3t\r\n"}}}, "heartbeat header X-Key has a line break or another control character in its value"},
		{"the host", probe.HeartbeatOptions{URL: "http://a/", Header: http.Header{"host": {"b"}}}, "heartbeat header Host is not allowed: use HEARTBEAT_HOST"},
		{"the connection", probe.HeartbeatOptions{URL: "http://a/", Header: http.Header{"Te": {"b"}}}, "heartbeat header Te is not allowed: it belongs to the connection"},
		{"the token", probe.HeartbeatOptions{URL: "http://a/", Token: "s3cr3t\n"}, "heartbeat token has a line break or another control character"},
		{"the user agent", probe.HeartbeatOptions{URL: "http://a/", UserAgent: "bot\n"}, "heartbeat user agent has a line break or another control character"},
		{"token and user", probe.HeartbeatOptions{URL: "http://u:s3cr3t@a/", Token: "s3cr3t"}, "heartbeat has more than one of a token, a user in its URL and an Authorization header: keep one"},
		{"token and header", probe.HeartbeatOptions{URL: "http://a/", Token: "s3cr3t", Header: http.Header{"authorization": {"s3cr3t"}}}, "heartbeat has more than one of a token, a user in its URL and an Authorization header: keep one"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.o.Timeout = cmp.Or(tt.o.Timeout, time.Second)
			_, err := probe.NewHeartbeat(tt.o)
			if err == nil || err.Error() != tt.want {
				t.Errorf("got  %v\nwant %s", err, tt.want)
			}
		})
	}
}

func FuzzHeartbeatURL(f *testing.F) {
	for _, s := range []string{"", "/", "//a", "/beat?x", "http://a", "http://u:p@a:80/b?c#d", "https://[::1%25eth0]:443/", "localhost:80", "http://a:b", "http:a", "\x00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		base := func(context.Context) (string, error) { return "http://example.com", nil }
		_, err := probe.NewHeartbeat(probe.HeartbeatOptions{URL: raw, Base: base, Timeout: time.Second})
		if err != nil && !strings.HasPrefix(err.Error(), "heartbeat ") {
			t.Errorf("%q: %v", raw, err)
		}
		_, err = probe.NewHeartbeat(probe.HeartbeatOptions{URL: "http://u:s3cr3t" + raw + "@example.com/?s3cr3t", Timeout: time.Second})
		if err != nil && strings.Contains(err.Error(), "s3cr3t") {
			t.Errorf("%q: the error %v holds the password", raw, err)
		}
	})
}
