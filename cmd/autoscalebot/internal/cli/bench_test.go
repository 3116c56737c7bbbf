//go:build linux

package cli

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/heroku/herokutest"
)

// BenchmarkStartToFirstHeartbeat starts the bot, and beside it a program that is nothing but Go's HTTP client, and reports how
// long each took to have its first request arrive.
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

// BenchmarkMemory reports the bot's resident memory after 1,000 heartbeats, a tenth of a second apart, on the fake of Heroku's
// API. One run takes 100 s: use -benchtime 1x.
func BenchmarkMemory(b *testing.B) {
	for _, c := range []struct {
		name string
		env  []string
	}{
		{"alone", []string{"HISTORY=none"}},
		{"history-in-memory", []string{"HISTORY=memory"}},
		{"history-in-SQLite-and-page", []string{"HISTORY=sqlite:" + b.TempDir() + "/history.db", "DASHBOARD_ADDR=127.0.0.1:0"}},
	} {
		b.Run(c.name, func(b *testing.B) { residentAfter(b, c.env) })
	}
}

func residentAfter(b *testing.B, env []string) {
	beats := make(chan struct{}, 64)
	app := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { beats <- struct{}{} }))
	defer app.Close()
	api := herokutest.New()
	defer api.Close()
	api.AddApp(dancingForest(app.URL, 2))
	for b.Loop() {
		cmd := exec.Command(binary(b))
		cmd.Env = append([]string{
			"HEROKU_APP_NAME=dancing-forest", "HEROKU_API_KEY=" + api.Key, "HEROKU_API_URL=" + api.URL,
			"HEARTBEAT_INTERVAL_IN_SECONDS=0.1", "HEARTBEAT_JITTER=0", "MIN_RESPONSE_TIME_IN_MS=0",
		}, env...)
		if err := cmd.Start(); err != nil {
			b.Fatal(err)
		}
		for range 1000 {
			<-beats
		}
		b.ReportMetric(status(b, cmd.Process.Pid, "VmRSS"), "MB/resident")
		b.ReportMetric(status(b, cmd.Process.Pid, "VmHWM"), "MB/peak")
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
	b.ReportMetric(0, "ns/op")
}

// status reads a figure of a process in megabytes.
func status(b *testing.B, pid int, name string) float64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		b.Fatal(err)
	}
	for line := range bytes.Lines(text) {
		if fields := bytes.Fields(line); len(fields) == 3 && string(fields[0]) == name+":" {
			kib, err := strconv.ParseFloat(string(fields[1]), 64)
			if err != nil {
				b.Fatal(err)
			}
			return kib * 1024 / 1e6
		}
	}
	b.Fatalf("/proc has no %s", name)
	return 0
}
