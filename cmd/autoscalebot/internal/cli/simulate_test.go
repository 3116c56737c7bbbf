package cli

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings/settingstest"
)

// Ctrl-C ends a simulation at once, with an error instead of a report.
func TestASimulationThatIsInterruptedReportsNothing(t *testing.T) {
	settingstest.Env(t)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	var stdout, stderr bytes.Buffer
	// This would take hours.
	code := run(ctx, []string{"simulate", "--shape", "sine", "--peak-dynos", "9000", "--policy", "all"}, &stdout, &stderr)
	if code != exitWork || stdout.Len() > 0 || !strings.Contains(stderr.String(), "interrupted, so there is no report") {
		t.Errorf("code %d\n%s%s", code, stdout.String(), stderr.String())
	}
}

// A part of a trace that is too long can be simulated.
func TestATraceOfYearsIsTakenInParts(t *testing.T) {
	settingstest.Env(t)
	path := filepath.Join(t.TempDir(), "years.csv")
	var rows strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&rows, "%d,%d\n", 86400*i, 50+i%7)
	}
	if err := os.WriteFile(path, []byte(rows.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	code := run(t.Context(), []string{"simulate", "--trace", path}, &stdout, &stderr)
	if want := "lasts 1000 days: must be at most 366. Choose a part with --from and --to"; code != exitUsage || !strings.Contains(stderr.String(), want) {
		t.Errorf("code %d, want %q:\n%s", code, want, stderr.String())
	}
	if code := run(t.Context(), []string{"simulate", "--trace", path, "--from", "900d", "--to", "901d", "--peak-dynos", "0"}, &stdout, &stderr); code != exitFine {
		t.Errorf("a part: code %d\n%s", code, stderr.String())
	}
}
