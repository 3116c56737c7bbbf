//go:build unix

package examples

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/autoscalebot/autoscalebot/bot/porttest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// The path of a Python 3 that can import the module ("sys": any); else the test is skipped. The first python3 on the
// PATH may belong to a version manager and not find what the distribution installed, so the distribution's is tried as
// well.
func python(t *testing.T, module string) string {
	t.Helper()
	for _, name := range []string{"python3", "/usr/bin/python3"} {
		// sys.executable, because a version manager's stand-in is slow each time.
		if path, err := exec.Command(name, "-c", "import sys, "+module+"; print(sys.executable)").Output(); err == nil {
			return strings.TrimSpace(string(path))
		}
	}
	t.Skipf("no python3 that has %s: run .ci/install-test-deps", module)
	return ""
}

func program(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("%s is not installed", name)
	}
	return path
}

func abs(t *testing.T, path string) string {
	t.Helper()
	full, err := filepath.Abs(path)
	must(t, err)
	return full
}

// Starts a web app in its own process group with a free PORT, and returns its base URL once it accepts connections. The
// test's end stops the group, and shows its output if the test failed.
func start(t *testing.T, env []string, name string, args ...string) string {
	t.Helper()
	address := porttest.Addr(t)
	_, port, _ := net.SplitHostPort(address)
	output, err := os.Create(filepath.Join(t.TempDir(), "output"))
	must(t, err)
	cmd := exec.Command(name, args...)
	cmd.Env = append(append(os.Environ(), "PORT="+port, "PYTHONDONTWRITEBYTECODE=1"), env...)
	cmd.Stdout, cmd.Stderr = output, output
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	must(t, cmd.Start())
	ended := make(chan struct{})
	go func() {
		cmd.Wait()
		close(ended)
	}()
	t.Cleanup(func() {
		syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM)
		select {
		case <-ended:
		case <-time.After(5 * time.Second):
			t.Errorf("%s does not end by SIGTERM", name)
			syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
			<-ended
		}
		output.Close()
		if text, _ := os.ReadFile(output.Name()); t.Failed() {
			t.Logf("output of %s:\n%s", name, text)
		}
	})
	waitForPort(t, address, ended)
	return "http://" + address
}

// Fails the test if the process ends first, or after 30 s.
func waitForPort(t *testing.T, address string, ended <-chan struct{}) {
	t.Helper()
	deadline := time.After(30 * time.Second)
	for {
		if conn, err := net.Dial("tcp", address); err == nil {
			conn.Close()
			return
		}
		select {
		case <-ended:
			t.Fatal("the app ended before it listened")
		case <-deadline:
			t.Fatal("the app does not listen")
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// Reuses no connection, so that nothing is left when a test ends.
func client() *http.Client {
	return &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 10 * time.Second}
}

// For at most a minute.
func run(t *testing.T, env []string, name string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = append(append(os.Environ(), "PYTHONDONTWRITEBYTECODE=1"), env...)
	var out, errOut bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errOut
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("%s: %v", name, err)
	}
	return out.String(), errOut.String(), cmd.ProcessState.ExitCode()
}
