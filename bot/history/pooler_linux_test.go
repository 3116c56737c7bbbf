package history_test

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"syscall"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/bot/childtest"
	"github.com/autoscalebot/autoscalebot/bot/history"
	"github.com/autoscalebot/autoscalebot/bot/history/postgrestest"
	"github.com/autoscalebot/autoscalebot/bot/porttest"
)

// The pooler may use another connection for each transaction.
func pooled(t *testing.T, s *postgrestest.Server) string {
	t.Helper()
	bin, err := exec.LookPath("pgbouncer")
	if err != nil {
		t.Skip("PgBouncer is not installed (Debian: apt-get install pgbouncer)")
	}
	port := porttest.Port(t)
	users := filepath.Join(s.Dir, "users")
	writeFile(t, users, fmt.Sprintf("%q %q\n", "bot", postgrestest.Password))
	settings := filepath.Join(s.Dir, "pgbouncer.ini")
	writeFile(t, settings, fmt.Sprintf("[databases]\n* = host=127.0.0.1 port=%d\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = %s\nunix_socket_dir =\n"+
		"auth_type = scram-sha-256\nauth_file = %s\npool_mode = transaction\ndefault_pool_size = 3\n", s.Port, port, users))
	cmd := exec.Command(bin, settings)
	cmd.Dir = s.Dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.As}
	if s.As != nil {
		for _, path := range []string{users, settings} {
			if err := os.Chown(path, int(s.As.Uid), int(s.As.Gid)); err != nil {
				t.Fatal(err)
			}
		}
	}
	childtest.Start(t, cmd, regexp.MustCompile("process up"))
	u := url.URL{Scheme: "postgres", User: url.UserPassword("bot", postgrestest.Password), Host: "127.0.0.1:" + port, Path: "postgres"}
	return u.String()
}

// A pooler may use another connection for each transaction, so connections must have no state.
func TestAPoolerMayStandBeforeTheServer(t *testing.T) {
	t.Parallel()
	l := lab{url: pooled(t, postgrestest.New(t)), stays: true}
	one := l.open(t)
	two := l.open(t, func(o *history.Options) { o.ProcessType = "worker" })
	all := beats(noon, 30*time.Second, 300)
	done := make(chan error)
	go func() { // makes the connections change
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
