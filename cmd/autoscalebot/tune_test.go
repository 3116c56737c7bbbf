package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

func TestTuneFindsWhatIsWorthMoreAndJudgesItByWhatItHasNotSeen(t *testing.T) {
	clearEnv(t)
	args := []string{"tune", "--shape", "square", "--peak-dynos", "2", "--trials", "8", "--service-ms", "1000", "--slots", "2", "--bound-ms", "5000", "MAX_RESPONSE_TIME_IN_MS=5000"}
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
