package remote_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"encoding/pem"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"

	"github.com/autoscalebot/autoscalebot/bot/remote"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

type key struct {
	signer ssh.Signer
	raw    any
	file   string
}

func newKey(t testing.TB, passphrase string) key {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	must(t, err)
	k := writeKey(t, private)
	if passphrase != "" {
		// One round of key derivation instead of 16, which take seconds with the race detector.
		out, err := exec.Command("ssh-keygen", "-q", "-p", "-a", "1", "-P", "", "-N", passphrase, "-f", k.file).CombinedOutput()
		if errors.Is(err, exec.ErrNotFound) {
			t.Skip("there is no ssh-keygen here: apt-get install openssh-client")
		}
		if err != nil {
			t.Fatalf("ssh-keygen: %v: %s", err, out)
		}
	}
	return k
}

func newRSAKey(t testing.TB) key {
	t.Helper()
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	must(t, err)
	return writeKey(t, private)
}

func writeKey(t testing.TB, private any) key {
	t.Helper()
	signer, err := ssh.NewSignerFromKey(private)
	must(t, err)
	block, err := ssh.MarshalPrivateKey(private, "")
	must(t, err)
	file := filepath.Join(t.TempDir(), "key")
	must(t, os.WriteFile(file, pem.EncodeToMemory(block), 0o600))
	return key{signer: signer, raw: private, file: file}
}

func knownHosts(t testing.TB, address string, keys ...ssh.PublicKey) string {
	t.Helper()
	var text strings.Builder
	for _, k := range keys {
		text.WriteString(knownhosts.Line([]string{knownhosts.HashHostname(knownhosts.Normalize(address))}, k) + "\n")
	}
	file := filepath.Join(t.TempDir(), "known_hosts")
	must(t, os.WriteFile(file, []byte(text.String()), 0o600))
	return file
}

func machine(t testing.TB, o remote.SSHOptions, target string) remote.Machine {
	t.Helper()
	s, err := remote.NewSSH(o)
	must(t, err)
	m, err := s.Machine(target)
	must(t, err)
	return m
}

func TestBadOptions(t *testing.T) {
	good, locked := newKey(t, ""), newKey(t, "hunter2")
	known := knownHosts(t, "a:22", good.signer.PublicKey())
	broken := filepath.Join(t.TempDir(), "broken")
	must(t, os.WriteFile(broken, []byte("-----BEGIN OPENSSH PRIVATE KEY-----\nsecret\n-----END OPENSSH PRIVATE KEY-----\n"), 0o600))
	for _, c := range []struct {
		name string
		o    remote.SSHOptions
		want []string
	}{
		{"nothing", remote.SSHOptions{}, []string{"no SSH key and no agent", "no file of known SSH hosts"}},
		{"no key there", remote.SSHOptions{KeyFile: "/nowhere", KnownHostsFile: known}, []string{"read the SSH key: open /nowhere"}},
		{"no hosts there", remote.SSHOptions{KeyFile: good.file, KnownHostsFile: "/nowhere"}, []string{"read the known SSH hosts: open /nowhere"}},
		{"passphrase missing", remote.SSHOptions{KeyFile: locked.file, KnownHostsFile: known}, []string{"needs a passphrase"}},
		{"passphrase wrong", remote.SSHOptions{KeyFile: locked.file, Passphrase: "hunter3", KnownHostsFile: known}, []string{"the passphrase does not open"}},
		{"no key", remote.SSHOptions{KeyFile: broken, KnownHostsFile: known}, []string{"does not contain a private SSH key"}},
		{"hosts are none", remote.SSHOptions{KeyFile: good.file, KnownHostsFile: broken}, []string{"read the known SSH hosts"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := remote.NewSSH(c.o)
			if err == nil {
				t.Fatal("it is taken")
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q does not say %q", err, want)
				}
			}
			if strings.Contains(err.Error(), "hunter") || strings.Contains(err.Error(), "secret") {
				t.Errorf("%q shows a secret", err)
			}
		})
	}
}

func TestTargets(t *testing.T) {
	k := newKey(t, "")
	s, err := remote.NewSSH(remote.SSHOptions{KeyFile: k.file, KnownHostsFile: knownHosts(t, "a:22", k.signer.PublicKey())})
	must(t, err)
	for target, want := range map[string]string{
		"deploy@lb1": "deploy@lb1", "deploy@lb1:2222": "deploy@lb1:2222", "deploy@lb1:22": "deploy@lb1",
		"root@10.0.0.1": "root@10.0.0.1", "root@[::1]:22": "root@[::1]", "root@::1": "root@[::1]",
	} {
		if m, err := s.Machine(target); err != nil || m.String() != want {
			t.Errorf("%q is %v, %v; want %q", target, m, err, want)
		}
	}
	for _, target := range []string{"", "lb1", "@lb1", "deploy@", "deploy@:22", "deploy@lb1:", "de ploy@lb1", "deploy@lb1/x"} {
		if _, err := s.Machine(target); err == nil || !strings.Contains(err.Error(), "user@host:port") {
			t.Errorf("%q: %v", target, err)
		}
	}
	if _, err := s.Machine("deploy:hunter2@lb1"); err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("a target with a password: %v", err)
	}
}

// The String of a valid machine is valid, and means the same machine.
func FuzzTarget(f *testing.F) {
	k := newKey(f, "")
	s, err := remote.NewSSH(remote.SSHOptions{KeyFile: k.file, KnownHostsFile: knownHosts(f, "a:22", k.signer.PublicKey())})
	must(f, err)
	for _, seed := range []string{"deploy@lb1:22", "root@[::1]:2222", "a@b@c", "@", "x@::1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, target string) {
		m, err := s.Machine(target)
		if err != nil {
			return
		}
		again, err := s.Machine(m.String())
		if err != nil || again.String() != m.String() {
			t.Fatalf("%q is %q, which is %v, %v", target, m, again, err)
		}
	})
}

func TestThisMachine(t *testing.T) {
	t.Setenv("A_SECRET", "hunter2")
	here := remote.ThisMachine()
	out, err := remote.Run(t.Context(), here, "cat; env", strings.NewReader("hello\n"))
	if err != nil || !strings.HasPrefix(string(out), "hello\n") || bytes.Contains(out, []byte("hunter2")) {
		t.Errorf("it says %q, %v", out, err)
	}
	exit := (*remote.ExitError)(nil)
	if _, err = remote.Run(t.Context(), here, "echo so >&2; exit 7", nil); !errors.As(err, &exit) || exit.Status != 7 || exit.Said != "so" {
		t.Errorf("the error is %v", err)
	}
	if _, err = remote.Run(t.Context(), here, "kill -9 $$", nil); !errors.As(err, &exit) || exit.Status != -1 {
		t.Errorf("the error is %v", err)
	}
	if _, err = remote.Run(t.Context(), here, "head -c 5000000 /dev/zero", nil); err == nil || !strings.Contains(err.Error(), "more than 4 MB") {
		t.Errorf("the error is %v", err)
	}
	it := `it's "$HOME" ; $(x) \`
	if out, err := remote.Run(t.Context(), here, "printf %s "+remote.Quote(it), nil); err != nil || string(out) != it {
		t.Errorf("quoted, it is %q, %v", out, err)
	}
}
