package cli

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/spf13/cobra"

	"github.com/autoscalebot/autoscalebot/bot/racetest"
	"github.com/autoscalebot/autoscalebot/bot/sim"
)

func TestMain(m *testing.M) {
	actAsFake()
	cobra.EnableCommandSorting = false // as in Main
	code := m.Run()
	if dir, err := builtDir(); err == nil {
		os.RemoveAll(dir)
	}
	os.Exit(code)
}

var builtDir = sync.OnceValues(func() (string, error) { return os.MkdirTemp("", "autoscalebot-test-") })

// Built like the shipped program.
func binary(t testing.TB) string {
	t.Helper()
	if testing.Short() {
		t.Skip("builds the program")
	}
	path, err := built()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// With its own path a test can identify the processes that it started.
func ownBinary(t *testing.T) string {
	t.Helper()
	path := filepath.Join(filepath.Dir(binary(t)), t.Name())
	if err := os.Link(binary(t), path); err != nil {
		t.Fatal(err)
	}
	return path
}

var built = sync.OnceValues(func() (string, error) {
	dir, err := builtDir()
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "autoscalebot")
	cmd := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w "+os.Getenv("TEST_LDFLAGS"), "-o", path, "../..")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	return path, cmd.Run()
})

// An outcome is the result of one run of the program.
type outcome struct {
	stdout, stderr string
	code           int
}

// The program gets no other environment than env.
func runOnce(t *testing.T, env []string, args ...string) outcome {
	t.Helper()
	return runProgram(t, binary(t), env, args...)
}

func runProgram(t *testing.T, program string, env []string, args ...string) outcome {
	t.Helper()
	cmd := exec.Command(program, args...)
	var stdout, stderr bytes.Buffer
	cmd.Env, cmd.Dir, cmd.Stdout, cmd.Stderr = env, t.TempDir(), &stdout, &stderr
	_ = cmd.Run() // the exit code has the result
	return outcome{stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()}
}

// testdata/script has one file for each topic. The scripts run the shipped program: with the race detector, simulations take ten
// times as long.
func TestScript(t *testing.T) {
	t.Parallel()
	path := filepath.Dir(binary(t))
	testscript.Run(t, testscript.Params{
		Dir:  "testdata/script",
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"record": recordDays},
		Setup: func(e *testscript.Env) error {
			e.Setenv("PATH", path+string(filepath.ListSeparator)+e.Getenv("PATH"))
			return nil
		},
		Condition: func(name string) (bool, error) {
			if name != "race" {
				return false, fmt.Errorf("%s is no condition", name)
			}
			return racetest.On, nil
		},
	})
}

// The scripts' command "record DAYS FILE" writes the export of a bot whose app was busy on weekdays from 9:00 to 10:30.
func recordDays(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: record DAYS FILE")
	}
	days, err := strconv.Atoi(args[0])
	ts.Check(err)
	begin := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC) // a Monday
	f := sim.DefaultFleet()
	f.Slots, f.Service.Mean = 1, 250*time.Millisecond // few requests are a high load
	o := sim.Options{Demand: busyMornings{begin, days}, Fleet: f, Start: begin, Seed: 3}
	ts.Check(writeRecord(context.Background(), ts.MkAbs(args[1]), o, "HEARTBEAT_INTERVAL_IN_SECONDS=180"))
}

// busyMornings is a load that needs three dynos on weekdays from 9:00 to 10:30, and less than one otherwise.
type busyMornings struct {
	begin time.Time
	days  int
}

func (b busyMornings) Length() time.Duration { return time.Duration(b.days) * 24 * time.Hour }

func (b busyMornings) Rate(seconds float64) float64 {
	at := b.begin.Add(time.Duration(seconds * float64(time.Second)))
	minute := at.Hour()*60 + at.Minute()
	if day := at.Weekday(); day != time.Saturday && day != time.Sunday && minute >= 9*60 && minute < 10*60+30 {
		return 8
	}
	return 0.3
}
