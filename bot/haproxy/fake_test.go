package haproxy_test

import (
	"bufio"
	"context"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/haproxy"
	"github.com/autoscalebot/autoscalebot/bot/pool"
)

type fake struct {
	socket string
	mu     sync.Mutex
	heard  []string
}

// If answer returns false, the connection stays open without an answer.
func startFake(t testing.TB, answer func(command string) (string, bool)) *fake {
	t.Helper()
	dir, err := os.MkdirTemp("", "fake")
	must(t, err)
	t.Cleanup(func() { os.RemoveAll(dir) })
	f := &fake{socket: filepath.Join(dir, "s")}
	l, err := net.Listen("unix", f.socket)
	must(t, err)
	done := make(chan struct{})
	t.Cleanup(func() { close(done); l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				line, err := bufio.NewReader(conn).ReadString('\n')
				if err != nil {
					return
				}
				f.mu.Lock()
				f.heard = append(f.heard, line)
				f.mu.Unlock()
				text, ok := answer(strings.TrimSuffix(line, "\n"))
				if !ok {
					<-done
					return
				}
				conn.Write([]byte(text))
			}()
		}
	}()
	return f
}

const stateHead = "1\n# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight srv_time_since_last_change srv_check_status srv_check_result srv_check_health srv_check_state srv_agent_state bk_f_forced_id srv_f_forced_id srv_fqdn srv_port srvrecord\n"

// Words are not trusted: what became of a command is read back.
func TestAnswersThatAreOdd(t *testing.T) {
	serving := "3 web 5 web-1 10.0.0.1 2 0 1 1 4 1 0 0 0 0 0 0 - 80 -\n"
	maint := "3 web 5 web-1 10.0.0.1 0 1 1 1 4 1 0 0 0 0 0 0 - 80 -\n"
	add := func(r *haproxy.Runtime) error {
		return r.Add(context.Background(), pool.Server{Name: "web-1", Address: "10.0.0.1:80"})
	}
	remove := func(r *haproxy.Runtime) error { return r.Remove(context.Background(), pool.Member{Name: "web-1"}) }
	drain := func(r *haproxy.Runtime) error { return r.Drain(context.Background(), pool.Member{Name: "web-1"}) }
	for _, c := range []struct {
		name  string
		do    func(*haproxy.Runtime) error
		state []string // successive answers; the last one repeats
		said  string   // to commands that change something
		want  string   // of the error; empty for none
	}{
		{"other words for success", add, []string{"", maint, serving}, "Le serveur est enregistré.\n", ""},
		{"success that was none", add, []string{""}, "New server registered.\n", "accepted the command, but the server does not exist"},
		{"an address that does not change", add, []string{strings.Replace(serving, "10.0.0.1", "10.0.0.9", 1)}, "\n", "the server has the address 10.0.0.9:80 instead of 10.0.0.1:80"},
		{"ready that was not", add, []string{maint}, "\n", "the server gets no requests"},
		{"drain that was not", drain, []string{serving}, "\n", "the server still gets requests"},
		{"drain in other words", drain, []string{serving, strings.Replace(serving, " 2 0 1 1 ", " 2 8 1 1 ", 1)}, "Drained!\n", ""},
		{"maintenance that was none", remove, []string{serving}, "\n", "not in maintenance"},
		{"deleted that was not", remove, []string{maint}, "Server deleted.\n", "the server still exists, in maintenance"},
		{"deleted in other words", remove, []string{maint, ""}, "Gone.\n", ""},
		{"a refusal", remove, []string{serving}, "Permission denied\n", "Give its stats socket level admin"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var mu sync.Mutex
			asked := 0
			f := startFake(t, func(command string) (string, bool) {
				mu.Lock()
				defer mu.Unlock()
				if strings.HasPrefix(command, "show servers state") {
					asked++
					return stateHead + c.state[min(asked, len(c.state))-1] + "\n", true
				}
				return c.said + "\n", true
			})
			err := c.do(newRuntime(t, "", f.socket))
			switch {
			case c.want == "" && err != nil, c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
				t.Errorf("the error is %v; want %q", err, c.want)
			}
		})
	}
}

// A broken socket gives an error that names it, in bounded time.
func TestBrokenSockets(t *testing.T) {
	for name, c := range map[string]struct {
		answer string
		none   bool
		want   string
	}{
		"hangs":           {none: true, want: "did not answer in time"},
		"says nothing":    {answer: "", want: "without an answer"},
		"another server":  {answer: "HTTP/1.1 400 Bad Request\r\n\r\n", want: "not a server state"},
		"an empty line":   {answer: "\n", want: "not a server state"},
		"another format":  {answer: "2\n# something\n", want: "not a server state in format 1"},
		"a column less":   {answer: strings.Replace(stateHead, "srv_fqdn", "srv_x", 1), want: "no column srv_fqdn"},
		"a short line":    {answer: stateHead + "3 web 5 web-1\n", want: "a line without"},
		"no number":       {answer: stateHead + "3 web 5 web-1 10.0.0.1 x 0 1 1 4 1 0 0 0 0 0 0 - 80 -\n", want: "not a number"},
		"without an end":  {answer: strings.Repeat("x", 17<<20), want: "longer than 16 MB"},
		"statistics only": {answer: "# pxname,svname\n", want: "not a server state"},
	} {
		t.Run(name, func(t *testing.T) {
			f := startFake(t, func(string) (string, bool) { return c.answer, !c.none })
			timeout := 30 * time.Second
			if c.none {
				timeout = 300 * time.Millisecond
			}
			r, err := haproxy.New(haproxy.Options{Sockets: []string{f.socket}, Backend: "web", Timeout: timeout})
			must(t, err)
			_, err = r.Members(t.Context())
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), f.socket) || len(err.Error()) > 1000 {
				t.Errorf("the error is %v; want %q", err, c.want)
			}
		})
	}
}

func TestBadOptions(t *testing.T) {
	good := haproxy.Options{Sockets: []string{"unix:///run/haproxy/admin.sock"}, Backend: "web", ServerOptions: "check inter 2s"}
	if _, err := haproxy.New(good); err != nil {
		t.Errorf("good options: %v", err)
	}
	for name, c := range map[string]struct {
		change func(*haproxy.Options)
		want   string
	}{
		"no socket":        {func(o *haproxy.Options) { o.Sockets = nil }, "no socket"},
		"twice":            {func(o *haproxy.Options) { o.Sockets = append(o.Sockets, o.Sockets[0]) }, "are the same"},
		"not whole":        {func(o *haproxy.Options) { o.Sockets = []string{"admin.sock"} }, `invalid socket of HAProxy "admin.sock": must be unix:///`},
		"unix of a host":   {func(o *haproxy.Options) { o.Sockets = []string{"unix://run/admin.sock"} }, "unix:///run/haproxy/admin.sock"},
		"no port":          {func(o *haproxy.Options) { o.Sockets = []string{"tcp://lb1"} }, "tcp://host:port"},
		"a password":       {func(o *haproxy.Options) { o.Sockets = []string{"tcp://x:hunter2@lb1:9999"} }, "without a password"},
		"no backend":       {func(o *haproxy.Options) { o.Backend = "" }, "the backend has an empty name"},
		"a backend of two": {func(o *haproxy.Options) { o.Backend = "web; shutdown" }, "must be at most 200 letters"},
		"a second command": {func(o *haproxy.Options) { o.ServerOptions = "check; show info" }, `invalid character ';' in the server options`},
		"a line":           {func(o *haproxy.Options) { o.ServerOptions = "check\nshow info" }, "invalid character"},
		"a payload":        {func(o *haproxy.Options) { o.ServerOptions = "check <<" }, "invalid character"},
		"a variable":       {func(o *haproxy.Options) { o.ServerOptions = "cookie $IP" }, "the only variable is $NAME"},
		"disabled":         {func(o *haproxy.Options) { o.ServerOptions = "check disabled" }, "Remove it"},
		"a port":           {func(o *haproxy.Options) { o.Port = 70000 }, "1–65535"},
	} {
		o := good
		c.change(&o)
		if _, err := haproxy.New(o); err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: the error is %v; want %q", name, err, c.want)
		}
	}
	if _, err := haproxy.New(haproxy.Options{}); err == nil || strings.Count(err.Error(), "\n") != 1 {
		t.Errorf("not all mistakes at once: %v", err)
	}
}

// one is any command that the bot sends, whole.
var one = regexp.MustCompile(`^(show servers state web|show stat web 4 -1|add server web/[\w.:-]+ [\w.:\[\]]+( check)?|(enable health|enable agent|shutdown sessions server|del server) web/[\w.:-]+|set server web/[\w.:-]+ (weight 100%|state (ready|drain|maint)|addr [\w.:]+ port \d+))\n$`)

// Whatever a server is called and wherever it is, HAProxy hears commands of the bot's and nothing else.
func FuzzCommands(f *testing.F) {
	for _, seed := range [][2]string{{"web-1", "10.0.0.1:80"}, {"web-1;del server web/x", "::1"}, {"web 1", "[::1]:80"}, {"a\nb", "10.0.0.1;x:80"}, {"a", "fe80::1%a;b"}, {"a/b", "host"}} {
		f.Add(seed[0], seed[1])
	}
	srv := startFake(f, func(command string) (string, bool) {
		if strings.HasPrefix(command, "show servers state") {
			return stateHead + "\n", true
		}
		return "\n", true
	})
	r, err := haproxy.New(haproxy.Options{Sockets: []string{srv.socket}, Backend: "web", ServerOptions: "check", Port: 80})
	must(f, err)
	f.Fuzz(func(t *testing.T, name, address string) {
		srv.mu.Lock()
		srv.heard = nil
		srv.mu.Unlock()
		_ = r.Add(t.Context(), pool.Server{Name: name, Address: address})
		_ = r.Drain(t.Context(), pool.Member{Name: name})
		_ = r.Remove(t.Context(), pool.Member{Name: name})
		srv.mu.Lock()
		defer srv.mu.Unlock()
		for _, line := range srv.heard {
			if !one.MatchString(line) {
				t.Fatalf("of %q at %q HAProxy heard %q", name, address, line)
			}
		}
	})
}
