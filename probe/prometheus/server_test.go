package prometheus_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"

	"github.com/autoscalebot/autoscalebot/bot/childtest"
	"github.com/autoscalebot/autoscalebot/bot/porttest"
)

const password = "s3cr3t-pass"

// The age is that of a sample with a time of its own.
const metrics = `jobs{queue="mail"} 7
jobs{queue="pdf"} 2
divided NaN
aged 5 %d
`

// for the user bot; empty empties the app that it scrapes; more is added to its configuration
func startServer(t testing.TB, more ...string) (addr string, empty func()) {
	t.Helper()
	path, err := exec.LookPath("prometheus")
	if err != nil {
		t.Skip("Prometheus is not installed (Debian: apt-get install prometheus)")
	}
	aged := time.Now().Add(-2 * time.Minute).UnixMilli()
	var gone atomic.Bool
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; version=0.0.4")
		if !gone.Load() {
			_, _ = fmt.Fprintf(w, metrics, aged)
		}
	}))
	t.Cleanup(app.Close)
	hash, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, text := range map[string]string{
		"web.yml": fmt.Sprintf("basic_auth_users:\n  bot: %s\n", hash),
		"prometheus.yml": fmt.Sprintf("scrape_configs:\n- job_name: app\n  scrape_interval: 1s\n  static_configs: [{targets: ['%s']}]\n",
			app.Listener.Addr()) + strings.Join(more, ""),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	addr = porttest.Addr(t)
	cmd := exec.Command(path, "--config.file="+filepath.Join(dir, "prometheus.yml"), "--web.config.file="+filepath.Join(dir, "web.yml"),
		"--storage.tsdb.path="+filepath.Join(dir, "data"), "--web.listen-address="+addr)
	childtest.Start(t, cmd, regexp.MustCompile("Server is ready to receive web requests"))
	return addr, func() { gone.Store(true) }
}
