package pool_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/bot/pool"
	"github.com/autoscalebot/autoscalebot/bot/pool/pooltest"
	"github.com/autoscalebot/autoscalebot/bot/record"
	"github.com/autoscalebot/autoscalebot/probe"
	"github.com/autoscalebot/autoscalebot/schedule"
)

var _ bot.SizePender = (*pool.Pool)(nil)

type site struct {
	t    *testing.T
	w    *pooltest.World
	p    *pool.Pool
	b    *bot.Bot
	lim  schedule.Limits
	load float64
	sets []string
	slow int
}

var capacity = map[string]float64{"small": 10, "medium": 20, "large": 40}

func (s *site) At(time.Time) schedule.Limits           { return s.lim }
func (s *site) Rows(time.Time) (minRow, maxRow string) { return "", "" }

func (s *site) Probe(context.Context) probe.Reading {
	most := 0.0
	for _, name := range s.w.Serving() {
		most += capacity[s.w.SizeOf(name)]
	}
	r := probe.Reading{Signal: probe.HeartbeatSignal, Time: time.Now(), Value: 2000, Unit: "ms", Outcome: probe.Answered, Status: 200}
	if busy := s.load / max(most, 0.001); busy < 0.95 {
		r.Value = 50 / (1 - busy)
	}
	if r.Value > 500 {
		s.slow++
	}
	return r
}

// quickly is a boot that takes no time worth mention.
const quickly = 40 * time.Second

func newSite(t *testing.T, order decide.Ladder, lim schedule.Limits, boot time.Duration, change func(*pool.Options)) *site {
	s := &site{t: t, lim: lim, w: &pooltest.World{
		Boot: boot, Warm: 10 * time.Second, Join: 5 * time.Second, Busy: 10 * time.Second, End: 5 * time.Second, Size: "small", Price: 0.01,
	}}
	limits := func(time.Time) (int, int) { return s.lim.Min, s.lim.Max }
	if lim.Max > 1 { // else there is downtime in the window
		s.w.Limits = limits
	}
	s.w.Serve("web", lim.Min)
	s.p = open(t.Fatalf, s.w, func(o *pool.Options) {
		o.Limits = limits
		o.Sizes = []pool.Size{{Name: "small", Price: 0.01}, {Name: "medium", Price: 0.02}, {Name: "large", Price: 0.04}}
		if change != nil {
			change(o)
		}
	})
	s.b = bot.New(bot.Options{
		App: "site", ProcessType: "web", Interval: 30 * time.Second, Probers: []probe.Prober{s}, Schedule: s, Scaler: s.p,
		Policy: decide.Policy{
			HeartbeatRule: decide.HeartbeatRule{MaxResponseMS: 500, MinResponseMS: 70, Fails: decide.InARow(3), Passes: decide.InARow(5)},
			Sizing:        decide.Sizing{Ladder: order, Sizes: []string{"small", "medium", "large"}},
		},
	})
	ctx, cancel := context.WithCancel(t.Context())
	var done sync.WaitGroup
	done.Go(func() { _ = s.p.Run(ctx) })
	t.Cleanup(func() { cancel(); done.Wait() })
	return s
}

func (s *site) beat(d time.Duration) record.Record {
	s.t.Helper()
	var r record.Record
	for end := time.Now().Add(d); time.Now().Before(end); {
		time.Sleep(30 * time.Second)
		switch r = s.b.Tick(s.t.Context(), time.Now()); r.Action {
		case record.Resized:
			s.sets = append(s.sets, r.Decision.SizeTo)
		case record.Failed:
			s.t.Errorf("%s: %s", r.Headline(), r.Why())
		}
	}
	return r
}

func (s *site) want(r record.Record, n int, size string, sets ...string) {
	s.t.Helper()
	serving := s.w.Serving()
	ok := len(serving) == n && len(sets) == len(s.sets)
	for _, name := range serving {
		ok = ok && s.w.SizeOf(name) == size
	}
	for i := range min(len(sets), len(s.sets)) {
		ok = ok && sets[i] == s.sets[i]
	}
	if !ok {
		s.t.Errorf("%q serve after the sizes %q were asked for, want %d of %s after %q\n%s: %s\n%s", serving, s.sets, n, size, sets, r.Headline(), r.Why(), s.p.Status())
	}
	s.sets = nil
	for _, v := range s.w.Violations() {
		s.t.Error(v)
	}
}

func TestMoreServersAndThenLargerOnes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, decide.Horizontal, schedule.Limits{Min: 1, Max: 3}, quickly, nil)
		s.load = 26
		s.want(s.beat(20*time.Minute), 3, "small")
		s.load = 50
		s.want(s.beat(time.Hour), 3, "medium", "medium")
		s.slow = 0
		s.want(s.beat(2*time.Hour), 3, "medium")
		if s.slow > 0 {
			t.Errorf("slow at %d ticks of a load that the servers bear", s.slow)
		}
		s.load = 5
		s.want(s.beat(3*time.Hour), 1, "small", "small")
	})
}

func TestLargerServersAndThenMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, decide.Vertical, schedule.Limits{Min: 1, Max: 4}, quickly, nil)
		s.load = 30
		s.want(s.beat(time.Hour), 1, "large", "medium", "large")
		s.load = 70
		s.want(s.beat(time.Hour), 2, "large")
		s.load = 2
		s.want(s.beat(4*time.Hour), 1, "small", "medium", "small")
	})
}

// While servers are exchanged, one after the other, the bot asks for no other size, however long that takes.
func TestOneSizeAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, decide.Vertical, schedule.Limits{Min: 5, Max: 8}, 4*time.Minute, nil)
		s.load = 1000
		for begun := time.Now(); len(s.sets) < 2 && time.Since(begun) < 6*time.Hour; {
			s.beat(30 * time.Second)
		}
		for _, name := range s.w.Serving() {
			if size := s.w.SizeOf(name); size != "medium" {
				t.Errorf("%s is %s when large ones are asked for", name, size)
			}
		}
		if len(s.sets) != 2 {
			t.Errorf("asked for %q", s.sets)
		}
	})
}

// A single server with no room for another waits for the maintenance window. That is not a failure.
func TestALoneServerWaitsForItsWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		s := newSite(t, decide.Vertical, schedule.Limits{Min: 1, Max: 1}, quickly, func(o *pool.Options) {
			o.Maintenance = func(now time.Time) bool { return now.Sub(start) > 5*time.Hour }
		})
		s.load = 15
		r := s.beat(4 * time.Hour)
		s.want(r, 1, "small", "medium")
		if d := r.Decision; d.SizeHeld != decide.HeldPending || r.Action != record.Held {
			t.Errorf("held by %q: %s", d.SizeHeld, r.Why())
		}
		s.want(s.beat(3*time.Hour), 1, "medium")
		s.slow = 0
		s.want(s.beat(time.Hour), 1, "medium")
		if s.slow > 0 {
			t.Errorf("slow at %d ticks after the window", s.slow)
		}
	})
}
