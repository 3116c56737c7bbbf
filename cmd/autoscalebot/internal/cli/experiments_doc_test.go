package cli

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	"github.com/autoscalebot/autoscalebot/bot/racetest"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings/settingstest"
)

// docs/experiments.md shows the beginning of what its simulation prints.
func TestExperimentInTheDocument(t *testing.T) {
	racetest.Long(t)
	settingstest.Env(t)
	shown := regexp.MustCompile("(?s)```\n\\$ autoscalebot (simulate [^\n]*)\n(.*?)```\n").FindStringSubmatch(read(t, root+"docs/experiments.md"))
	if shown == nil {
		t.Fatal("docs/experiments.md shows no simulation")
	}
	var stdout, stderr bytes.Buffer
	if code := run(t.Context(), strings.Fields(shown[1]), &stdout, &stderr); code != exitFine {
		t.Fatalf("code %d: %s", code, stderr.String())
	}
	if !strings.HasPrefix(stdout.String(), shown[2]) {
		t.Errorf("docs/experiments.md shows\n%s\nand the command prints\n%s", shown[2], stdout.String())
	}
}
