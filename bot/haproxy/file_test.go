package haproxy_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/haproxy"
	"github.com/autoscalebot/autoscalebot/bot/pool"
	"github.com/autoscalebot/autoscalebot/bot/remote"
)

const fileBackend = preamble + `backend web
  balance roundrobin
  option httpchk GET /health
  default-server inter 50ms
`

func newFile(t testing.TB, o haproxy.FileOptions) (*haproxy.File, *proxy) {
	t.Helper()
	p := startProxy(t, fileBackend, "-W", "-S", "MASTER")
	config, err := os.ReadFile(p.Config)
	must(t, err)
	o.Config, o.Template = p.Config, p.Config+".template"
	must(t, os.WriteFile(o.Template, append(config, "  $SERVERS\n"...), 0o600))
	if o.ReloadCommand == "" { // one that waits
		o.ReloadCommand, o.ReloadEvery = reloadByMaster, -1
		o.Hosts = []remote.Machine{byMaster{remote.ThisMachine(), p.master(), t}}
	}
	f, err := haproxy.NewFile(o)
	must(t, err)
	return f, p
}

const reloadByMaster = "reload by the master's socket"

type byMaster struct {
	remote.Machine
	master *proxy
	t      testing.TB
}

func (b byMaster) Stream(ctx context.Context, command string, stdin io.Reader, stdout, stderr io.Writer) error {
	if !strings.Contains(command, reloadByMaster[:10]) {
		return b.Machine.Stream(ctx, command, stdin, stdout, stderr)
	}
	was := ""
	for was == "" && ctx.Err() == nil {
		was = b.master.worker()
	}
	must(b.t, exec.Command("sh", "-c", fmt.Sprintf("kill -USR2 %d", b.master.cmd.Process.Pid)).Run()) // syscall has no SIGUSR2 on Windows
	for ctx.Err() == nil {
		if now := b.master.worker(); now != "" && now != was {
			return nil
		}
		time.Sleep(5 * time.Millisecond)
	}
	return ctx.Err()
}

func (p *proxy) master() *proxy {
	return &proxy{Socket: p.Socket + ".master", cmd: p.cmd}
}

// Empty during a reload. A master does not close the connection after its answer.
func (p *proxy) worker() string {
	conn, err := net.Dial("unix", strings.TrimPrefix(p.Socket, "unix://"))
	if err != nil {
		return ""
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(time.Second))
	fmt.Fprintln(conn, "show proc")
	pid := ""
	for lines := bufio.NewScanner(conn); lines.Scan() && lines.Text() != "# old workers" && lines.Text() != "# programs"; {
		if fields := strings.Fields(lines.Text()); len(fields) > 1 && fields[1] == "worker" {
			pid = fields[0]
		}
	}
	return pid
}

func (p *proxy) reloads() int { return strings.Count(p.log.String(), "Reloading HAProxy") }

// Servers join, take traffic, are drained, and leave by reloads, and no request is lost on the way.
func TestFileUnderLoad(t *testing.T) {
	f, p := newFile(t, haproxy.FileOptions{ReloadCommand: "kill -USR2 $(cat $CONFIG.pid)", ReloadEvery: time.Second})
	web1, web2 := startBackend(t, "web-1"), startBackend(t, "web-2")
	must(t, f.Add(t.Context(), web1.server()))
	eventually(t, "web-1 is there", func() bool { return strings.Contains(p.ask(t, "show stat"), "web,web-1,") })
	l := startLoad(t, p.URL, 3, 3)
	eventually(t, "web-1 answers", func() bool { return l.answers("web-1") > 20 })

	must(t, f.Add(t.Context(), web2.server()))
	eventually(t, "web-2 answers", func() bool { return l.answers("web-2") > 20 })
	before := p.reloads()
	must(t, f.Add(t.Context(), web2.server()))
	if m := members(t, f)["web-2"]; m.State != pool.Serving || m.Address != web2.address || m.Requests != -1 || m.Partly {
		t.Errorf("the member is %+v", m)
	}
	must(t, f.Drain(t.Context(), pool.Member{Name: "web-2"}))
	if m := members(t, f)["web-2"]; m.State != pool.Draining {
		t.Errorf("the member that drains is %+v", m)
	}
	eventually(t, "web-2 gets no more", func() bool {
		had, others := web2.served.Load(), l.answers("web-1")
		eventually(t, "web-1 answers", func() bool { return l.answers("web-1") > others+50 })
		return web2.served.Load() == had
	})
	must(t, f.Drain(t.Context(), pool.Member{Name: "web-2"}))
	must(t, f.Remove(t.Context(), pool.Member{Name: "web-2"}))
	must(t, f.Remove(t.Context(), pool.Member{Name: "web-2"}))
	eventually(t, "web-2 is gone", func() bool { return !strings.Contains(p.ask(t, "show stat"), "web,web-2,") })
	web2.Close()
	others := l.answers("web-1")
	eventually(t, "web-1 answers", func() bool { return l.answers("web-1") > others+50 })
	if n := p.reloads() - before; n != 2 {
		t.Errorf("HAProxy was reloaded %d times where there were 2 changes", n)
	}
	l.noneFailed(t, 200)
}

// What HAProxy does not take changes nothing, and the error shows why in its own words.
func TestFileThatHAProxyRefuses(t *testing.T) {
	f, p := newFile(t, haproxy.FileOptions{ServerLine: "server $NAME $IP:$PORT nonsense"})
	was, err := os.ReadFile(p.Config)
	must(t, err)
	err = f.Add(t.Context(), pool.Server{Name: "web-1", Address: "127.0.0.1:80"})
	if err == nil || !strings.Contains(err.Error(), "nothing was changed") || !strings.Contains(err.Error(), "unknown keyword 'nonsense'") {
		t.Errorf("the error is %v", err)
	}
	if now, err := os.ReadFile(p.Config); err != nil || string(now) != string(was) || p.reloads() > 0 {
		t.Errorf("the configuration was changed: %s %v, or reloaded %d times", now, err, p.reloads())
	}
	if left, _ := filepath.Glob(p.Config + ".autoscalebot*"); len(left) > 0 {
		t.Errorf("it left %v", left)
	}
}

// Repeating a change also repeats a failed reload, although the file is already correct.
func TestFileThatIsNotReloaded(t *testing.T) {
	flag := filepath.Join(t.TempDir(), "well")
	f, p := newFile(t, haproxy.FileOptions{ReloadCommand: "test -e " + flag})
	was, err := os.ReadFile(p.Config)
	must(t, err)
	s := pool.Server{Name: "web-1", Address: "127.0.0.1:80"}
	if err := f.Add(t.Context(), s); err == nil || !strings.Contains(err.Error(), "its new configuration is in place, but") {
		t.Errorf("the error is %v", err)
	}
	if m := members(t, f)["web-1"]; !m.Partly {
		t.Errorf("the member of a file that is not reloaded is %+v", m)
	}
	must(t, os.WriteFile(flag, nil, 0o600))
	must(t, f.Add(t.Context(), s))
	if m := members(t, f)["web-1"]; m.Partly || m.State != pool.Serving {
		t.Errorf("the member is %+v", m)
	}
	if before, err := os.ReadFile(p.Config + ".autoscalebot-before"); err != nil || string(before) != string(was) {
		t.Errorf("what was there before is not kept: %v", err)
	}
}

// With a state file, filled slots survive a reload. Added servers do not.
func TestWhatAReloadForgets(t *testing.T) {
	config := strings.NewReplacer("global\n", "global\n  server-state-file SOCKET.state\n", "defaults\n", "defaults\n  load-server-state-from-file global\n").Replace(webBackend)
	p := startProxy(t, config+"  server-template web- 1-2 127.0.0.1:1 check inter 50ms disabled\n", "-W", "-S", "MASTER")
	r := newRuntime(t, "check inter 50ms", p.Socket)
	for _, name := range []string{"web-1", "web-3"} {
		must(t, r.Add(t.Context(), startBackend(t, name).server()))
		isIn(t, r, name, pool.Serving)
	}
	was := members(t, r)
	must(t, os.WriteFile(strings.TrimPrefix(p.Socket, "unix://")+".state", []byte(p.ask(t, "show servers state")), 0o600))
	must(t, byMaster{nil, &proxy{Socket: p.Socket + ".master", cmd: p.cmd}, t}.Stream(t.Context(), reloadByMaster, nil, nil, nil))
	eventually(t, "the added one is forgotten", func() bool { _, there := members(t, r)["web-3"]; return !there })
	isIn(t, r, "web-1", pool.Serving)
	if now := members(t, r); len(now) != 1 || now["web-1"].Address != was["web-1"].Address {
		t.Errorf("after the reload there are %v", now)
	}
	must(t, r.Remove(t.Context(), pool.Member{Name: "web-1"}))
	if now := members(t, r); len(now) != 0 {
		t.Errorf("there are %v", now)
	}
}
