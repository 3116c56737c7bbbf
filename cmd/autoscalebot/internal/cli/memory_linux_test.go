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
	"sync"
	"testing"

	"github.com/autoscalebot/autoscalebot/bot/heroku/herokutest"
	"github.com/autoscalebot/autoscalebot/bot/racetest"
)

// The resident memory after 1,000 heartbeats every 0.1 s must not exceed the limit in docs/performance.md.
func TestResidentMemoryIsAsPromised(t *testing.T) {
	racetest.Long(t)
	t.Parallel()
	var running sync.WaitGroup
	for _, c := range []struct {
		name string
		env  []string
		most float64 // MB
	}{
		{"alone", []string{"HISTORY=none"}, 28},
		{"history in memory", []string{"HISTORY=memory"}, 38},
		{"history in SQLite and page", []string{"HISTORY=sqlite:" + filepath.Join(t.TempDir(), "history.db"), "DASHBOARD_ADDR=127.0.0.1:0"}, 38},
	} {
		pid := startForMemory(t, c.env)
		running.Go(func() {
			id := pid()
			resident, peak := megabytes(t, id, "VmRSS"), megabytes(t, id, "VmHWM")
			t.Logf("%s: %.1f MB are resident, %.1f MB were at most", c.name, resident, peak)
			if resident > c.most {
				t.Errorf("%s: %.1f MB are resident after 1,000 heartbeats, want %.0f at most", c.name, resident, c.most)
			}
		})
	}
	running.Wait()
}

// pid waits for 1,000 heartbeats.
func startForMemory(t *testing.T, env []string) (pid func() int) {
	t.Helper()
	beats := make(chan struct{}, 64)
	app := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { beats <- struct{}{} }))
	t.Cleanup(app.Close)
	api := herokutest.NewServer(t)
	api.AddApp(dancingForest(app.URL, 2))
	cmd := exec.Command(binary(t))
	cmd.Env = append([]string{
		"HEROKU_APP_NAME=dancing-forest", "HEROKU_API_KEY=" + api.Key, "HEROKU_API_URL=" + api.URL, "XDG_RUNTIME_DIR=" + t.TempDir(),
		"HEARTBEAT_INTERVAL_IN_SECONDS=0.1", "HEARTBEAT_JITTER=0", "MIN_RESPONSE_TIME_IN_MS=0",
	}, env...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	return func() int {
		for range 1000 {
			<-beats
		}
		return cmd.Process.Pid
	}
}

func megabytes(t *testing.T, pid int, name string) float64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Error(err)
	}
	for line := range bytes.Lines(text) {
		if fields := bytes.Fields(line); len(fields) == 3 && string(fields[0]) == name+":" {
			kib, err := strconv.ParseFloat(string(fields[1]), 64)
			if err != nil {
				t.Error(err)
			}
			return kib * 1024 / 1e6
		}
	}
	t.Errorf("/proc has no %s", name)
	return 0
}
