package bot_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/bot/notice"
	"github.com/autoscalebot/autoscalebot/bot/record"
	"github.com/autoscalebot/autoscalebot/probe"
)

// sluggish is a platform with a delay: 0 for no delay, negative for no answer.
type sluggish struct {
	n              int
	sizing, change time.Duration
	refuse         error
	asked          []int
	calls, most    int // calls of a kind that are running, and their maximum
	first          time.Time
}

func (s *sluggish) spend(ctx context.Context, d time.Duration) error {
	if s.first.IsZero() {
		s.first = time.Now()
	}
	s.calls++
	s.most = max(s.most, s.calls)
	defer func() { s.calls-- }()
	if d < 0 {
		d = 24 * time.Hour
	}
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *sluggish) Size(ctx context.Context) (int, bool, error) {
	if err := s.spend(ctx, s.sizing); err != nil {
		return 0, false, err
	}
	return s.n, true, nil
}

func (s *sluggish) Resize(ctx context.Context, n int) error {
	s.asked = append(s.asked, n)
	if err := s.spend(ctx, s.change); err != nil {
		return err
	}
	if s.refuse == nil {
		s.n = n
	}
	return s.refuse
}

// pulse is a heartbeat that notes when it is taken.
type pulse struct {
	reading probe.Reading
	at      []time.Time
}

func (p *pulse) Probe(context.Context) probe.Reading {
	p.at = append(p.at, time.Now())
	return p.reading
}

// The bot has a heartbeat every 2 s. The results are its records and events.
func late(t *testing.T, s *sluggish, p *pulse, length time.Duration) (records []record.Record, told []string) {
	t.Helper()
	box := &inbox{}
	b := bot.New(bot.Options{
		App: "forest", ProcessType: "web", Interval: 2 * time.Second, Probers: []probe.Prober{p}, Schedule: &always{Min: 1, Max: 3},
		Scaler: s, Policy: defaults, Notifier: box, Notices: notice.Notices{ScaleFails: true, EveryScale: true},
		Recorders: []record.Recorder{recorder(func(r record.Record) { records = append(records, r) })},
	})
	ctx, cancel := context.WithTimeout(t.Context(), length)
	defer cancel()
	if err := b.Run(ctx); err != nil {
		t.Error(err)
	}
	for i := 1; i < len(p.at); i++ {
		if gap := p.at[i].Sub(p.at[i-1]); gap != 2*time.Second {
			t.Errorf("heartbeat %d came %v after the one before it, want 2s", i+1, gap)
		}
	}
	if want := int((length-1)/(2*time.Second)) + 1; len(p.at) != want {
		t.Errorf("%d heartbeats in %v, want %d", len(p.at), length, want)
	}
	if s.most > 1 {
		t.Errorf("%d calls were under way at once", s.most)
	}
	return records, box.take()
}

type recorder func(record.Record)

func (f recorder) Record(_ context.Context, r record.Record) error {
	f(r)
	return nil
}

func TestAHangingPlatformDoesNotDelayHeartbeats(t *testing.T) {
	for name, c := range map[string]struct {
		platform sluggish
		reading  probe.Reading
		told     []string
		asked    []int // the first changes that are requested
		dynos    int
	}{
		"that never tells its dynos":        {sluggish{n: 1, sizing: -1}, slow, []string{"scale_failed opened"}, nil, 1},
		"that tells them late":              {sluggish{n: 1, sizing: 3 * time.Second}, slow, []string{"scaled", "scaled"}, []int{2, 3}, 3},
		"that never makes a change":         {sluggish{n: 1, change: -1}, slow, []string{"scale_failed opened"}, []int{2, 2}, 1},
		"that makes changes late":           {sluggish{n: 1, change: 5 * time.Second}, slow, []string{"scaled", "scaled"}, []int{2, 3}, 3},
		"that refuses late":                 {sluggish{n: 1, change: 5 * time.Second, refuse: errors.New("422")}, slow, []string{"scale_failed opened"}, []int{2, 2}, 1},
		"that tells and makes changes late": {sluggish{n: 1, sizing: 3 * time.Second, change: 5 * time.Second}, slow, []string{"scaled", "scaled"}, []int{2, 3}, 3},
		"that is quick":                     {sluggish{n: 1, sizing: 100 * time.Millisecond, change: 500 * time.Millisecond}, slow, []string{"scaled", "scaled"}, []int{2, 3}, 3},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := c.platform
				_, told := late(t, &s, &pulse{reading: c.reading}, 2*time.Minute-time.Second)
				if !slices.Equal(told, c.told) {
					t.Errorf("told %v, want %v", told, c.told)
				}
				if n := len(c.asked); len(s.asked) < n || !slices.Equal(s.asked[:n], c.asked) || n == 0 && len(s.asked) > 0 {
					t.Errorf("asked for %v, want first %v", s.asked, c.asked)
				}
				if s.n != c.dynos {
					t.Errorf("%d dynos, want %d", s.n, c.dynos)
				}
			})
		})
	}
}

// A late change is reported with its numbers. While its answer is awaited, nothing counts as known.
func TestALateAnswerIsToldWithItsNumbers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &sluggish{n: 1, change: 5 * time.Second}
		records, _ := late(t, s, &pulse{reading: slow}, 15*time.Second)
		var waiting, made int
		for _, r := range records {
			if r.Dynos < 0 && r.Action == record.Held {
				waiting++
			}
			if c := r.Decision.Completed; c != nil {
				made++
				if c.From != 1 || c.To != 2 {
					t.Errorf("made %d → %d, want 1 → 2", c.From, c.To)
				}
			}
			if r.Action == record.Failed {
				t.Errorf("%s: %s", r.Headline(), r.Why())
			}
		}
		if waiting == 0 || made != 1 {
			t.Errorf("%d heartbeats waited for the answer and %d changes were found made, want some and 1", waiting, made)
		}
	})
}

// A platform that hangs or is slow delays no heartbeat, however short the interval and however slow the heartbeat.
func TestNoIntervalIsTooShortForAHangingPlatform(t *testing.T) {
	for _, every := range []time.Duration{100 * time.Millisecond, 500 * time.Millisecond, time.Second, 2 * time.Second, 5 * time.Second, 30 * time.Second} {
		share := func(n int) time.Duration { return min(every*time.Duration(n)/10, 20*time.Second) } // after which a call is given up
		for name, s := range map[string]sluggish{
			"never tells its dynos": {n: 1, sizing: -1},
			"never makes a change":  {n: 1, change: -1},
			"slow":                  {n: 1, sizing: share(9), change: share(9)},
			"slower with changes":   {n: 1, sizing: share(8), change: share(30)},
		} {
			for _, c := range []struct {
				jitter float64
				takes  int // tenths of the interval; 8 is the longest timeout
			}{{0, 0}, {0, 8}, {0.1, 0}, {0.1, 5}, {0.1, 8}, {0.5, 0}, {0.5, 4}} {
				t.Run(fmt.Sprintf("%v, %s, %v", every, name, c), func(t *testing.T) {
					s := s
					beats := runFor(t, 50*every-1, c.jitter, slow, func(int) time.Duration { return share(c.takes) }, func(o *bot.Options) {
						o.Interval, o.Scaler = every, &s
					})
					if len(beats) != 50 {
						t.Errorf("%d heartbeats, want 50", len(beats))
					}
					for i, at := range beats {
						if late := at - time.Duration(i)*every; late < 0 || late > time.Duration(c.jitter*float64(every)) {
							t.Fatalf("heartbeat %d came %v after the start, which is %v late", i, at, late)
						}
					}
					if s.sizing > 0 && s.n == 1 {
						t.Error("no change was ever made")
					}
				})
			}
		}
	}
}
