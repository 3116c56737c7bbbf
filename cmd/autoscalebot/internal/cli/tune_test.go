package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/autoscalebot/autoscalebot/bot/sim/experiment"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings/settingstest"
)

func TestTuneFindsWhatIsWorthMoreAndJudgesItByWhatItHasNotSeen(t *testing.T) {
	settingstest.Env(t)
	// Two hours. Every other quarter of an hour has four times the load.
	var rows strings.Builder
	for i := range 120 {
		fmt.Fprintf(&rows, "%d,%d\n", 898646400+60*i, 100+300*(i/15%2))
	}
	trace := filepath.Join(t.TempDir(), "load.csv")
	if err := os.WriteFile(trace, []byte(rows.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"tune", "--trace", trace, "--peak-dynos", "4", "--trials", "8", "--service-ms", "400", "--slots", "2"}
	var stdout, stderr bytes.Buffer
	if code := run(t.Context(), append(args, "--json"), &stdout, &stderr); code != exitFine {
		t.Fatalf("code %d: %s", code, stderr.String())
	}
	var first, again experiment.Tuned
	if err := json.Unmarshal(stdout.Bytes(), &first); err != nil {
		t.Fatal(err)
	}
	if len(first.Settings) == 0 || first.Learned.Cost >= first.Was.Cost || first.Better != (first.Later.Cost < first.WasLater.Cost) || first.Later.Hours >= first.Learned.Hours {
		t.Errorf("it found %+v", first)
	}
	// The text output comes from the shipped program, which is ten times as fast as with the race detector.
	if o := runOnce(t, nil, append(args, "--json")...); o.code != exitFine || json.Unmarshal([]byte(o.stdout), &again) != nil || !reflect.DeepEqual(first, again) {
		t.Errorf("code %d: the same seed found %+v, and then %+v: %s", o.code, first, again, o.stderr)
	}
	o := runOnce(t, nil, append(args, "--slow-minute-price=0.2")...)
	for _, want := range []string{"8 settings were tried", "learned from, found:", "judged by, found:"} {
		if o.code != exitFine || !strings.Contains(o.stdout, want) {
			t.Errorf("code %d: it does not say %q:\n%s%s", o.code, want, o.stdout, o.stderr)
		}
	}
}

func TestTuneTellsAllMistakes(t *testing.T) {
	settingstest.Env(t)
	var stdout, stderr bytes.Buffer
	code := run(t.Context(), []string{"tune", "--shape", "x", "--slow-minute-price", "-1", "--trials", "0", "--slots", "y", "POLICY=best"}, &stdout, &stderr)
	if code != exitUsage || !strings.Contains(stderr.String(), "5 settings and arguments are wrong") {
		t.Errorf("code %d: %s", code, stderr.String())
	}
}
