package logdrain_test

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/autoscalebot/autoscalebot/bot/racetest"
	"github.com/autoscalebot/autoscalebot/bot/rapidtest"
	"github.com/autoscalebot/autoscalebot/probe/logdrain"
)

// A want is what a snapshot should tell.
type want struct {
	lines, requests, errors, timed int
	codes                          map[string]int
	services, connects             []int
	sum                            int // of the service times
}

func (g *traffic) between(from, until time.Time) want {
	w := want{codes: map[string]int{}}
	for second := from.Unix(); second < until.Unix(); second++ {
		t := g.truth[second]
		if t == nil {
			continue
		}
		w.lines += t.lines
		for _, v := range t.visits {
			w.requests++
			if v.status >= 500 && v.code != "H10" {
				w.errors++
			}
			if v.code != "" {
				w.codes[v.code]++
			}
			if v.connect >= 0 {
				w.connects = append(w.connects, v.connect)
			}
			if v.service >= 0 && v.status != 101 {
				w.timed++
				w.services = append(w.services, min(v.service, 60_000))
				w.sum += min(v.service, 60_000)
			}
		}
	}
	slices.Sort(w.services)
	slices.Sort(w.connects)
	return w
}

// Counts are exact, percentiles within 1 % of a value of a rank next to theirs.
func (w want) check(s *logdrain.Snapshot) error {
	if s.Lines != w.lines || s.Requests != w.requests || s.Errors != w.errors || s.Timed != w.timed || !maps.Equal(s.Codes, w.codes) {
		return fmt.Errorf("got %+v, want %d lines, %d requests, %d errors, %d timed, codes %v", s, w.lines, w.requests, w.errors, w.timed, w.codes)
	}
	for _, p := range []float64{0, 0.01, 0.5, 0.9, 0.95, 0.99, 0.999, 1} {
		if err := near(s.Service(p), w.services, p); err != nil {
			return fmt.Errorf("service: %w", err)
		}
		if err := near(s.Connect(p), w.connects, p); err != nil {
			return fmt.Errorf("connect: %w", err)
		}
	}
	if w.timed > 0 {
		mean, busy := float64(w.sum)/float64(w.timed), float64(w.sum)/1000/s.Until.Sub(s.From).Seconds()
		if math.Abs(s.MeanService.Seconds()*1000-mean) > 0.001 || math.Abs(s.Busy-busy) > 1e-6 {
			return fmt.Errorf("got a mean of %v and %v busy, want %v ms and %v", s.MeanService, s.Busy, mean, busy)
		}
	}
	return nil
}

func near(got time.Duration, sorted []int, p float64) error {
	if len(sorted) == 0 {
		if got != 0 {
			return fmt.Errorf("got %v of none", got)
		}
		return nil
	}
	rank := int(math.Ceil(p*float64(len(sorted)))) - 1
	low, high := float64(sorted[max(0, rank-1)]), float64(sorted[min(max(0, rank+1), len(sorted)-1)])
	if ms := float64(got) / float64(time.Millisecond); ms < 0.99*low || ms > 1.01*high {
		return fmt.Errorf("p%v is %v ms, want from %v to %v", 100*p, ms, low, high)
	}
	return nil
}

func TestAMillionLinesAreCountedExactly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rate, seconds := 5000, 200
		if racetest.On { // which makes it ten times as slow
			rate = 500
		}
		d := drain(t)
		g := newTraffic(1, time.Now(), rate, 20)
		checked := 0
		for i := range seconds {
			time.Sleep(time.Second)
			for _, b := range g.next() {
				if w := (posting{frameID: b.id}).post(d, strings.NewReader(b.body)); w.Code != 204 {
					t.Fatalf("got status %d: %s", w.Code, w.Body)
				}
			}
			if i%20 != 19 {
				continue
			}
			s, err := d.Snapshot(time.Now(), 0)
			if err != nil || time.Since(s.Until) > 2*time.Second || i > 60 && s.Until.Sub(s.From) != time.Minute {
				t.Fatalf("got %+v, %v", s, err)
			}
			w := g.between(s.From, s.Until)
			if err := w.check(&s); err != nil {
				t.Error(err)
			}
			checked += w.requests
		}
		got := d.Totals()
		uncounted := got.Late + got.Ahead + got.Odd + got.Refused
		if got.Lines < rate*seconds || got.Again == 0 || got.Twice < rate*seconds/100-rate/5 || uncounted > 0 || checked < 2*rate*seconds {
			t.Errorf("got %+v of which %d were checked", got, checked)
		}
	})
}

func TestOrderAndRepetitionChangeNothing(t *testing.T) {
	racetest.Computes(t)
	rapidtest.Check(t, func(t *rapid.T) {
		now := time.Now()
		g := newTraffic(rapid.Uint64().Draw(t, "seed"), now.Add(-50*time.Second), rapid.IntRange(1, 20).Draw(t, "rate"), 3)
		var frames []string
		for range rapid.IntRange(20, 40).Draw(t, "seconds") {
			for _, b := range g.next() {
				for _, f := range framesOf(b.body) {
					frames = append(frames, fmt.Sprint(len(f), " ", f))
				}
			}
		}
		// The app's own lines are not known again, as there may be two that are the same.
		frames = slices.DeleteFunc(frames, func(f string) bool { return !strings.Contains(f, " heroku router ") })
		slices.Sort(frames)
		frames = slices.Compact(frames)
		ordered, mixed := drain(t), drain(t)
		first := frame(now.Add(-55*time.Second), "app", "web.1", "Hi\n")
		send(t, ordered, first+strings.Join(frames, ""))
		more := rapid.Permutation(append(frames, rapid.SliceOf(rapid.SampledFrom(frames)).Draw(t, "again")...)).Draw(t, "order")
		send(t, mixed, first)
		for len(more) > 0 {
			n := rapid.IntRange(1, len(more)).Draw(t, "post")
			send(t, mixed, more[:n]...)
			more = more[n:]
		}
		a, errA := ordered.Snapshot(now, 0)
		b, errB := mixed.Snapshot(now, 0)
		if errA != nil || errB != nil || fmt.Sprintf("%+v", numbers(&a)) != fmt.Sprintf("%+v", numbers(&b)) {
			t.Fatalf("got %+v, %v\nwant %+v, %v", b, errB, a, errA)
		}
	})
}

func numbers(s *logdrain.Snapshot) []any {
	return []any{
		s.From, s.Until, s.Lines, s.Requests, s.Errors, s.Codes, s.Timed, s.MeanService, s.Busy, s.LastRequest, s.Dynos,
		s.Service(0.5), s.Service(0.95), s.Connect(0.95),
	}
}

// A rate times its time is what was counted, with as many more as were lost of all lines.
func TestRatesAndCountsAgree(t *testing.T) {
	rapidtest.Check(t, func(t *rapid.T) {
		now := time.Now()
		n, missing := rapid.IntRange(0, 50).Draw(t, "requests"), rapid.IntRange(0, 100).Draw(t, "lost")
		d := drain(t)
		lines := []string{frame(now.Add(-40*time.Second), "app", "web.1", "Hi\n"), frame(now, "app", "web.1", "Hi\n")}
		lines = append(lines, lost(now.Add(-20*time.Second), fmt.Sprint(missing)))
		for i := range n {
			lines = append(lines, routed(now.Add(-10*time.Second), fmt.Sprint(i), answered))
		}
		send(t, d, lines...)
		s, err := d.Snapshot(now, 0)
		if err != nil {
			t.Fatal(err)
		}
		want := float64(n) * float64(n+1+missing) / float64(n+1)
		if got := s.PerSecond(s.Requests) * s.Until.Sub(s.From).Seconds(); math.Abs(got-want) > 1e-6 {
			t.Fatalf("got %v requests, want %v", got, want)
		}
	})
}
