package logdrain_test

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/racetest"
	"github.com/autoscalebot/autoscalebot/probe"
	"github.com/autoscalebot/autoscalebot/probe/logdrain"
)

func TestLinesCountAtTheirOwnTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := drain(t)
		start := time.Now()
		var all []string
		for i := range 72 {
			all = append(all, routed(start.Add(time.Duration(i)*time.Second), fmt.Sprint(i), answered))
		}
		time.Sleep(72 * time.Second)
		send(t, d, all[10:]...)
		send(t, d, all[:10]...) // up to 70 s late
		send(t, d, all[30:40]...)
		s, err := d.Snapshot(time.Now(), 0)
		placed := s.From.Equal(start.Add(11*time.Second)) && s.Until.Equal(start.Add(71*time.Second))
		if err != nil || s.Requests != 60 || !placed || d.Totals().Twice != 10 {
			t.Errorf("got %+v, %v, %+v", s, err, d.Totals())
		}
		now := time.Now().UTC()
		for _, tt := range []struct {
			at   time.Time
			want logdrain.Totals
		}{
			{now, logdrain.Totals{Lines: 1}},
			{now.Add(30 * time.Second), logdrain.Totals{Lines: 1}},
			{now.Add(31 * time.Second), logdrain.Totals{Ahead: 1}},
			{now.AddDate(100, 0, 0), logdrain.Totals{Ahead: 1}},
			{now.AddDate(7000, 0, 0), logdrain.Totals{Ahead: 1}},
			{now.Add(-time.Minute), logdrain.Totals{Lines: 1}},
			{now.Add(-3 * time.Minute), logdrain.Totals{Late: 1}},
			{now.AddDate(-100, 0, 0), logdrain.Totals{Late: 1}},
			{now.AddDate(-2000, 0, 0), logdrain.Totals{Late: 1}},
		} {
			d := drain(t)
			send(t, d, frame(now, "app", "web.1", "Hi\n"))
			send(t, d, routed(tt.at, "1", answered))
			tt.want.Posts = 2
			tt.want.Lines++
			if got := d.Totals(); got != tt.want {
				t.Errorf("at %v: got %+v, want %+v", tt.at, got, tt.want)
			}
		}
	})
}

func TestAClockThatIsAheadDoesNotHideTheWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := drain(t)
		repeat(t, d, 70, func(i int) string { return routed(time.Now(), fmt.Sprint(i), answered) })
		send(t, d, frame(time.Now().Add(30*time.Second), "app", "web.1", "Hi\n"))
		if s, err := d.Snapshot(time.Now(), 0); err != nil || s.Requests != 60 || s.Until.After(time.Now()) {
			t.Errorf("got %+v, %v", s, err)
		}
	})
}

func TestWindowsOfAnyLengthAreWhole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := drain(t)
		start := time.Now()
		repeat(t, d, 150, func(i int) string { return routed(time.Now(), fmt.Sprint(i), answered) })
		for _, window := range []time.Duration{10 * time.Second, 15*time.Second + 1, time.Minute} {
			s, err := d.Snapshot(time.Now(), window)
			got := s.Until.Sub(s.From)
			if err != nil || got < window || got > window+time.Second || s.Requests != int(got/time.Second) || s.Until.Before(start) {
				t.Errorf("window of %v: got %v, %+v, %v", window, got, s, err)
			}
		}
	})
}

func TestTheProcessTypeChoosesTheDynos(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		web := drain(t)
		worker := drain(t, func(o *logdrain.Options) { o.ProcessType = "worker" })
		hostile := []string{
			"webb.1", "web", "web.", "web.0", "web.01", "web.-1", "web.1.1", "web.999999", "WEB.1", ".1", "run.1234", "web.１",
			strings.Repeat("w", 9000) + ".1",
		}
		for i := range 12 {
			at := time.Now()
			lines := []string{routed(at, fmt.Sprint(i), answered), failed(at, "H14", "dyno= connect= service=")}
			for _, name := range hostile {
				lines = append(lines, routed(at, fmt.Sprint(i, name), "dyno="+name+" connect=1ms service=9ms status=500"),
					frame(at, "heroku", "web.1", "source="+name+" dyno=heroku.1 sample#load_avg_1m=99.00"))
			}
			// The app may write what it likes.
			lines = append(lines, frame(at, "app", "router", "at=info method=GET dyno=web.1 connect=1ms service=9ms status=500"),
				frame(at, "app", "web.1", "source=web.3 sample#load_avg_1m=99.00"), frame(at, "app", "heroku-postgres", "source=web.4 sample#load_avg_1m=99.00"),
				frame(at, "app", "logplex", "Error L10 (output buffer overflow): 5 messages dropped since"))
			for _, load := range []string{"NaN", "Inf", "-1", "1e99", "", "2.5M B", strings.Repeat("0", 99)} {
				lines = append(lines, frame(at, "heroku", "web.5", "source=web.5 sample#load_avg_1m="+load+" sample#memory_total="+load+"B"))
			}
			lines = append(lines, frame(at, "heroku", "web.1", "source=web.1 sample#load_avg_1m=1.00"),
				frame(at, "heroku", "worker.7", "source=worker.7 sample#load_avg_1m=7.00"),
				frame(at, "heroku", "web.1", "State changed from starting to up\n"))
			send(t, web, lines...)
			send(t, worker, lines...)
			time.Sleep(time.Second)
		}
		s, err := web.Snapshot(time.Now(), 0)
		one := []logdrain.Dyno{{Number: 1, Load: 1, Memory: -1, Quota: -1}}
		if err != nil || s.Requests != 20 || s.Errors != 0 || s.Lost != 0 || !slices.Equal(s.Dynos, one) {
			t.Errorf("got %+v, %v", s, err)
		}
		wantNone(t, web, logdrain.MemoryMax, probe.BadAnswer,
			"the log has no memory of a dyno: run `heroku labs:enable log-runtime-metrics` and restart the app")
		if s, err := worker.Snapshot(time.Now(), 0); err != nil || s.Requests != 0 || len(s.Dynos) != 1 {
			t.Errorf("got %+v, %v", s, err)
		}
		if got := value(t, worker, logdrain.LoadMax); got != 7 {
			t.Errorf("got a load of %v, want 7", got)
		}
		_, err = worker.Prober(logdrain.RequestsPerSecond)
		want := "signal requests_per_second is only for web dynos, which the router knows: process type worker has " +
			"load_mean, load_max, memory_mean, memory_max"
		if err == nil || err.Error() != want {
			t.Errorf("got %v", err)
		}
	})
}

func TestADynoThatIsGoneDoesNotCount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := drain(t)
		load := func(dyno int, load float64) string {
			return frame(time.Now(), "heroku", "web", fmt.Sprintf("source=web.%d dyno=heroku.1 sample#load_avg_1m=%.2f", dyno, load))
		}
		repeat(t, d, 12, func(int) string { return load(1, 1) })
		send(t, d, load(2, 9))
		send(t, d, frame(time.Now().Add(-time.Second), "heroku", "web.2", "source=web.2 dyno=heroku.1 sample#load_avg_1m=5.00"))
		if got := value(t, d, logdrain.LoadMax); got != 9 {
			t.Errorf("got %v, want 9", got)
		}
		repeat(t, d, 69, func(int) string { return load(1, 1) })
		if got := value(t, d, logdrain.LoadMax); got != 9 {
			t.Errorf("got %v, want 9", got)
		}
		repeat(t, d, 3, func(int) string { return load(1, 1) })
		if got := value(t, d, logdrain.LoadMax); got != 1 {
			t.Errorf("got %v, want 1", got)
		}
	})
}

func TestMemoryIsBoundedWhateverComes(t *testing.T) {
	racetest.Long(t)
	synctest.Test(t, func(t *testing.T) {
		d := drain(t)
		before := heap()
		for i := range 750 {
			at := time.Now()
			var lines strings.Builder
			for k := range 200 {
				id := fmt.Sprint(i, "-", k)
				lines.WriteString(routed(at, strings.Repeat(id, 3), fmt.Sprintf("dyno=web.%d connect=%dms service=%dms status=200", i*200+k, k, i*k)))
				if k%2 == 0 {
					lines.WriteString(frame(at, "heroku", id, fmt.Sprintf("source=web.%d sample#load_avg_1m=1.0 sample#memory_total=1.0MB", (i*200+k)%100_000)))
					lines.WriteString(frame(at, id, id, id))
				}
			}
			send(t, d, lines.String())
			for k := range 12 {
				posting{frameID: fmt.Sprint(i, " ", k)}.post(d, strings.NewReader(""))
			}
			time.Sleep(5 * time.Second)
		}
		lines, posts, dynos := d.Remembered()
		if lines > logdrain.MostLines || posts > logdrain.MostPosts || dynos > logdrain.MostDynos {
			t.Errorf("remembers %d lines, %d posts and %d dynos", lines, posts, dynos)
		}
		if lines < logdrain.MostLines/2 || posts < logdrain.MostPosts/2 {
			t.Errorf("remembers %d lines and %d posts only", lines, posts)
		}
		// Dynos that are gone make room for others.
		if s, err := d.Snapshot(time.Now(), 0); err != nil || len(s.Dynos) < logdrain.MostDynos/2 {
			t.Errorf("got %d dynos, %v", len(s.Dynos), err)
		}
		if grown := heap() - before; grown > 12<<20 {
			t.Errorf("grew by %d bytes", grown)
		}
		runtime.KeepAlive(d)
	})
}

func heap() int {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}

func TestManyMayPostAndReadAtOnce(t *testing.T) {
	d := drain(t)
	probers := make([]probe.Prober, 0, len(logdrain.Signals()))
	for _, s := range logdrain.Signals() {
		p, err := d.Prober(s)
		if err != nil {
			t.Fatal(err)
		}
		probers = append(probers, p)
	}
	var all sync.WaitGroup
	for k := range 16 {
		all.Go(func() {
			for i := range 50 {
				at := time.Now().Add(-time.Duration(i) * time.Second)
				w := posting{frameID: fmt.Sprint(i)}.post(d, strings.NewReader(routed(at, fmt.Sprint(i), answered)+routed(at, fmt.Sprint(k, i), answered)))
				if w.Code != 204 {
					t.Errorf("got status %d", w.Code)
				}
				probers[(i+k)%len(probers)].Probe(t.Context())
			}
		})
	}
	all.Wait()
	if got := d.Totals(); got.Posts != 800 || got.Again != 750 || got.Lines != 100 {
		t.Errorf("got %+v", got)
	}
}
