package haproxy_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/haproxy"
	"github.com/autoscalebot/autoscalebot/bot/pool"
	"github.com/autoscalebot/autoscalebot/bot/porttest"
	"github.com/autoscalebot/autoscalebot/bot/remote"
)

func startSSHD(t testing.TB) remote.Machine {
	t.Helper()
	const binary = "/usr/sbin/sshd"
	if _, err := os.Stat(binary); err != nil {
		t.Skip("there is no sshd here: apt-get install openssh-server")
	}
	if os.Getuid() == 0 {
		must(t, os.MkdirAll("/run/sshd", 0o755)) // without it sshd does not start as root
	}
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	for _, name := range []string{"host", "user"} {
		if out, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", path(name)).CombinedOutput(); err != nil {
			t.Skipf("no key can be made by ssh-keygen: %v: %s", err, out)
		}
	}
	port := porttest.Port(t)
	public, err := os.ReadFile(path("host.pub"))
	must(t, err)
	must(t, os.WriteFile(path("known"), fmt.Appendf(nil, "[127.0.0.1]:%s %s", port, public), 0o600))
	must(t, os.WriteFile(path("config"), fmt.Appendf(nil, "ListenAddress 127.0.0.1:%s\nHostKey %s\nAuthorizedKeysFile %s\nStrictModes no\nUsePAM no\nPasswordAuthentication no\nPermitRootLogin prohibit-password\nPidFile none\n",
		port, path("host"), path("user.pub")), 0o600))
	cmd := exec.Command(binary, "-D", "-e", "-f", path("config"))
	must(t, cmd.Start())
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	eventually(t, "sshd answers", func() bool {
		conn, err := net.Dial("tcp", "127.0.0.1:"+port)
		if err == nil {
			conn.Close()
		}
		return err == nil
	})
	me, err := user.Current()
	must(t, err)
	s, err := remote.NewSSH(remote.SSHOptions{KeyFile: path("user"), KnownHostsFile: path("known")})
	must(t, err)
	m, err := s.Machine(me.Username + "@127.0.0.1:" + port)
	must(t, err)
	return m
}

type elsewhere struct {
	remote.Machine
	name     string
	from, to string
	failing  atomic.Pointer[string] // commands with this in them
}

func (e *elsewhere) String() string { return e.name }

func (e *elsewhere) Stream(ctx context.Context, command string, stdin io.Reader, stdout, stderr io.Writer) error {
	if what := e.failing.Load(); what != nil && strings.Contains(command, *what) {
		return errors.New("the line is cut")
	}
	return e.Machine.Stream(ctx, strings.ReplaceAll(command, e.from, e.to), stdin, stdout, stderr)
}

// Two hosts are written over SSH: both or none, and one that fails in between is named and put right by asking again.
func TestFileOfSeveralHosts(t *testing.T) {
	m := startSSHD(t)
	one, two := startProxy(t, fileBackend, "-W", "-S", "MASTER"), startProxy(t, fileBackend, "-W", "-S", "MASTER")
	text, err := os.ReadFile(one.Config)
	must(t, err)
	template := filepath.Join(t.TempDir(), "template")
	must(t, os.WriteFile(template, append(text, "  $SERVERS\n"...), 0o600))
	was, err := os.ReadFile(two.Config)
	must(t, err)
	second := &elsewhere{Machine: m, name: "second", from: one.Config, to: two.Config}
	f, err := haproxy.NewFile(haproxy.FileOptions{
		Config: one.Config, Template: template, Hosts: []remote.Machine{m, second},
		ReloadCommand: "if [ -e $CONFIG.reload ]; then kill -USR2 $(cat $CONFIG.pid); fi", ReloadEvery: time.Second,
	})
	must(t, err)
	must(t, os.WriteFile(one.Config+".reload", nil, 0o600)) // the second is not reloaded: its file now has the first one's port
	b := startBackend(t, "web-1")

	fail := func(what string) {
		second.failing.Store(&what)
	}
	fail("-c -f")
	if err := f.Add(t.Context(), b.server()); err == nil || !strings.Contains(err.Error(), "nothing was changed") || !strings.Contains(err.Error(), "HAProxy on second") {
		t.Errorf("the error is %v", err)
	}
	for _, c := range []struct {
		p    *proxy
		want []byte
	}{{one, text}, {two, was}} {
		if now, err := os.ReadFile(c.p.Config); err != nil || string(now) != string(c.want) {
			t.Errorf("a check failed on one host, and a file was changed: %s %v", now, err)
		}
	}

	fail("mv -f")
	if err := f.Add(t.Context(), b.server()); err == nil || !strings.Contains(err.Error(), "HAProxy on second") || strings.Contains(err.Error(), "HAProxy on "+m.String()) {
		t.Errorf("the error is %v", err)
	}
	second.failing.Store(nil)
	if member := members(t, f)["web-1"]; !member.Partly || member.State != pool.Joining || !strings.Contains(member.Note, "not on second") {
		t.Errorf("the member of one host is %+v", member)
	}
	must(t, f.Add(t.Context(), b.server()))
	if member := members(t, f)["web-1"]; member.Partly || member.State != pool.Serving {
		t.Errorf("the member of both is %+v", member)
	}
	eventually(t, "the first has it in its process", func() bool {
		answer, err := one.tryAsk("show servers state web")
		return err == nil && strings.Contains(answer, " web-1 ")
	})
	if now, err := os.ReadFile(two.Config); err != nil || !strings.Contains(string(now), "server web-1 "+b.address+" check") {
		t.Errorf("the second has %s %v", now, err)
	}
}
