package main

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"
)

// Ctrl-C ends a simulation at once, and what is written says that nothing came of it.
func TestASimulationThatIsInterruptedReportsNothing(t *testing.T) {
	clearEnv(t)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	var stdout, stderr bytes.Buffer
	// Which would take hours.
	code := run(ctx, []string{"simulate", "--shape", "sine", "--peak-dynos", "9000", "--policy", "all"}, &stdout, &stderr)
	if code != exitWork || stdout.Len() > 0 || !strings.Contains(stderr.String(), "interrupted, so there is no report") {
		t.Errorf("code %d\n%s%s", code, stdout.String(), stderr.String())
	}
}
