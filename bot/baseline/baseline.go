// Package baseline writes decisions as lines that do not depend on names and structure of the code, and compares them
// with recorded lines. It shows that a refactoring does not change behavior.
package baseline

import (
	"bytes"
	"compress/gzip"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/autoscalebot/autoscalebot/bot/record"
	"github.com/autoscalebot/autoscalebot/notify"
)

var update = flag.Bool("baseline.update", false,
	"record what the bots decide now, where behavior was changed on purpose")

// Tick returns one line for a tick, with its numbers, rules and events but no sentences.
func Tick(r record.Record, events []notify.Event) string {
	var b strings.Builder
	d := r.Decision
	fmt.Fprintf(&b, "%s %d in %d-%d: %d %d %d|%s|%s|%d of %d of %d", r.Time.UTC().Format("02T15:04:05"), r.Dynos,
		r.Limits.Min, r.Limits.Max,
		d.From, d.Desired, d.To, d.Rule, d.Verdict, d.Run, d.Needed, d.Of)
	for _, c := range d.Clamps {
		fmt.Fprintf(&b, "|clamp %s %d %d %.6g", c.By, c.From, c.To, c.SecondsLeft)
	}
	if d.SizeFrom != "" {
		fmt.Fprintf(&b, "|size %s %s %s %s %.6g %q %s", d.SizeFrom, d.SizeDesired, d.SizeTo, d.SizeHeld,
			d.SizeSecondsLeft, d.SizePending, d.Ladder)
	}
	for _, s := range d.Signals {
		fmt.Fprintf(&b, "|signal %s %s %.6g %d %d", s.Rule, s.Verdict, s.Value, s.Desired, s.SizeStep)
	}
	if e := d.Evidence; e != nil {
		fmt.Fprintf(&b, "|by %s %d %.6g %d %.6g", e.By, e.Times, e.Seconds, e.Again, e.AgainSeconds)
	}
	if e := d.Load; e != nil {
		fmt.Fprintf(&b, "|load %.6g %.6g %.6g %d %d %.6g %.6g %v %v %.6g %.6g %d %v", e.Low, e.Likely, e.High, e.Need,
			e.Most, e.HoldSeconds,
			e.Outliers, e.Beyond, e.Trial, e.RequestsPerSecond, e.PerDyno, e.Shared, e.Expected != nil)
	}
	if p := d.Bill; p != nil {
		fmt.Fprintf(&b, "|bill %.6g %.6g", p.Dollars, p.Forecast)
	}
	fmt.Fprintf(&b, "|%v %v %v %s", d.Ineffective != nil, d.ManualChange != nil, d.Completed != nil, r.Action)
	if r.Error != "" {
		b.WriteString(" error")
	}
	for _, e := range events {
		fmt.Fprintf(&b, "|event %s %s", e.Kind, e.Phase)
	}
	return b.String()
}

// Compare fails t if lines differ from those in file, after translating names that have changed since. The flag
// -baseline.update records lines instead.
func Compare(t testing.TB, file string, lines []string) {
	t.Helper()
	if *update {
		write(t, file, lines)
		return
	}
	want := recorded(t, file)
	if len(want) != len(lines) {
		t.Errorf("%d lines, and %d in %s", len(lines), len(want), file)
	}
	for i, shown := 0, 0; i < min(len(want), len(lines)) && shown < 5; i++ {
		// Twice, since adjacent words share the separator.
		if was := renamed.Replace(renamed.Replace(want[i])); was != lines[i] {
			t.Errorf("%s, line %d, was\n%s\nand is\n%s", file, i+1, was, lines[i])
			shown++
		}
	}
}

// renamed translates recorded names to present ones.
var renamed = strings.NewReplacer(
	"|hands off|", "|left alone|", "|order|", "|override|", "|no help|", "|ineffective scale-ups|", "|blind|",
	"|no data|", "|right|", "|ok|",
	"clamp help ", "clamp ineffective ", " hands off 0", " left alone 0", " order 0", " override 0", " right ",
	" ok ", " blind ", " no data ",
	"event hands_off", "event left_alone", "event no_help", "event ineffective_scale_ups",
	"event ordered", "event override",
)

func write(t testing.TB, file string, lines []string) {
	t.Helper()
	var packed bytes.Buffer
	zip, _ := gzip.NewWriterLevel(&packed, gzip.BestCompression) // a valid level
	_, _ = io.WriteString(zip, strings.Join(lines, "\n"))        // to memory, which never fails
	_ = zip.Close()
	if err := os.WriteFile(file, packed.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

func recorded(t testing.TB, file string) []string {
	t.Helper()
	packed, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	zip, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	text, err := io.ReadAll(zip)
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return strings.Split(string(text), "\n")
}
