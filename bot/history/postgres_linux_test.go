package history_test

import (
	"bufio"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net"
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

	_ "github.com/jackc/pgx/v5/stdlib"
)

// password is that of the tests' PostgreSQL, with all that a URL must escape.
const password = "s3cr%t/@:#? x"

// A server is a private PostgreSQL on loopback, a child of the test.
type server struct {
	bin, dir string
	port     int
	as       *syscall.Credential
	cmd      *exec.Cmd
}

var errNoPostgres = errors.New("PostgreSQL is not installed (Debian: apt-get install postgresql)")

// newServer makes a PostgreSQL with an empty database.
func newServer() (s *server, err error) {
	bins, _ := filepath.Glob("/usr/lib/postgresql/*/bin")
	if len(bins) == 0 {
		return nil, errNoPostgres
	}
	s = &server{bin: slices.Max(bins)}
	if s.dir, err = os.MkdirTemp("", "postgres-"); err != nil {
		return nil, err
	}
	if os.Getuid() == 0 { // which PostgreSQL refuses to run as
		u, err := user.Lookup("postgres")
		if err != nil {
			return nil, errNoPostgres
		}
		uid, _ := strconv.Atoi(u.Uid)
		gid, _ := strconv.Atoi(u.Gid)
		s.as = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		if err := os.Chown(s.dir, uid, gid); err != nil {
			return nil, err
		}
	}
	secret := filepath.Join(s.dir, "password")
	if err := os.WriteFile(secret, []byte(password+"\n"), 0o644); err != nil {
		return nil, err
	}
	init := s.command("initdb", "-A", "scram-sha-256", "-U", "bot", "--pwfile", secret, "--no-sync", "-E", "UTF8", filepath.Join(s.dir, "data"))
	if out, err := init.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w\n%s", err, out)
	}
	if s.port, err = freePort(); err != nil {
		return nil, err
	}
	return s, s.start()
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	return l.Addr().(*net.TCPAddr).Port, l.Close()
}

func (s *server) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(s.bin, name), args...)
	cmd.Dir = s.dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.as, Pdeathsig: syscall.SIGQUIT}
	return cmd
}

// start starts the server, and returns when it takes connections.
func (s *server) start() error {
	s.cmd = s.command("postgres", "-D", filepath.Join(s.dir, "data"), "-k", s.dir, "-h", "127.0.0.1", "-p", strconv.Itoa(s.port), "-c", "fsync=off")
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

// stop ends the server as a sudden end of its machine would.
func (s *server) stop() {
	_ = s.cmd.Process.Signal(syscall.SIGQUIT)
	_ = s.cmd.Wait()
}

// url is that of a database.
func (s *server) url(database string) string {
	u := url.URL{Scheme: "postgres", User: url.UserPassword("bot", password), Host: fmt.Sprintf("127.0.0.1:%d", s.port), Path: database}
	return u.String()
}

// servers are those that the tests have started.
var servers struct {
	shared *server
	err    error
	n      int
}

// sharedServer starts the server that most tests share, when the first asks for it.
func sharedServer(t testing.TB) *server {
	t.Helper()
	if servers.shared == nil && servers.err == nil {
		servers.shared, servers.err = newServer()
	}
	switch {
	case errors.Is(servers.err, errNoPostgres):
		t.Skip(servers.err)
	case servers.err != nil:
		t.Fatal(servers.err)
	}
	return servers.shared
}

// ownServer starts a server for one test.
func ownServer(t testing.TB) *server {
	t.Helper()
	s, err := newServer()
	if errors.Is(err, errNoPostgres) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.stop()
		_ = os.RemoveAll(s.dir)
	})
	return s
}

func stopServers() {
	if s := servers.shared; s != nil {
		s.stop()
		_ = os.RemoveAll(s.dir)
	}
}

// postgresLab makes a database.
func postgresLab(t testing.TB) lab {
	s := sharedServer(t)
	servers.n++
	name := fmt.Sprintf("history%d", servers.n)
	db, err := sql.Open("pgx", s.url("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), "create database "+name); err != nil {
		t.Fatal(err)
	}
	return lab{url: s.url(name), stays: true}
}
