package rabbitmq_test

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/porttest"
)

const password = "s3cr3t-pass"

// It takes some 20 s to start.
type server struct {
	amqp, management string // host:port
	node             string
	env              []string // of rabbitmqctl
	as               *syscall.Credential
}

func (s *server) eval(t testing.TB, text string) {
	t.Helper()
	cmd := exec.Command("/usr/lib/rabbitmq/bin/rabbitmqctl", "-n", s.node, "eval", text)
	cmd.Env, cmd.Dir, cmd.SysProcAttr = append(os.Environ(), s.env...), "/", &syscall.SysProcAttr{Credential: s.as}
	if said, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("rabbitmqctl eval: %v\n%s", err, said)
	}
}

func startServer(t testing.TB) *server {
	t.Helper()
	const path = "/usr/lib/rabbitmq/bin/rabbitmq-server"
	nobody, err := user.Lookup("rabbitmq")
	if _, missing := os.Stat(path); missing != nil || err != nil {
		t.Skip("RabbitMQ is not installed (Debian: apt-get install rabbitmq-server)")
	}
	var as *syscall.Credential
	dir, err := os.MkdirTemp("", "rabbitmq-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if os.Getuid() == 0 {
		uid, _ := strconv.Atoi(nobody.Uid)
		gid, _ := strconv.Atoi(nobody.Gid)
		as = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		if err := os.Chown(dir, uid, gid); err != nil {
			t.Fatal(err)
		}
	}
	s := &server{amqp: porttest.Addr(t), management: porttest.Addr(t)}
	_, epmdPort, _ := net.SplitHostPort(porttest.Addr(t))
	_, distPort, _ := net.SplitHostPort(porttest.Addr(t))
	_, managementPort, _ := net.SplitHostPort(s.management)
	for name, text := range map[string]string{
		"rabbitmq.conf": fmt.Sprintf("listeners.tcp.1 = %s\nmanagement.tcp.ip = 127.0.0.1\nmanagement.tcp.port = %s\n"+
			"default_user = bot\ndefault_pass = %s\ncollect_statistics_interval = 1000\n", s.amqp, managementPort, password),
		"enabled_plugins": "[rabbitmq_management].",
		"advanced.config": "[].",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	s.node, s.env, s.as = "test"+epmdPort+"@localhost", []string{"HOME=" + dir, "ERL_EPMD_PORT=" + epmdPort}, as
	start(t, as, []string{"ERL_EPMD_PORT=" + epmdPort}, "epmd", "-address", "127.0.0.1", "-port", epmdPort)
	said := start(t, as, []string{
		"HOME=" + dir, "ERL_EPMD_PORT=" + epmdPort, "ERL_EPMD_ADDRESS=127.0.0.1", "RABBITMQ_NODENAME=" + s.node,
		"RABBITMQ_DIST_PORT=" + distPort, "RABBITMQ_MNESIA_BASE=" + dir + "/mnesia", "RABBITMQ_LOG_BASE=" + dir + "/log", "RABBITMQ_CONFIG_FILE=" + dir + "/rabbitmq.conf",
		"RABBITMQ_ADVANCED_CONFIG_FILE=" + dir + "/advanced.config", "RABBITMQ_ENABLED_PLUGINS_FILE=" + dir + "/enabled_plugins", "RABBITMQ_PID_FILE=" + dir + "/pid",
		"RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS=-kernel inet_dist_use_interface {127,0,0,1}",
		"RABBITMQ_ALLOW_INPUT=yes", // then the script becomes the server, and does not start it as a child
	}, path)
	for deadline := time.Now().Add(90 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		if resp, err := http.Get("http://" + s.management + "/"); err == nil {
			_ = resp.Body.Close()
			if c, err := net.Dial("tcp", s.amqp); err == nil { // which may come up last
				_ = c.Close()
				return s
			}
		}
		if time.Now().After(deadline) {
			t.Fatalf("RabbitMQ did not start:\n%s", said.String())
		}
	}
}

// What the child says may be read once it has ended.
func start(t testing.TB, as *syscall.Credential, env []string, name string, args ...string) *bytes.Buffer {
	t.Helper()
	var said bytes.Buffer
	cmd := exec.Command(name, args...)
	cmd.Env, cmd.Dir, cmd.Stdout, cmd.Stderr = append(os.Environ(), env...), "/", &said, &said
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: as, Pdeathsig: syscall.SIGKILL}
	cmd.WaitDelay = 5 * time.Second // for children of its own that hold on to what it says
	in, err := cmd.StdinPipe()      // an Erlang that can't read ends
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = in.Close()
		_ = cmd.Wait()
	})
	return &said
}
