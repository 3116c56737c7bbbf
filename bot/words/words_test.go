package words_test

import (
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/words"
)

func TestTimesInWords(t *testing.T) {
	for d, want := range map[time.Duration][2]string{
		-time.Minute:                   {"0 s", "0 s"},
		0:                              {"0 s", "0 s"},
		1500 * time.Millisecond:        {"1 s", "2 s"},
		59 * time.Second:               {"59 s", "59 s"},
		time.Minute:                    {"1 min", "60 s"},
		65 * time.Second:               {"1 min 5 s", "65 s"},
		2 * time.Minute:                {"2 min", "2 min"},
		10*time.Minute + time.Second:   {"10 min", "10 min"},
		time.Hour + 59*time.Second:     {"1 h", "61 min"},
		2*time.Hour - time.Millisecond: {"1 h 59 min", "2 h 0 min"},
		24 * time.Hour:                 {"1 d", "24 h 0 min"},
		49*time.Hour + 59*time.Minute:  {"2 d 1 h", "49 h 59 min"},
	} {
		if got := [2]string{words.Length(d), words.Left(d)}; got != want {
			t.Errorf("%v is %q, and as what is left %q; want %q", d, got[0], got[1], want)
		}
	}
	for ms, want := range map[float64]string{0: "0.0 ms", 9.94: "9.9 ms", 9.95: "10 ms", 534.4: "534 ms", 9999.4: "9999 ms", 9999.5: "10.0 s", 61500: "61.5 s"} {
		if got := words.Millis(ms); got != want {
			t.Errorf("%g ms is %q, want %q", ms, got, want)
		}
	}
}
