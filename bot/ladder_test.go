package bot_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/bot/racetest"
	"github.com/autoscalebot/autoscalebot/bot/record"
	"github.com/autoscalebot/autoscalebot/notify"
	"github.com/autoscalebot/autoscalebot/probe"
)

// The platform has two dynos; the policy has a ladder and no rule.
func newOrder(order decide.Ladder, size string, change ...func(*bot.Options)) *sizes {
	return newSizes(size, append([]func(*bot.Options){func(o *bot.Options) {
		o.Policy.Rules = nil
		o.Policy.Ladder = order
	}}, change...)...)
}

// All dynos are up. The result is the last of n records.
func (s *sizes) pulse(n int, heart probe.Reading) record.Record {
	var r record.Record
	for range n {
		s.platform.up = s.platform.n
		r = s.beat(heart)
	}
	return r
}

func TestHorizontalFirst(t *testing.T) {
	s := newOrder(decide.Horizontal, "Standard-1X")
	s.pulse(3, slow)
	wantResizes(t, s.world, 3)
	s.wantSets(t)
	r := s.pulse(3, slow)
	wantResizes(t, s.world)
	s.wantSets(t, "standard-2x")
	wantWhy(t, r, "resized standard-1x → standard-2x: 3 heartbeats in a row slower than 1000 ms (the last took 1500 ms); "+
		"desired 4, but the maximum is 3, so larger dynos come next")
	if e := s.inbox.take(); slices.Contains(e, string(notify.NeedsExceedMax)+" opened") {
		t.Errorf("told %q although there are larger dynos", e)
	}
	r = s.pulse(19, slow)
	s.wantSets(t)
	wantWhy(t, r, "held at 3: 19 heartbeats in a row slower than 1000 ms (the last took 1500 ms); desired 4, but the maximum is 3, so larger dynos come next; "+
		"desired size performance-m, but the size cooldown has 30 s left")
	s.pulse(1, slow)
	s.wantSets(t, "performance-m")
	r = s.pulse(30, slow)
	s.wantSets(t)
	if why := r.Why(); !strings.HasSuffix(why, "desired 4, but the maximum is 3; performance-m is the largest size on the ladder") {
		t.Errorf("why: %s", why)
	}
	if e := s.inbox.take(); !slices.Contains(e, string(notify.NeedsExceedMax)+" opened") {
		t.Errorf("told %q, not that the largest are not enough", e)
	}

	// Larger dynos came 15 minutes ago, so fewer dynos come before smaller ones.
	r = s.pulse(5, fast)
	wantResizes(t, s.world, 2)
	s.wantSets(t)
	wantWhy(t, r, "scaled 3 → 2: 5 heartbeats in a row faster than 200 ms (the last took 50 ms); "+
		"desired size standard-2x, but larger dynos were needed recently (13 min left)")
	s.pulse(24, right)
	r = s.pulse(5, fast)
	wantResizes(t, s.world)
	s.wantSets(t, "standard-2x")
	wantWhy(t, r, "resized performance-m → standard-2x: 5 heartbeats in a row faster than 200 ms (the last took 50 ms); desired 1, but smaller dynos come first")
	r = s.pulse(19, fast)
	wantResizes(t, s.world)
	s.wantSets(t)
	if why := r.Why(); !strings.HasSuffix(why, "desired 1, but the size changed recently (30 s left)") {
		t.Errorf("why: %s", why)
	}
	s.pulse(1, fast)
	s.wantSets(t, "standard-1x")
	r = s.pulse(19, fast)
	wantResizes(t, s.world)
	if why := r.Why(); !strings.HasSuffix(why, "desired 1, but the size changed recently (30 s left)") {
		t.Errorf("why: %s", why)
	}
	s.pulse(1, fast)
	wantResizes(t, s.world, 1)
	s.pulse(90, fast)
	wantResizes(t, s.world)
	s.wantSets(t)
}

func TestVerticalFirst(t *testing.T) {
	s := newOrder(decide.Vertical, "Standard-1X")
	r := s.pulse(3, slow)
	wantResizes(t, s.world)
	s.wantSets(t, "standard-2x")
	wantWhy(t, r, "resized standard-1x → standard-2x: 3 heartbeats in a row slower than 1000 ms (the last took 1500 ms); desired 3, but larger dynos come first")
	s.pulse(20, slow)
	wantResizes(t, s.world)
	s.wantSets(t, "performance-m")
	s.pulse(3, slow)
	wantResizes(t, s.world, 3)

	s.pulse(17, fast) // the size is watched for 10 minutes
	wantResizes(t, s.world, 2)
	s.pulse(5, fast)
	wantResizes(t, s.world, 1)
	r = s.pulse(20, fast)
	s.wantSets(t)
	if why := r.Why(); !strings.HasSuffix(why, "desired 0, but the minimum is 1, so smaller dynos come next; "+
		"desired size standard-2x, but larger dynos were needed recently (8 min left)") {
		t.Errorf("why: %s", why)
	}
	s.pulse(16, fast)
	s.wantSets(t, "standard-2x")
	s.pulse(20, fast)
	s.wantSets(t, "standard-1x")
	wantResizes(t, s.world)
	s.pulse(3, slow) // the smaller dynos are too small, and cannot be undone yet
	wantResizes(t, s.world, 2)
	s.wantSets(t)
}

// pending is a platform that has not changed all sizes yet.
type pending struct {
	*sized
	why string
}

func (p *pending) SizePending() string { return p.why }

func TestThePlatformChangesTheSizeInItsOwnTime(t *testing.T) {
	for _, order := range []decide.Ladder{decide.Horizontal, decide.Vertical} {
		var p *pending
		s := newOrder(order, "standard-1x", func(o *bot.Options) {
			p = &pending{sized: o.Scaler.(*sized)}
			o.Scaler = p
		})
		*s.limits = always{Min: 1, Max: 2}
		s.pulse(3, slow)
		s.wantSets(t, "standard-2x")
		s.inbox.take()
		p.why = "web-1 is resized in the maintenance window"
		r := s.pulse(300, slow)
		s.wantSets(t)
		if why := r.Why(); order == decide.Horizontal && !strings.HasSuffix(why, "so larger dynos come next; desired size performance-m, "+
			"but the last size change is not complete: web-1 is resized in the maintenance window") {
			t.Errorf("why: %s", why)
		}
		if e := s.inbox.take(); slices.Contains(e, string(notify.ScaleFailed)) || r.Error != "" {
			t.Errorf("told %q, and the record has the error %q", e, r.Error)
		}
		*s.limits = always{Min: 1, Max: 3} // more dynos do not wait
		s.pulse(3, slow)
		wantResizes(t, s.world, 3)
		r = s.pulse(20, fast)
		wantResizes(t, s.world) // but fewer do
		p.why = ""
		s.pulse(1, slow)
		if st := s.kept.State; !st.SizeAt.Equal(s.now) || st.SizePending != "" {
			t.Errorf("the time of the size did not begin: %+v", st)
		}
		s.pulse(19, slow)
		s.wantSets(t)
		s.pulse(1, slow)
		s.wantSets(t, "performance-m")
	}
}

func TestVerticalFirstGoesOnWithMoreWhereThereAreNoLargerOnes(t *testing.T) {
	for name, c := range map[string]struct {
		err    error
		change func(*bot.Options)
		size   string
		asked  []string
	}{
		"refused":             {err: errPlatform, size: "standard-1x", asked: []string{"standard-2x"}},
		"a budget":            {change: func(o *bot.Options) { o.Policy.Budget = 90 }, size: "standard-2x"},
		"a size by hand":      {size: "private-s"},
		"a size not known":    {size: ""},
		"the largest already": {size: "performance-m"},
	} {
		s := newOrder(decide.Vertical, c.size, c.change)
		s.platform.setErr = c.err
		s.pulse(6, slow)
		if !slices.Equal(s.platform.sets, c.asked) || !slices.Contains(s.platform.resizes, 3) {
			t.Errorf("%s: asked for the sizes %q and for %v dynos", name, s.platform.sets, s.platform.resizes)
		}
	}
}

func TestLargerDynosThatWereWantedBackStayLonger(t *testing.T) {
	s := newOrder(decide.Vertical, "standard-1x", func(o *bot.Options) { o.Policy.Sizes = []string{"standard-1x", "standard-2x"} })
	*s.limits = always{Min: 2, Max: 2}
	var last time.Time
	for _, want := range []time.Duration{30 * time.Minute, time.Hour, 2 * time.Hour, 4 * time.Hour, 8 * time.Hour, 8 * time.Hour} {
		s.platform.sets = nil
		for len(s.platform.sets) == 0 {
			s.pulse(1, slow)
			last = s.now
		}
		s.wantSets(t, "standard-2x")
		for len(s.platform.sets) == 0 && s.now.Sub(last) < 24*time.Hour {
			s.pulse(1, fast)
		}
		s.wantSets(t, "standard-1x")
		if got := s.now.Sub(last); got != want {
			t.Errorf("smaller dynos came after %v, want %v", got, want)
		}
	}
	s.pulse(121, right) // an hour without a reversal resets the delay
	s.pulse(3, slow)
	s.wantSets(t, "standard-2x")
	s.pulse(59, fast)
	s.wantSets(t)
	s.pulse(1, fast)
	s.wantSets(t, "standard-1x")
}

func TestAdaptiveClimbsTheLadder(t *testing.T) {
	racetest.Long(t)
	for _, order := range []decide.Ladder{decide.Horizontal, decide.Vertical} {
		s := newOrder(order, "standard-1x", func(o *bot.Options) { o.Policy.Adaptive = balanced(t) })
		*s.limits = always{Min: 1, Max: 2}
		s.pulse(5, right)
		for range 300 {
			if s.pulse(1, took(6000)); len(s.platform.sets) == 2 {
				break
			}
		}
		s.wantSets(t, "standard-2x", "performance-m")
		calm := s.now
		sets := 0
		for s.now.Sub(calm) < 12*time.Hour && (s.platform.size != "standard-1x" || s.platform.n > 1) {
			r := s.pulse(1, took(20))
			if d := r.Decision; r.Action == record.Resized {
				sets++
				if at := s.now.Sub(calm); at < 10*time.Minute || d.Load == nil || r.Decision.Rule != decide.RuleLessLoad {
					t.Errorf("%s: smaller dynos after %v: %s", order, at, r.Why())
				}
				if st := s.kept.State; st.Load != nil || st.Weeks != nil || len(st.Desired) > 0 || !st.Begun.Equal(s.now) {
					t.Errorf("%s: what is known of the new dynos is not learned anew: %+v", order, st)
				}
			}
		}
		if s.platform.size != "standard-1x" || s.platform.n != 1 || sets != 2 {
			t.Errorf("%s: ended at %d of %s after %d smaller sizes", order, s.platform.n, s.platform.size, sets)
		}
		t.Logf("%s: took %v to come down", order, s.now.Sub(calm))
	}
}

func TestSafeguardsHoldForTheSizeAsForTheNumber(t *testing.T) {
	for name, change := range map[string]func(*bot.Options){
		"a cooldown":    func(o *bot.Options) { o.Policy.CooldownUp = time.Hour },
		"a pause":       func(o *bot.Options) { o.Policy.PauseUp = true },
		"a manual hold": func(o *bot.Options) { o.Policy.ManualHold = time.Hour },
	} {
		s := newOrder(decide.Horizontal, "standard-1x", change)
		s.pulse(1, right)
		s.platform.n = 3
		if name == "a cooldown" {
			s.platform.n = 2
			s.pulse(3, slow)
			wantResizes(t, s.world, 3)
		}
		r := s.pulse(10, slow)
		if s.wantSets(t); len(r.Decision.Clamps) != 1 || r.Decision.Clamps[0].By == decide.ClampSize || r.Decision.Ladder != "" {
			t.Errorf("%s: %+v", name, r.Decision)
		}
	}
	s := newOrder(decide.Horizontal, "standard-2x", func(o *bot.Options) { o.Policy.Stabilization = 20 * time.Minute })
	s.pulse(43, fast) // the first four are not enough to desire fewer
	s.wantSets(t)
	s.pulse(1, fast)
	s.wantSets(t, "standard-1x")
	s.pulse(43, fast) // the new dynos are watched again
	wantResizes(t, s.world)
	s.pulse(1, fast)
	wantResizes(t, s.world, 1)
}
