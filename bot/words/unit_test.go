package words_test

import (
	"testing"

	"github.com/autoscalebot/autoscalebot/bot/words"
)

func TestUnits(t *testing.T) {
	for unit, want := range map[words.Unit][3]string{
		"":         {"1 dyno", "0 dynos", "dynos"},
		"dyno":     {"1 dyno", "0 dynos", "dynos"},
		"instance": {"1 instance", "0 instances", "instances"},
		"process":  {"1 process", "0 processes", "processes"},
	} {
		if got := [3]string{unit.Of(1), unit.Of(0), unit.Many()}; got != want {
			t.Errorf("unit %q gives %q, want %q", unit, got, want)
		}
	}
}
