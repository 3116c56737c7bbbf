//go:build linux

package cli

import (
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// BenchmarkStartToFirstHeartbeat starts the bot, and a program that is only Go's HTTP client, and reports the time from each
// start to the arrival of the first request.
func BenchmarkStartToFirstHeartbeat(b *testing.B) {
	bare := filepath.Join(b.TempDir(), "bareclient")
	if out, err := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", bare, "./testdata/bareclient").CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	arrived := make(chan time.Time, 16)
	app := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { arrived <- time.Now() }))
	defer app.Close()
	env := []string{
		"PLATFORM=command", "COUNT_COMMAND=echo 2", "SCALE_COMMAND=true", "HEARTBEAT_URL=" + app.URL, "PATH=" + os.Getenv("PATH"),
	}
	first := func(cmd *exec.Cmd) time.Duration {
		begin := time.Now()
		if err := cmd.Start(); err != nil {
			b.Fatal(err)
		}
		took := (<-arrived).Sub(begin)
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		return took
	}
	path := binary(b)
	var ours, theirs time.Duration
	for b.Loop() {
		cmd := exec.Command(path)
		cmd.Env = env
		ours += first(cmd)
		theirs += first(exec.Command(bare, app.URL))
	}
	perRun := func(d time.Duration) float64 { return d.Seconds() * 1000 / float64(b.N) }
	b.ReportMetric(perRun(ours), "ms/bot")
	b.ReportMetric(perRun(theirs), "ms/bare-client")
	b.ReportMetric(perRun(ours-theirs), "ms/difference")
	b.ReportMetric(0, "ns/op")
}
