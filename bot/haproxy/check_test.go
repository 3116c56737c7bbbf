package haproxy_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/autoscalebot/autoscalebot/bot/haproxy"
)

// checks gives what Check reports, and whether all is well.
func checks(t *testing.T, b interface {
	Check(ctx context.Context, report func(what, found string, err error))
},
) (text string, fine bool) {
	t.Helper()
	fine = true
	b.Check(t.Context(), func(what, found string, err error) {
		fine = fine && err == nil
		text += fmt.Sprintln(what, found, err)
	})
	return text, fine
}

// HAProxy itself says what is wrong with the options of servers, before there is any, and has no server more afterwards.
func TestCheckAsksHAProxy(t *testing.T) {
	p := startProxy(t, webBackend)
	for options, want := range map[string]string{
		"":                               "",
		"check inter 2s rise 1":          "",
		"check inter 2s weight 10":       "",
		"maxconn 20 check":               "",
		"chekc inter 2s":                 "unknown keyword 'chekc'",
		"check observe layer9":           "'observe' expects one of",
		"check weight 900":               "900",
		"check cookie $NAME":             "'cookie' option is not accepted for dynamic server",
		"check maxconn":                  "without its value",
		"check fall":                     "'fall' has to be > 0",
		"check proto h9":                 "unknown MUX protocol 'h9'",
		"ssl ca-file /nowhere verify":    "unable to load /nowhere",
		"check inter 2s resolvers names": "'resolvers' option is not accepted for dynamic server",
	} {
		text, fine := checks(t, newRuntime(t, options, p.Socket))
		if fine != (want == "") || !strings.Contains(text, want) {
			t.Errorf("the options %q: %s, want %q", options, text, want)
		}
	}
	if state := p.ask(t, "show servers state web"); strings.Contains(state, "autoscalebot") {
		t.Errorf("a server is left:\n%s", state)
	}
}

// Where the configuration has servers to fill, their options stand there.
func TestCheckOfSlots(t *testing.T) {
	p := startProxy(t, webBackend+"  balance static-rr\n  server-template web- 1-3 127.0.0.1:1 check disabled\n")
	if text, fine := checks(t, newRuntime(t, "", p.Socket)); !fine || !strings.Contains(text, "3 empty servers") {
		t.Errorf("slots: %s", text)
	}
	p = startProxy(t, webBackend+"  balance static-rr\n")
	if text, fine := checks(t, newRuntime(t, "", p.Socket)); fine || !strings.Contains(text, "dynamic load balancing") {
		t.Errorf("an algorithm that takes no servers: %s", text)
	}
	if text, fine := checks(t, newRuntime(t, "", "unix:///nowhere/admin.sock")); fine || !strings.Contains(text, "/nowhere/admin.sock") {
		t.Errorf("no socket: %s", text)
	}
}

// So it is with the file, which stays as it is.
func TestCheckOfTheFile(t *testing.T) {
	for line, want := range map[string]string{
		"server $NAME $IP:$PORT check inter 2s": "",
		"server $NAME $IP:$PORT chekc inter 2s": "unknown keyword 'chekc'",
	} {
		f, p := newFile(t, haproxy.FileOptions{ServerLine: line})
		before, err := os.ReadFile(p.Config)
		must(t, err)
		text, fine := checks(t, f)
		if fine != (want == "") || !strings.Contains(text, want) {
			t.Errorf("the line %q: %s, want %q", line, text, want)
		}
		if after, err := os.ReadFile(p.Config); err != nil || string(after) != string(before) {
			t.Errorf("the configuration changed: %v\n%s", err, after)
		}
	}
}
