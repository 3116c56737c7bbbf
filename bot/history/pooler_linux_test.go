package history_test

import (
	"bufio"
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/bot/history"
	"github.com/autoscalebot/autoscalebot/bot/history/postgrestest"
)

// The pooler gives each transaction another connection.
func pooled(t *testing.T, s *postgrestest.Server) string {
	t.Helper()
	bin, err := exec.LookPath("pgbouncer")
	if err != nil {
		t.Skip("PgBouncer is not installed (Debian: apt-get install pgbouncer)")
	}
	port, err := postgrestest.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	users := filepath.Join(s.Dir, "users")
	writeFile(t, users, fmt.Sprintf("%q %q\n", "bot", postgrestest.Password))
	settings := filepath.Join(s.Dir, "pgbouncer.ini")
	writeFile(t, settings, fmt.Sprintf("[databases]\n* = host=127.0.0.1 port=%d\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = %d\nunix_socket_dir =\n"+
		"auth_type = scram-sha-256\nauth_file = %s\npool_mode = transaction\ndefault_pool_size = 3\n", s.Port, port, users))
	cmd := exec.Command(bin, settings)
	cmd.Dir = s.Dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.As, Pdeathsig: syscall.SIGQUIT}
	if s.As != nil {
		for _, path := range []string{users, settings} {
			if err := os.Chown(path, int(s.As.Uid), int(s.As.Gid)); err != nil {
				t.Fatal(err)
			}
		}
	}
	log, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	var said strings.Builder
	lines := bufio.NewScanner(log)
	for lines.Scan() {
		said.WriteString(lines.Text() + "\n")
		if strings.Contains(lines.Text(), "process up") {
			go func() {
				for lines.Scan() {
				}
			}()
			u := url.URL{Scheme: "postgres", User: url.UserPassword("bot", postgrestest.Password), Host: fmt.Sprintf("127.0.0.1:%d", port), Path: "postgres"}
			return u.String()
		}
	}
	t.Fatalf("PgBouncer did not start:\n%s", said.String())
	return ""
}

// Through a pooler every transaction may have another connection, so nothing may be left in one.
func TestAPoolerMayStandBeforeTheServer(t *testing.T) {
	t.Parallel()
	l := lab{url: pooled(t, postgrestest.New(t)), stays: true}
	one := l.open(t)
	two := l.open(t, func(o *history.Options) { o.ProcessType = "worker" })
	all := beats(noon, 30*time.Second, 300)
	done := make(chan error)
	go func() { // so that connections change hands
		for range 50 {
			if _, _, err := two.Lease(context.Background(), "two", time.Minute); err != nil {
				done <- err
				return
			}
		}
		done <- two.Remember(bot.Memory{})
	}()
	for i := 0; i < len(all); i += 10 {
		keepAll(t, one, all[i:i+10]...)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
	if got := records(t, one, history.Query{Limit: 1000}); !same(t, got, all) {
		t.Errorf("%d records are there, want 300", len(got))
	}
}
