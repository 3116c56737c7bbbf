package remote_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"github.com/autoscalebot/autoscalebot/bot/porttest"
	"github.com/autoscalebot/autoscalebot/bot/remote"
)

func startSSHD(t testing.TB, hosts []key, may ...ssh.PublicKey) (target string) {
	t.Helper()
	binary := "/usr/sbin/sshd"
	if _, err := os.Stat(binary); err != nil {
		t.Skip("there is no sshd here: apt-get install openssh-server")
	}
	if os.Getuid() == 0 {
		must(t, os.MkdirAll("/run/sshd", 0o755)) // sshd run by root needs it
	}
	dir := t.TempDir()
	var authorized bytes.Buffer
	for _, k := range may {
		authorized.Write(ssh.MarshalAuthorizedKey(k))
	}
	must(t, os.WriteFile(filepath.Join(dir, "authorized"), authorized.Bytes(), 0o600))
	port := porttest.Port(t)
	config := fmt.Sprintf("ListenAddress 127.0.0.1:%s\nAuthorizedKeysFile %s/authorized\nStrictModes no\nUsePAM no\nPasswordAuthentication no\nPermitRootLogin prohibit-password\nPidFile none\n", port, dir)
	for _, h := range hosts {
		config += "HostKey " + h.file + "\n"
	}
	must(t, os.WriteFile(filepath.Join(dir, "config"), []byte(config), 0o600))
	said, err := os.Create(filepath.Join(dir, "log"))
	must(t, err)
	cmd := exec.Command(binary, "-D", "-e", "-f", filepath.Join(dir, "config"))
	cmd.Stderr = said
	must(t, cmd.Start())
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
		said.Close()
		if t.Failed() {
			text, _ := os.ReadFile(said.Name())
			t.Logf("sshd said:\n%s", text)
		}
	})
	address := "127.0.0.1:" + port
	for until := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		conn, err := net.Dial("tcp", address)
		if err == nil {
			conn.Close()
			break
		}
		if time.Now().After(until) {
			t.Fatalf("sshd does not answer: %v", err)
		}
	}
	me, err := user.Current()
	must(t, err)
	return me.Username + "@" + address
}

func addressOf(target string) string { return target[strings.LastIndex(target, "@")+1:] }

func TestRealSSHD(t *testing.T) {
	host, otherHost, plain, locked := newKey(t, ""), newRSAKey(t), newKey(t, ""), newKey(t, "hunter2")
	target := startSSHD(t, []key{host, otherHost}, plain.signer.PublicKey(), locked.signer.PublicKey())
	known := knownHosts(t, addressOf(target), host.signer.PublicKey())
	m := machine(t, remote.SSHOptions{KeyFile: plain.file, KnownHostsFile: known}, target)

	t.Run("in and out", func(t *testing.T) {
		in := strings.Repeat("all of this\n", 20000)
		out, err := remote.Run(t.Context(), m, "cat", strings.NewReader(in))
		if err != nil || string(out) != in {
			t.Errorf("%d bytes came back of %d: %v", len(out), len(in), err)
		}
	})
	t.Run("fails", func(t *testing.T) {
		exit := (*remote.ExitError)(nil)
		_, err := remote.Run(t.Context(), m, "echo why >&2; exit 3", nil)
		if !errors.As(err, &exit) || exit.Status != 3 || exit.Said != "why" {
			t.Errorf("the error is %v", err)
		}
		if _, err = remote.Run(t.Context(), m, "kill -9 $$", nil); !errors.As(err, &exit) {
			t.Errorf("the error is %v", err)
		}
	})
	t.Run("takes too long", func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		begun := time.Now()
		_, err := remote.Run(ctx, m, "sleep 20", nil)
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(begun) > 5*time.Second || !strings.Contains(err.Error(), target) {
			t.Errorf("after %v: %v", time.Since(begun), err)
		}
	})
	t.Run("passphrase", func(t *testing.T) {
		m := machine(t, remote.SSHOptions{KeyFile: locked.file, Passphrase: "hunter2", KnownHostsFile: known}, target)
		if out, err := remote.Run(t.Context(), m, "echo in", nil); err != nil || string(out) != "in\n" {
			t.Errorf("it says %q, %v", out, err)
		}
	})
	t.Run("agent", func(t *testing.T) {
		ring := agent.NewKeyring()
		must(t, ring.Add(agent.AddedKey{PrivateKey: plain.raw}))
		dir, err := os.MkdirTemp("", "agent")
		must(t, err)
		defer os.RemoveAll(dir)
		l, err := net.Listen("unix", filepath.Join(dir, "agent"))
		must(t, err)
		defer l.Close()
		go func() {
			for {
				conn, err := l.Accept()
				if err != nil {
					return
				}
				go agent.ServeAgent(ring, conn)
			}
		}()
		m := machine(t, remote.SSHOptions{Agent: l.Addr().String(), KnownHostsFile: known}, target)
		if out, err := remote.Run(t.Context(), m, "echo in", nil); err != nil || string(out) != "in\n" {
			t.Errorf("it says %q, %v", out, err)
		}
	})
	// The host has two keys. Either identifies it.
	t.Run("other host key", func(t *testing.T) {
		known := knownHosts(t, addressOf(target), otherHost.signer.PublicKey())
		m := machine(t, remote.SSHOptions{KeyFile: plain.file, KnownHostsFile: known}, target)
		if out, err := remote.Run(t.Context(), m, "echo in", nil); err != nil || string(out) != "in\n" {
			t.Errorf("it says %q, %v", out, err)
		}
	})
	t.Run("key not allowed", func(t *testing.T) {
		m := machine(t, remote.SSHOptions{KeyFile: newKey(t, "").file, KnownHostsFile: known}, target)
		if _, err := remote.Run(t.Context(), m, "echo in", nil); err == nil || !strings.Contains(err.Error(), "unable to authenticate") {
			t.Errorf("the error is %v", err)
		}
	})
	t.Run("wrong host key", func(t *testing.T) {
		m := machine(t, remote.SSHOptions{KeyFile: plain.file, KnownHostsFile: knownHosts(t, addressOf(target), plain.signer.PublicKey())}, target)
		if _, err := remote.Run(t.Context(), m, "echo in", nil); err == nil || !strings.Contains(err.Error(), "or it is another one") {
			t.Errorf("the error is %v", err)
		}
	})
}
