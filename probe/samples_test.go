package probe_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/autoscalebot/autoscalebot/bot/rapidtest"
	"github.com/autoscalebot/autoscalebot/probe"
)

type proberFunc func(ctx context.Context) probe.Reading

func (f proberFunc) Probe(ctx context.Context) probe.Reading { return f(ctx) }

func choose(percentile float64, fails []probe.Outcome, readings []probe.Reading) probe.Reading {
	var next atomic.Int64
	p := proberFunc(func(context.Context) probe.Reading { return readings[next.Add(1)-1] })
	return probe.Samples(p, probe.SampleOptions{N: len(readings), Percentile: percentile, Fails: fails}).Probe(context.Background())
}

var usualFails = []probe.Outcome{probe.Timeout, probe.ServerError}

func TestSamplesChooseByNearestRank(t *testing.T) {
	const unreachable = probe.Unreachable
	tests := []struct {
		samples    string // answers by their milliseconds, failures by a letter
		percentile float64
		fails      []probe.Outcome
		want       string
	}{
		{"30 10 20", 50, usualFails, "20"},
		{"30 10 20", 33, usualFails, "10"},
		{"30 10 20", 34, usualFails, "20"},
		{"30 10 20", 0.1, usualFails, "10"},
		{"30 10 20", 100, usualFails, "30"},
		{"40 30 10 20", 50, usualFails, "20"},
		{"40 30 10 20", 50.1, usualFails, "30"},
		{"9000 T 10", 50, usualFails, "9000"}, // a fail is worse than any answer
		{"S T 9000", 50, usualFails, "S"},     // the first of two alike
		{"10 T 10 10", 100, usualFails, "T"},
		{"U 10 C 20", 50, usualFails, "10"}, // what tells nothing is left out
		{"U T B 20", 100, usualFails, "T"},
		{"U 10 B 20 U", 50, usualFails, "U"}, // unless most tell nothing
		{"B U U B 20 U", 50, usualFails, "U"},
		{"C B B U B", 50, usualFails, "B"},
		{"U T T", 50, nil, "T"}, // what counts as a fail is for the caller to say
		{"U U 10", 50, []probe.Outcome{unreachable}, "U"},
	}
	failures := map[string]probe.Outcome{
		"T": probe.Timeout, "S": probe.ServerError, "C": probe.ClientError, "U": unreachable, "B": probe.BadAnswer,
	}
	for _, tt := range tests {
		t.Run(fmt.Sprint(tt.samples, " at ", tt.percentile), func(t *testing.T) {
			var readings []probe.Reading
			for i, name := range strings.Fields(tt.samples) {
				r := probe.Reading{Outcome: probe.Answered, Error: name, Time: time.Unix(int64(i), 0)}
				if outcome, failed := failures[name]; failed {
					r.Outcome, r.Value = outcome, 5
				} else {
					r.Value, _ = strconv.ParseFloat(name, 64)
				}
				readings = append(readings, r)
			}

			if got := choose(tt.percentile, tt.fails, readings); got.Error != tt.want {
				t.Errorf("got %+v, want %s", got, tt.want)
			}
		})
	}
}

func TestSamplesAreOneReadingInAnyOrder(t *testing.T) {
	all := []probe.Outcome{
		probe.Answered, probe.Answered, probe.Timeout, probe.ServerError, probe.ClientError, probe.Unreachable, probe.BadAnswer,
	}
	rapidtest.Check(t, func(t *rapid.T) {
		fails := rapid.SliceOf(rapid.SampledFrom(all[2:])).Draw(t, "fails")
		percentile := rapid.Float64Range(0.1, 100).Draw(t, "percentile")
		readings := make([]probe.Reading, rapid.IntRange(1, 20).Draw(t, "n"))
		for i := range readings {
			readings[i] = probe.Reading{
				Signal: "heartbeat", Unit: "ms", Time: time.UnixMilli(int64(i)), Status: i, // so that no two are alike
				Value: float64(rapid.IntRange(0, 9).Draw(t, "value")), Outcome: rapid.SampledFrom(all).Draw(t, "outcome"),
				Phases: probe.Phases{Processing: time.Duration(i)},
			}
		}
		got := choose(percentile, fails, readings)
		if again := choose(percentile, fails, rapid.Permutation(readings).Draw(t, "order")); again != got {
			t.Fatalf("got %+v, and in another order %+v", got, again)
		}
		want := readings[got.Status]
		want.Time = readings[0].Time // when the first began
		if got != want {
			t.Fatalf("got %+v, which is none of the samples", got)
		}
	})
}

func TestOneSampleIsTheProberItself(t *testing.T) {
	h := heartbeat(t, probe.HeartbeatOptions{URL: "http://a.test/"})
	for _, n := range []int{-1, 0, 1} {
		if got := probe.Samples(h, probe.SampleOptions{N: n, Percentile: 50}); got != probe.Prober(h) {
			t.Errorf("%d samples gave %v", n, got)
		}
	}
}

// While the app is well no two probes meet; while it is not, they begin a gap apart.
func TestSamplesAreGentle(t *testing.T) {
	tests := []struct {
		takes []time.Duration
		begin string
		ends  time.Duration
	}{
		{[]time.Duration{40, 30, 20, 10}, "0s 40ms 70ms 90ms", 100},
		{[]time.Duration{1000, 1000, 1000, 1000}, "0s 100ms 200ms 300ms", 1300},
		{[]time.Duration{1000, 10, 1000, 10}, "0s 100ms 110ms 210ms", 1110},
	}
	for _, tt := range tests {
		synctest.Test(t, func(t *testing.T) {
			var mu sync.Mutex
			var begin []string
			start := time.Now()
			p := proberFunc(func(context.Context) probe.Reading {
				r := probe.Reading{Outcome: probe.Answered, Time: time.Now()}
				mu.Lock()
				takes := tt.takes[len(begin)]
				begin = append(begin, time.Since(start).String())
				mu.Unlock()
				time.Sleep(takes * time.Millisecond)
				return r
			})
			r := probe.Samples(p, probe.SampleOptions{N: len(tt.takes), Percentile: 100, Gap: 100 * time.Millisecond}).Probe(t.Context())
			if got := strings.Join(begin, " "); got != tt.begin || time.Since(start) != tt.ends*time.Millisecond || !r.Time.Equal(start) {
				t.Errorf("began after %s and ended after %v with %+v, want %s and %v", got, time.Since(start), r, tt.begin, tt.ends)
			}
		})
	}
}

func TestSamplesEndWithTheContext(t *testing.T) {
	addr := listen(t, hang)
	ctx, cancel := context.WithCancel(t.Context())
	h := heartbeat(t, probe.HeartbeatOptions{URL: "http://" + addr})
	asked := make(chan struct{}, 3)
	p := proberFunc(func(ctx context.Context) probe.Reading {
		asked <- struct{}{}
		return h.Probe(ctx)
	})
	go func() { <-asked; cancel() }()
	r := probe.Samples(p, probe.SampleOptions{N: 3, Percentile: 50, Fails: usualFails, Gap: patient}).Probe(ctx)
	check(t, r)
	if r.Outcome != probe.Unreachable || r.Error != "canceled" {
		t.Errorf("got %+v", r)
	}
}

// A random router gives one request in three to a process that is busy. The heartbeat itself is what asks, side by side.
func TestSamplesOfAHeartbeat(t *testing.T) {
	var asked atomic.Int64
	s := serve(t, func(w http.ResponseWriter, req *http.Request) {
		if n := asked.Add(1); n%3 == 0 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		_, _ = io.WriteString(w, "Beat")
	})
	h := heartbeat(t, probe.HeartbeatOptions{URL: s.URL})
	for percentile, want := range map[float64]probe.Outcome{50: probe.Answered, 66: probe.Answered, 67: probe.ServerError, 100: probe.ServerError} {
		r := probe.Samples(h, probe.SampleOptions{N: 9, Percentile: percentile, Fails: usualFails}).Probe(t.Context())
		check(t, r)
		if r.Outcome != want {
			t.Errorf("at %v: got %+v", percentile, r)
		}
	}
	if asked.Load() != 36 {
		t.Errorf("the app was asked %d times, want 36", asked.Load())
	}
}
