package haproxy_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/autoscalebot/autoscalebot/bot/haproxy"
)

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
		"check maxconn":                  "lacks its value",
		"check fall":                     "'fall' has to be > 0",
		"check proto h9":                 "unknown MUX protocol 'h9'",
		"ssl ca-file /nowhere verify":    "unable to load /nowhere",
		"check inter 2s resolvers names": "'resolvers' option is not accepted for dynamic server",
		// What HAProxy finds when it has read all options:
		"agent-check":                     "does not have agent port",
		"check ssl verify required":       "no CA file specified",
		"ssl crt /nowhere verify none":    "'/nowhere'",
		"check agent-check agent-port 99": "",
		"track web/nobody":                "unable to find required server 'nobody'",
		// and what only the second server, or nobody's, can have:
		"check id 77":    "custom id 77 already used",
		"check weight 0": "its weight is 0",
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

// Servers left by a check that was killed do no harm, and are removed.
func TestCheckAfterOneThatWasKilled(t *testing.T) {
	p := startProxy(t, webBackend)
	p.ask(t, "add server web/autoscalebot-check-b 127.0.0.1:1 check")
	if text, fine := checks(t, newRuntime(t, "check", p.Socket)); !fine {
		t.Errorf("after a check that was killed: %s", text)
	}
	if state := p.ask(t, "show servers state web"); strings.Contains(state, "autoscalebot") {
		t.Errorf("a server is left:\n%s", state)
	}
}

// While HAProxy is asked, all requests are answered by who is there.
func TestCheckUnderLoad(t *testing.T) {
	p := startProxy(t, webBackend)
	r := newRuntime(t, "check inter 20ms", p.Socket)
	serving(t, r, "web-1")
	l := startLoad(t, p.URL, 3, 3)
	for range 5 {
		if text, fine := checks(t, r); !fine {
			t.Errorf("under load: %s", text)
		}
	}
	eventually(t, "web-1 answers", func() bool { return l.answers("web-1") > 50 })
	l.noneFailed(t, 50)
}

// A dry run adds no server, not even for a moment, and yet finds what can be found.
func TestCheckInADryRun(t *testing.T) {
	p := startProxy(t, webBackend)
	for options, want := range map[string]string{
		"check inter 2s": "as far as a dry run can tell", "chekc": "unknown keyword 'chekc'", "check maxconn": "lacks its value", "check weight 900": "900",
	} {
		heard := 0
		f := startFake(t, func(command string) (string, bool) {
			if verb, _, _ := strings.Cut(command, " "); verb != "show" && !strings.HasSuffix(command, "only-asked-4") {
				heard++
			}
			return p.ask(t, command), true
		})
		r, err := haproxy.New(haproxy.Options{Sockets: []string{f.socket}, Backend: "web", ServerOptions: options, Observe: true})
		must(t, err)
		if text, _ := checks(t, r); !strings.Contains(text, want) || heard > 0 {
			t.Errorf("the options %q in a dry run: %s, want %q; %d commands that act", options, text, want, heard)
		}
	}
}

// Where the configuration has servers to fill, their options stand there.
func TestCheckOfSlots(t *testing.T) {
	p := startProxy(t, webBackend+"  balance static-rr\n  server-template web- 1-3 127.0.0.1:1 check disabled\n")
	if text, fine := checks(t, newRuntime(t, "", p.Socket)); !fine || !strings.Contains(text, "3 empty servers") {
		t.Errorf("slots: %s", text)
	}
	r, err := haproxy.New(haproxy.Options{Sockets: []string{p.Socket}, Backend: "web", Pool: "shop"})
	must(t, err)
	if text, fine := checks(t, r); fine || !strings.Contains(text, "dynamic load balancing") {
		t.Errorf("slots of another pool: %s", text)
	}
	p = startProxy(t, webBackend+"  balance roundrobin\n  server-template web- 1-3 127.0.0.1:1 check disabled\n")
	if text, fine := checks(t, newRuntime(t, "chekc", p.Socket)); !fine || !strings.Contains(text, "3 empty servers") || !strings.Contains(text, "unknown keyword 'chekc'") {
		t.Errorf("options that are wrong beyond the slots: %s", text)
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
