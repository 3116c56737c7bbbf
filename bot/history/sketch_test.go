package history_test

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/autoscalebot/autoscalebot/bot/history"
	"github.com/autoscalebot/autoscalebot/bot/rapidtest"
)

func TestQuantilesAreWithinOnePercentHoweverTheyWereMerged(t *testing.T) {
	rapidtest.Check(t, func(t *rapid.T) {
		// 10 µs to an hour, evenly on a logarithmic scale.
		times := rapid.SliceOfN(rapid.Map(rapid.Float64Range(-2, 6.55), func(x float64) float64 { return math.Pow(10, x) }), 1, 300).Draw(t, "times")
		q := rapid.Float64Range(0, 1).Draw(t, "q")
		got, err := history.SketchQuantile(times, rapid.IntRange(1, 300).Draw(t, "each"), q)
		if err != nil {
			t.Fatal(err)
		}
		slices.Sort(times)
		if want := rank(times, q); math.Abs(got-want) > 0.01*want*(1+1e-9) {
			t.Errorf("quantile %v of %v is %v, want %v within 1 %%", q, times, got, want)
		}
	})
}

func TestTimesThatAreOutsideCountAsTheNearest(t *testing.T) {
	for ms, want := range map[float64]float64{0: 0.01, -5: 0.01, 1e-300: 0.01, 1e300: 1e7, math.Inf(1): 1e7} {
		if got, err := history.SketchQuantile([]float64{ms}, 1, 0.5); err != nil || math.Abs(got-want) > 0.02*want {
			t.Errorf("%v gave %v, %v, want about %v", ms, got, err, want)
		}
	}
	if got, err := history.SketchQuantile(nil, 1, 0.5); got != -1 || err != nil {
		t.Errorf("no time gave %v, %v, want -1", got, err)
	}
}

// Any bytes are an error, or are encoded the same from then on.
func FuzzSketch(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{5, 1, 3, 200, 1})
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 1})
	f.Add([]byte{1, 0xff, 0xff, 0xff, 0xff, 0x0f, 0, 1})
	f.Fuzz(func(t *testing.T, encoded []byte) {
		once, err := history.SketchRead(encoded)
		if err != nil {
			return
		}
		twice, err := history.SketchRead(once)
		if err != nil || !slices.Equal(once, twice) {
			t.Errorf("%v was read as %v, and that as %v, %v", encoded, once, twice, err)
		}
	})
}

// Any body is readable or an error.
func FuzzUnpack(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{1, 0x4a, 0x2c, 0x01, 0x00})
	f.Add([]byte{2})
	f.Fuzz(func(t *testing.T, body []byte) {
		var v any
		_ = history.Unpack(body, &v)
	})
}
