package postgrestest

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/autoscalebot/autoscalebot/bot/porttest"
)

// Password is the password of the user "bot", the owner of all databases. It contains characters that a URL must
// escape.
const Password = "s3cr%t/@:#? x"

// A Server is a private PostgreSQL on loopback, a child of the test.
type Server struct {
	// Dir is its folder, Port its port at 127.0.0.1.
	Dir  string
	Port int

	// As is the user that it runs as; nil means the test's.
	As *syscall.Credential

	bin string
	cmd *exec.Cmd
}

// ErrMissing is the error of [Open] without PostgreSQL.
var ErrMissing = errors.New("PostgreSQL is not installed (Debian: apt-get install postgresql)")

// Open starts a server with an empty database, which lasts until Remove. The error is [ErrMissing] if PostgreSQL is not
// installed.
func Open(t testing.TB) (s *Server, err error) {
	bins, _ := filepath.Glob("/usr/lib/postgresql/*/bin")
	if len(bins) == 0 {
		return nil, ErrMissing
	}
	s = &Server{bin: slices.Max(bins)}
	if s.Dir, err = os.MkdirTemp("", "postgres-"); err != nil {
		return nil, err
	}
	if os.Getuid() == 0 { // PostgreSQL does not run as root
		u, err := user.Lookup("postgres")
		if err != nil {
			return nil, ErrMissing
		}
		uid, _ := strconv.Atoi(u.Uid)
		gid, _ := strconv.Atoi(u.Gid)
		s.As = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		if err := os.Chown(s.Dir, uid, gid); err != nil {
			return nil, err
		}
	}
	secret := filepath.Join(s.Dir, "password")
	if err := os.WriteFile(secret, []byte(Password+"\n"), 0o644); err != nil {
		return nil, err
	}
	init := s.command("initdb", "-A", "scram-sha-256", "-U", "bot", "--pwfile", secret, "--no-sync", "-E", "UTF8",
		filepath.Join(s.Dir, "data"))
	if out, err := init.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w\n%s", err, out)
	}
	if s.Port, err = strconv.Atoi(porttest.Port(t)); err != nil {
		return nil, err
	}
	return s, s.Start()
}

func (s *Server) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(s.bin, name), args...)
	cmd.Dir = s.Dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.As, Pdeathsig: syscall.SIGQUIT}
	return cmd
}

// Start starts the server, and returns when it accepts connections.
func (s *Server) Start() error {
	s.cmd = s.command("postgres", "-D", filepath.Join(s.Dir, "data"), "-k", s.Dir, "-h", "127.0.0.1", "-p",
		strconv.Itoa(s.Port), "-c", "fsync=off")
	log, err := s.cmd.StderrPipe()
	if err != nil {
		return err
	}
	if err := s.cmd.Start(); err != nil {
		return err
	}
	var said strings.Builder
	for lines := bufio.NewScanner(log); lines.Scan(); {
		said.WriteString(lines.Text() + "\n")
		if strings.Contains(lines.Text(), "ready to accept connections") {
			go func() { _, _ = io.Copy(io.Discard, log) }()
			return nil
		}
	}
	return fmt.Errorf("PostgreSQL did not start: %w\n%s", s.cmd.Wait(), said.String())
}

// Stop ends the server like a crash of its machine.
func (s *Server) Stop() {
	_ = s.cmd.Process.Signal(syscall.SIGQUIT)
	_ = s.cmd.Wait()
}

// URL returns the URL of a database.
func (s *Server) URL(database string) string {
	u := url.URL{
		Scheme: "postgres", User: url.UserPassword("bot", Password),
		Host: fmt.Sprintf("127.0.0.1:%d", s.Port), Path: database,
	}
	return u.String()
}

// New starts a server that ends with the test. It skips the test if PostgreSQL is not installed.
func New(t testing.TB) *Server {
	t.Helper()
	s, err := Open(t)
	if errors.Is(err, ErrMissing) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Remove)
	return s
}

// Remove ends the server and removes its data.
func (s *Server) Remove() {
	s.Stop()
	_ = os.RemoveAll(s.Dir)
}
