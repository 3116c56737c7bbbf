package sim_test

import (
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/sim"
)

func parse(t *testing.T, text string) sim.Trace {
	t.Helper()
	trace, err := sim.ParseTrace(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return trace
}

func TestATraceIsInterpolatedBetweenTheMiddlesOfItsBins(t *testing.T) {
	trace := parse(t, "unix_time,requests\n898646400,600\n898646460,1200\n\n# a quiet one\n898646520,0\n")
	want := sim.Trace{
		Start: time.Date(1998, 6, 24, 0, 0, 0, 0, time.UTC), Step: time.Minute, Requests: []float64{600, 1200, 0},
	}
	if !reflect.DeepEqual(trace, want) || trace.Length() != 3*time.Minute {
		t.Errorf("got %+v, want %+v", trace, want)
	}
	for at, rate := range map[float64]float64{-5: 10, 0: 10, 30: 10, 45: 12.5, 60: 15, 90: 20, 120: 10, 135: 5, 150: 0, 180: 0, 1e9: 0} {
		if got := trace.Rate(at); math.Abs(got-rate) > 1e-9 {
			t.Errorf("the rate at %g s is %g, want %g", at, got, rate)
		}
	}
}

func TestAPartOfATrace(t *testing.T) {
	trace := parse(t, "0,1\n0.5,2\n1,3\n1.5,4\n2,5\n")
	rows, err := trace.Rows(1, 3)
	if err != nil || !reflect.DeepEqual(rows, sim.Trace{Start: time.UnixMilli(500).UTC(), Step: time.Second / 2, Requests: []float64{2, 3}}) {
		t.Errorf("rows 1 to 3 are %+v, %v", rows, err)
	}
	part, err := trace.Between(700*time.Millisecond, 2*time.Second)
	if err != nil || !reflect.DeepEqual(part, sim.Trace{Start: time.UnixMilli(1000).UTC(), Step: time.Second / 2, Requests: []float64{3, 4}}) {
		t.Errorf("0.7 s to 2 s are %+v, %v", part, err)
	}
	for _, c := range []struct {
		err  func() (sim.Trace, error)
		want string
	}{
		{func() (sim.Trace, error) { return trace.Rows(2, 6) }, "rows 2 to 6 are not in the trace: must be 0–5"},
		{func() (sim.Trace, error) { return trace.Between(0, time.Hour) }, "0s to 1h0m0s is not in the trace, which lasts 2.5s"},
	} {
		if _, err := c.err(); err == nil || err.Error() != c.want {
			t.Errorf("got %v, want %s", err, c.want)
		}
	}
}

func TestAWrongTraceSaysWhere(t *testing.T) {
	for text, want := range map[string]string{
		"":                          "the trace has 0 rows: needs at least two, to know the width of a bin",
		"unix_time,requests\n0,5\n": "the trace has 1 rows: needs at least two, to know the width of a bin",
		"time,requests\n0,1,2\n":    "line 2 of the trace: 3 fields: must be unix_time,requests, such as 898646400,22200",
		"0,1\n60,1\nnoon,3\n":       `line 3 of the trace: invalid time "noon": must be seconds since 1970, such as 898646400`,
		"-60,1\n":                   `line 1 of the trace: invalid time "-60": must be seconds since 1970, such as 898646400`,
		"NaN,1\n":                   `line 1 of the trace: invalid time "NaN": must be seconds since 1970, such as 898646400`,
		"0,1\n60,-1\n":              `line 2 of the trace: invalid number of requests "-1": must be 0–1e+12`,
		"0,1\n60,Inf\n":             `line 2 of the trace: invalid number of requests "Inf": must be 0–1e+12`,
		"0,1\n60,\n":                `line 2 of the trace: invalid number of requests "": must be 0–1e+12`,
		"60,1\n60,1\n":              "line 2 of the trace: the time 60 is not after 60, the time of the row before",
		"0,1\n60,1\n\n# x\n180,1\n": "line 5 of the trace: the row is 2m0s after the one before, but the step is 1m0s: a bin without requests needs a row with 0",
		"0,1\n0.0001,1\n":           "line 2 of the trace: the row is 100µs after the one before: must be from a millisecond to a day",
		"0,1\n90000,1\n":            "line 2 of the trace: the row is 25h0m0s after the one before: must be from a millisecond to a day",
		"9e9,1\n":                   `line 1 of the trace: invalid time "9e9": must be seconds since 1970, such as 898646400`,
		"0,\"1\n":                   `read the trace: parse error on line 1, column 6: extraneous or missing " in quoted-field`,
	} {
		if _, err := sim.ParseTrace(strings.NewReader(text)); err == nil || err.Error() != want {
			t.Errorf("%q:\ngot  %v\nwant %s", text, err, want)
		}
	}
}

// Every file is refused with a reason, or is a demand that can be simulated.
func FuzzParseTrace(f *testing.F) {
	for _, seed := range []string{
		"unix_time,requests\n898646400,22200\n898646460,22592\n", "0,1\n0.5,2\n1.0,3\n", "\"0\",1\r\n# c\r\n60,1e11\n", "0,0\n86400,0\n", "x\n",
		"4102444798,1\n4102444799,1\n", "0,1\n,\n",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		trace, err := sim.ParseTrace(strings.NewReader(text))
		if err != nil {
			if len(err.Error()) > 400 {
				t.Errorf("an error of %d bytes", len(err.Error()))
			}
			return
		}
		if trace.Step < time.Millisecond || len(trace.Requests) < 2 || trace.Length() <= 0 {
			t.Fatalf("got %+v", trace)
		}
		end := trace.Length().Seconds()
		for i := range 100 {
			if rate := trace.Rate(end * float64(i) / 99); !(rate >= 0) || math.IsInf(rate, 0) {
				t.Fatalf("the rate is %g", rate)
			}
		}
	})
}
