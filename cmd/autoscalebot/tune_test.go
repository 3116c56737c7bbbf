package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTuneFindsWhatIsWorthMoreAndJudgesItByWhatItHasNotSeen(t *testing.T) {
	clearEnv(t)
	// Two hours, of which every other quarter of an hour has four times as much to do.
	var rows strings.Builder
	for i := range 120 {
		fmt.Fprintf(&rows, "%d,%d\n", 898646400+60*i, 100+300*(i/15%2))
	}
	trace := filepath.Join(t.TempDir(), "load.csv")
	if err := os.WriteFile(trace, []byte(rows.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"tune", "--trace", trace, "--peak-dynos", "4", "--trials", "8", "--service-ms", "400", "--slots", "2"}
	var first tuned
	for i, more := range []string{"--json", "--json", "--slow-minute-price=0.2"} {
		var stdout, stderr bytes.Buffer
		if code := run(t.Context(), append(args, more), &stdout, &stderr); code != exitFine {
			t.Fatalf("code %d: %s", code, stderr.String())
		}
		if i == 2 {
			for _, want := range []string{"8 settings were tried", "learned from, found:", "judged by, found:"} {
				if !strings.Contains(stdout.String(), want) {
					t.Errorf("it does not say %q:\n%s", want, stdout.String())
				}
			}
			continue
		}
		var got tuned
		if err := json.Unmarshal(stdout.Bytes(), &got); err != nil {
			t.Fatal(err)
		}
		if len(got.Settings) == 0 || got.Learned.Cost >= got.Was.Cost || got.Better != (got.Later.Cost < got.WasLater.Cost) || got.Later.Hours >= got.Learned.Hours {
			t.Errorf("it found %+v", got)
		}
		if i == 0 {
			first = got
		} else if strings.Join(first.Settings, " ") != strings.Join(got.Settings, " ") || first.Later != got.Later {
			t.Errorf("the same seed found %v, and then %v", first, got)
		}
	}
}

func TestTuneTellsAllMistakes(t *testing.T) {
	clearEnv(t)
	var stdout, stderr bytes.Buffer
	code := run(t.Context(), []string{"tune", "--shape", "x", "--slow-minute-price", "-1", "--trials", "0", "--slots", "y", "POLICY=best"}, &stdout, &stderr)
	if code != exitUsage || !strings.Contains(stderr.String(), "5 settings are wrong") {
		t.Errorf("code %d: %s", code, stderr.String())
	}
}
