package cli

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/racetest"
	"github.com/autoscalebot/autoscalebot/bot/record"
	"github.com/autoscalebot/autoscalebot/bot/sim"
	"github.com/autoscalebot/autoscalebot/bot/sim/experiment"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings/settingstest"
)

// A lineWriter writes records like autoscalebot export.
type lineWriter struct{ out *json.Encoder }

func (l lineWriter) Record(_ context.Context, r record.Record) error { return l.out.Encode(r) }

func recordedDays(t *testing.T, o sim.Options, pairs ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "export.jsonl")
	if o.Start.IsZero() {
		o.Start = time.Now().Add(-o.Demand.Length() - time.Hour).Truncate(time.Hour)
	}
	if err := writeRecord(t.Context(), path, o, pairs...); err != nil {
		t.Fatal(err)
	}
	return path
}

func writeRecord(ctx context.Context, path string, o sim.Options, pairs ...string) error {
	s, err := settings.LoadTrial([]string{"MAX_DYNOS=60", "DYNO_PRICE_PER_MONTH=25"}, pairs)
	if err != nil {
		return err
	}
	s.HerokuAppName = "shop"
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(f)
	_, err = sim.Run(ctx, o, trial{s: s}.bot("count", nil, nil, lineWriter{json.NewEncoder(out)}))
	return errors.Join(err, out.Flush(), f.Close())
}

// The simulator made the record, so the result of other settings is known. The backtest must find it from the record alone.
func TestBacktestTellsWhatOtherSettingsWouldHaveDone(t *testing.T) {
	racetest.Long(t)
	settingstest.Env(t)
	s, err := sim.ShapeOf("ramp")
	if err != nil {
		t.Fatal(err)
	}
	o := sim.Options{Demand: s, Peak: 2, Seed: 2, Length: 4 * time.Hour}
	path := recordedDays(t, o)
	var stdout, stderr bytes.Buffer
	args := []string{"backtest", "--slots", "5", "--service-ms", "100", "--from-file", path, "--json", "INCREMENT_UP=3"}
	if code := run(t.Context(), args, &stdout, &stderr); code != exitFine {
		t.Fatalf("code %d: %s", code, stderr.String())
	}
	var got struct {
		Heartbeats  int
		Results     []sim.Result
		Differences []experiment.Difference
	}
	if err := json.Unmarshal(stdout.Bytes(), &got); err != nil || len(got.Results) != 3 || got.Heartbeats < 400 || len(got.Differences) == 0 {
		t.Fatalf("%v:\n%s", err, stdout.String())
	}
	for i, pairs := range [][]string{nil, {"INCREMENT_UP=3"}} {
		tried, err := settings.LoadTrial([]string{"MAX_DYNOS=60"}, pairs)
		if err != nil {
			t.Fatal(err)
		}
		o.Seed = 5
		truth, err := sim.Run(t.Context(), o, trial{s: tried}.bot("count", nil, nil))
		if err != nil {
			t.Fatal(err)
		}
		told := got.Results[i+1]
		if math.Abs(told.SlowMinutesPercent-truth.SlowMinutesPercent) > 9 || math.Abs(told.DynoHours/truth.DynoHours-1) > 0.1 {
			t.Errorf("with %v, %.1f %% slow minutes and %.1f dyno-hours are told, and %.1f %% and %.1f are true",
				pairs, told.SlowMinutesPercent, told.DynoHours, truth.SlowMinutesPercent, truth.DynoHours)
		}
	}
}

// A history on disk works like a file, and the report says which numbers are modeled.
func TestBacktestReadsTheHistory(t *testing.T) {
	settingstest.Env(t)
	s, err := sim.ShapeOf("spike")
	if err != nil {
		t.Fatal(err)
	}
	path := recordedDays(t, sim.Options{Demand: s, Peak: 2, Seed: 2, Length: 2 * time.Hour})
	t.Setenv("HISTORY", "sqlite:"+filepath.Join(t.TempDir(), "history.db"))
	t.Setenv("HEROKU_APP_NAME", "shop")
	picture := filepath.Join(t.TempDir(), "back.html")
	for _, args := range [][]string{{"import", path}, {"backtest", "--since", "1d", "--slots", "5", "--service-ms", "100", "--out", picture, "--policy", "adaptive"}} {
		var stdout, stderr bytes.Buffer
		if code := run(t.Context(), args, &stdout, &stderr); code != exitFine {
			t.Fatalf("%v: code %d: %s", args, code, stderr.String())
		}
		for _, want := range []string{
			"Record: 2", "Its error on the record: ", "Everything else is modeled", "recorded ", "as set ", "adaptive ", "Differences, as set → adaptive",
		} {
			if args[0] == "backtest" && !strings.Contains(stdout.String(), want) {
				t.Errorf("the report does not say %q:\n%s", want, stdout.String())
			}
		}
	}
	page := read(t, picture)
	for _, want := range []string{
		"Backtest: recorded, and adaptive", "95th percentile, recorded", ">limits<", "Cost so far",
		"Everything else is modeled", "Slow minutes against dyno-hours",
	} {
		if !strings.Contains(page, want) || strings.Contains(page, "<script") {
			t.Errorf("the page does not say %q, or has a script", want)
		}
	}
}

func TestBacktestSaysWhenTheRecordIsTooShort(t *testing.T) {
	settingstest.Env(t)
	s, err := sim.ShapeOf("steady")
	if err != nil {
		t.Fatal(err)
	}
	path := recordedDays(t, sim.Options{Demand: s, Peak: 1, Seed: 2, Length: 10 * time.Minute})
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"--from-file", path}, exitWork, "needs at least 30 over an hour"},
		{[]string{"--from-file", path, "--since", "1m"}, exitWork, "no heartbeats are recorded in this period"},
		{[]string{"--from-file", path, "--slots", "x", "--seed", "y", "--policy", "z", "INCREMNT=1"}, exitUsage, "4 settings and arguments are wrong"},
		{[]string{"--from-file", path + ".none"}, exitWork, "no such file"},
	} {
		var stdout, stderr bytes.Buffer
		if code := run(t.Context(), append([]string{"backtest"}, c.args...), &stdout, &stderr); code != c.code || !strings.Contains(stderr.String(), c.want) {
			t.Errorf("%v: code %d, want %d and %q:\n%s", c.args, code, c.code, c.want, stderr.String())
		}
	}
}

// The record of any file has ordered heartbeats with valid numbers, and valid settings.
func FuzzRecordedFile(f *testing.F) {
	f.Add([]byte(`{"time":"2026-03-02T00:00:00Z","app":"shop","dynos":1,"limits":{"min":1,"max":3},"readings":[{"signal":"heartbeat","value":70,"unit":"ms","outcome":"answered"}]}`))
	f.Add([]byte(`{"time":"2026-03-02T00:00:30Z","app":"shop","dynos":-1,"readings":[{"signal":"heartbeat","value":1e300,"unit":"ms","outcome":"timeout"}]}` + "\n{}"))
	f.Fuzz(func(t *testing.T, text []byte) {
		var r experiment.Record
		for rec, err := range readRecords(bytes.NewReader(text)) {
			if err != nil {
				break
			}
			r.Add(rec)
		}
		r.Trim()
		for i, b := range r.Beats {
			if b.Dynos < 1 || !(b.MS >= 0) || math.IsInf(b.MS, 0) || i > 0 && !b.Time.After(r.Beats[i-1].Time) {
				t.Errorf("beat %d is %+v", i, b)
			}
		}
		if len(r.Beats) == 0 {
			return
		}
		if _, err := settings.LoadTrial(nil, r.Settings()); err != nil {
			t.Errorf("the record's settings: %v", err)
		}
	})
}
