package experiment_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/sim"
	"github.com/autoscalebot/autoscalebot/bot/sim/experiment"
)

// Requests per second for ten days.
type days float64

func (d days) Rate(float64) float64  { return float64(d) }
func (d days) Length() time.Duration { return 10 * 24 * time.Hour }

// The time nearest to the cut is used. The rest is reported as left out.
func TestASplitSaysWhatItLeavesOut(t *testing.T) {
	o := sim.Options{Demand: days(100), Start: time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC), Fleet: sim.DefaultFleet()}
	cut, err := experiment.Split(o, 30*time.Second, 1e6, 1e6)
	if err != nil {
		t.Fatal(err)
	}
	at := o.Start.Add(6 * 24 * time.Hour)
	if !cut.Learn.Start.Add(cut.Learn.Length).Equal(at) || !cut.Judge.Start.Equal(at) || cut.Learn.Length != cut.Judge.Length || cut.Learn.Length > 167*time.Minute {
		t.Errorf("%v from %v, and %v from %v", cut.Learn.Length, cut.Learn.Start, cut.Judge.Length, cut.Judge.Start)
	}
	const want = "Learned from Sat 7 Nov 2026 22:06 to Sun 8 Nov 2026 00:00 (114 minutes),\njudged by Sun 8 Nov 2026 00:00 to Sun 8 Nov 2026 01:54 (114 minutes).\n" +
		"9.84 days of 10 days were left out to save time; --more takes it.\n"
	if got := cut.Text(time.UTC, "--more takes it"); got != want {
		t.Errorf("it says:\n%s", got)
	}
	all, err := experiment.Split(o, 30*time.Second, math.Inf(1), math.Inf(1))
	if err != nil || all.Left() != 0 || strings.Contains(all.Text(time.UTC, ""), "left out") {
		t.Errorf("%v are left out of all: %v", all.Left(), err)
	}
	if many, err := experiment.Split(o, time.Second, 1e6, 1e6); err != nil || many.Learn.Length >= cut.Learn.Length {
		t.Errorf("with more heartbeats, %v are learned from: %v", many.Learn.Length, err)
	}
}

func TestMoneyIsWrittenForPeople(t *testing.T) {
	for dollars, want := range map[float64]string{25: "$25", 0.1: "$0.10", 0.035: "$0.04", 0.0004: "$0.0004", 0: "$0"} {
		if got := experiment.Money(dollars); got != want {
			t.Errorf("%g is %s, want %s", dollars, got, want)
		}
	}
}
