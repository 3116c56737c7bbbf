package bot_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/bot/record"
	"github.com/autoscalebot/autoscalebot/notify"
	"github.com/autoscalebot/autoscalebot/probe"
)

// sized is a platform with dyno sizes, prices, releases, and an app that may have to be left alone.
type sized struct {
	*knowing
	size    string
	sizeErr error // of reading it
	setErr  error
	sets    []string
	reads   int
	alone   string
}

func (s *sized) DynoSize(context.Context) (string, error) {
	s.reads++
	return s.size, s.sizeErr
}

func (s *sized) SetDynoSize(_ context.Context, name string) error {
	s.sets = append(s.sets, name)
	if s.setErr == nil {
		s.size = name
	}
	return s.setErr
}

func (s *sized) LeftAlone() string { return s.alone }

var sizePrices = map[string]float64{"standard-1x": 25, "standard-2x": 50, "performance-m": 250}

func (s *sized) SizePrice(name string) (float64, bool) {
	dollars, ok := sizePrices[name]
	return dollars, ok
}

func (s *sized) Price(context.Context) (float64, error) {
	return sizePrices[strings.ToLower(s.size)], nil
}

var _ interface {
	bot.Sizer
	bot.SizePricer
} = (*sized)(nil)

func memory(percent float64) probe.Reading { return signal("memory_max", percent, "%") }

var memoryRule = decide.SignalRule{Signal: "memory_max", Max: 95, Min: 40, Window: 5 * time.Minute, Size: true}

// A sizes is a bot on a sized platform with two dynos, and the readings of their memory.
type sizes struct {
	*world
	platform *sized
	memory   *heart
	kept     bot.Memory
}

func newSizes(size string, change ...func(*bot.Options)) *sizes {
	s := &sizes{memory: &heart{next: memory(60)}}
	s.platform = &sized{knowing: &knowing{platform: &platform{n: 2}, up: 2, done: true}, size: size}
	s.world = newWorld(2, append([]func(*bot.Options){func(o *bot.Options) {
		o.Scaler = s.platform
		o.Probers = append(o.Probers, s.memory)
		o.Policy.Rules = []decide.SignalRule{memoryRule}
		o.Policy.Sizes = []string{"standard-1x", "standard-2x", "performance-m"}
		o.Remember = func(m bot.Memory) error { s.kept = m; return nil }
	}}, change...)...)
	s.world.platform = s.platform.platform
	return s
}

// The result is the last of n records.
func (s *sizes) full(percent float64, n int) record.Record {
	s.memory.next = memory(percent)
	return s.beat(times(n, s.heart.next)...)
}

func (s *sizes) wantSets(t *testing.T, want ...string) {
	t.Helper()
	if !slices.Equal(s.platform.sets, want) {
		t.Errorf("asked for dynos of %q, want %q", s.platform.sets, want)
	}
	s.platform.sets = nil
}

func TestMemoryAsksForLargerDynos(t *testing.T) {
	s := newSizes("Standard-1X")
	r := s.full(97, 5)
	s.wantSets(t)
	wantWhy(t, r, "held at 2: 500 ms is ok (between 200 and 1000 ms); memory_max is 97 %, the mean over 300 s, above 95, takes effect in 30 s")
	r = s.full(97, 1)
	s.wantSets(t, "standard-2x")
	wantResizes(t, s.world)
	wantWhy(t, r, "resized standard-1x → standard-2x: memory_max is 97 %, the mean over 300 s, above 95; "+
		"500 ms is ok (between 200 and 1000 ms)")
	if d := r.Decision; r.Action != record.Resized || d.SizeFrom != "standard-1x" || d.SizeTo != "standard-2x" || d.From != 2 || d.To != 2 || r.After() != 2 {
		t.Errorf("the action is %s, the decision %+v", r.Action, d)
	}
	if e := s.inbox.events; len(e) != 1 || e[0].Kind != notify.Scaled || e[0].SizeFrom != "standard-1x" || e[0].SizeTo != "standard-2x" ||
		e[0].Subject() != "dancing-forest: web resized standard-1x → standard-2x" || !strings.HasPrefix(e[0].Reason, "memory_max is 97 %") {
		t.Errorf("told %+v", e)
	}

	// Two minutes for half a window of the new dynos, and a cooldown of ten.
	r = s.full(97, 19)
	s.wantSets(t)
	wantWhy(t, r, "held at 2: 500 ms is ok (between 200 and 1000 ms); memory_max is 97 %, the mean over 300 s, above 95; "+
		"desired size performance-m, but the size cooldown has 30 s left")
	s.full(97, 1)
	s.wantSets(t, "performance-m")

	r = s.full(97, 25)
	s.wantSets(t)
	wantWhy(t, r, "held at 2: 500 ms is ok (between 200 and 1000 ms); memory_max is 97 %, the mean over 300 s, above 95; performance-m is the largest size on the ladder")

	s.full(5, 20)
	s.wantSets(t, "standard-2x")
	s.full(5, 60)
	s.wantSets(t, "standard-1x") // the smallest
}

func TestTheDynoSizeGoesOnAfterARestart(t *testing.T) {
	s := newSizes("Standard-1X")
	s.full(97, 10)
	s.wantSets(t, "standard-2x")
	d := &disk{}
	if err := d.remember(s.kept); err != nil {
		t.Fatal(err)
	}
	again := newSizes("Standard-2X", func(o *bot.Options) { o.Memory = d.load(t) })
	again.now = s.now
	again.full(97, 15) // the change was 120 s before
	again.wantSets(t)
	again.full(97, 1)
	again.wantSets(t, "performance-m")
}

// The answer is lost because the bot was killed or the platform failed. A change that was made is reported once,
// however late. A change that was not made is not reported, and neither is a manual one.
func TestASizeWhoseAnswerNobodyHeardIsTold(t *testing.T) {
	told := func(s *sizes) (sizes []string) {
		for _, e := range s.inbox.events {
			if e.Kind == notify.Scaled {
				sizes = append(sizes, strings.TrimSpace(e.SizeFrom+" "+e.SizeTo))
			}
		}
		s.inbox.take()
		return sizes
	}
	for _, away := range []time.Duration{0, time.Hour} {
		for _, found := range []string{"Standard-2X", "Standard-1X", "Performance-M"} {
			s := newSizes("Standard-1X")
			s.full(97, 5)
			d := &disk{}
			again := newSizes("Standard-1X", d.killed, func(o *bot.Options) { o.Memory = s.kept })
			again.now = s.now
			again.full(97, 1)
			again.wantSets(t, "standard-2x")
			after := newSizes(found, func(o *bot.Options) { o.Memory = d.load(t) })
			after.now = again.now.Add(away)
			r := after.full(60, 1)
			want := map[string][]string{"Standard-2X": {"Standard-1X standard-2x"}}[found]
			if got := told(after); len(got) != len(want) || len(got) > 0 && !strings.EqualFold(got[0], want[0]) {
				t.Errorf("away for %v, found %s: told %q, want %q", away, found, got, want)
			}
			if said := strings.Contains(strings.ToLower(r.Why()), "standard-1x → standard-2x"); said != (want != nil) {
				t.Errorf("away for %v, found %s: %s", away, found, r.Why())
			}
			after.full(60, 5)
			after.now = after.now.Add(time.Hour)
			after.full(60, 1)
			after.platform.size = map[string]string{"Standard-2X": "Standard-1X", "Standard-1X": "Standard-2X", "Performance-M": "Standard-2X"}[found]
			after.full(60, 2)
			if got := told(after); len(got) > 0 {
				t.Errorf("away for %v, found %s: told %q of a change by hand later", away, found, got)
			}
		}
	}
	t.Run("after an error", func(t *testing.T) {
		s := newSizes("Standard-1X")
		s.platform.setErr = errPlatform
		s.full(97, 6)
		s.platform.size, s.platform.setErr = "Standard-2X", nil // which was made nevertheless
		s.full(60, 2)
		if got := told(s); len(got) != 1 || !strings.EqualFold(got[0], "standard-1x standard-2x") {
			t.Errorf("told %q", got)
		}
	})
}

func TestWhatKeepsTheDynoSize(t *testing.T) {
	unknown := errors.New("read the newest release: 503 Service Unavailable")
	for _, c := range []struct {
		name   string
		option func(*bot.Options)
		world  func(*sizes)
		why    string // at the end of the reason
		held   string
	}{
		{"a pause of the settings", func(o *bot.Options) { o.Policy.PauseUp = true }, nil, "but scaling up is paused", decide.ClampPause},
		{"a pause", nil, func(s *sizes) {
			s.SetControl(func(decide.Control) decide.Control {
				return decide.Control{Up: decide.Pause{On: true, Until: s.now.Add(time.Hour)}}
			})
		}, "but scaling up is paused for another 55 min", decide.ClampPause},
		{"an order", nil, func(s *sizes) {
			s.SetControl(func(decide.Control) decide.Control {
				return decide.Control{Override: decide.Override{Dynos: 2, Until: s.now.Add(time.Hour)}}
			})
		}, "but the size does not change during an override", decide.HeldOverride},
		{"a budget that is used up", func(o *bot.Options) { o.Policy.Budget = 1e-6 }, nil, "but the month's budget is used up: $0.01 of $1e-06 spent since 15 January, $26.61 by the end of the month at the current rate", decide.ClampBudget},
		{"a budget that larger dynos would exceed", func(o *bot.Options) { o.Policy.Budget = 30 }, nil, "but the month would cost more than the budget of $30", decide.ClampBudget},
		{"a deploy", nil, func(s *sizes) { s.platform.done = false }, "but a release is under way", decide.ClampDeploy},
		{"a young release", func(o *bot.Options) { o.Policy.DeployGrace = time.Hour }, func(s *sizes) { s.platform.released = noon }, "but the release is recent: the deploy grace period has 55 min left", decide.ClampDeploy},
		{"a release that is not known", nil, func(s *sizes) { s.platform.releaseErr = unknown }, "but the platform did not say whether a release is under way; " + unknown.Error(), decide.ClampDeploy},
		{"a change under way", nil, func(s *sizes) { s.platform.unsettled = true }, "but an earlier change is still in progress", decide.ClampUnsettled},
		{"an app that is left alone", nil, func(s *sizes) { s.platform.alone = "the app is stopped" }, "but the app is left alone", decide.HeldLeftAlone},
		{"an app without dynos", func(o *bot.Options) { o.Policy.ZeroIsOurs = true }, func(s *sizes) { s.platform.n, *s.limits = 0, always{0, 0} }, "but the app is left alone", decide.HeldLeftAlone},
		{"limits that move the number", nil, func(s *sizes) { s.platform.resizeErr = errPlatform; *s.limits = always{3, 5} }, "but the number of dynos changes first; " + errPlatform.Error(), decide.HeldCount},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSizes("Standard-1X", c.option)
			if c.world != nil {
				c.world(s)
			}
			r := s.full(97, 11)
			s.wantSets(t)
			const wish = "memory_max is 97 %, the mean over 300 s, above 95; desired size standard-2x, "
			if why := r.Why(); !strings.HasSuffix(why, wish+c.why) || r.Decision.SizeHeld != c.held {
				t.Errorf("it is held by %q: %s, want at its end\n%s%s", r.Decision.SizeHeld, why, wish, c.why)
			}
		})
	}
}

func TestSmallerDynosHaveAPauseOfTheirOwn(t *testing.T) {
	s := newSizes("standard-2x", func(o *bot.Options) { o.Policy.PauseUp = true })
	s.full(5, 6)
	s.wantSets(t, "standard-1x")
	s = newSizes("standard-2x", func(o *bot.Options) { o.Policy.PauseDown = true })
	s.full(5, 6)
	s.wantSets(t)
}

func TestTheTwoAxesNeverMoveTogether(t *testing.T) {
	s := newSizes("Standard-1X")
	s.heart.next = slow
	s.full(97, 5)
	wantResizes(t, s.world, 3) // the window of the memory starts again
	s.wantSets(t)
	s.platform.up = 3
	*s.limits = always{Min: 1, Max: 3}
	s.full(97, 6)
	s.wantSets(t, "standard-2x")
	wantResizes(t, s.world)
}

func TestASizeOutsideTheLadderIsLeftAlone(t *testing.T) {
	s := newSizes("Private-S")
	r := s.full(97, 10)
	s.wantSets(t)
	wantWhy(t, r, "held at 2: 500 ms is ok (between 200 and 1000 ms); memory_max is 97 %, the mean over 300 s, above 95; Private-S is not on the ladder, so the bot leaves the size alone")
}

func TestASizeSetByHandHasItsTime(t *testing.T) {
	s := newSizes("Standard-1X")
	s.full(60, 10)
	s.platform.size = "Standard-2X"
	r := s.full(97, 20)
	s.wantSets(t)
	if r.Decision.SizeFrom != "standard-2x" || r.Decision.SizeHeld != decide.ClampCooldown {
		t.Errorf("the decision is %+v", r.Decision)
	}
	s.full(97, 1)
	s.wantSets(t, "performance-m")
}

func TestASizeThatIsNotKnownStays(t *testing.T) {
	s := newSizes("Standard-1X")
	s.platform.sizeErr = errPlatform
	r := s.full(97, 10)
	s.wantSets(t)
	wantWhy(t, r, "held at 2: 500 ms is ok (between 200 and 1000 ms); memory_max is 97 %, the mean over 300 s, above 95; the size is unknown")
	s.platform.sizeErr = nil
	s.full(97, 1)
	s.wantSets(t, "standard-2x")
}

func TestASizeThatIsRefusedIsNotTriedAtEachTick(t *testing.T) {
	s := newSizes("Standard-1X")
	s.platform.setErr = errPlatform
	r := s.full(97, 6)
	wantWhy(t, r, "resizing standard-1x → standard-2x failed: memory_max is 97 %, the mean over 300 s, above 95; "+
		"500 ms is ok (between 200 and 1000 ms); "+errPlatform.Error())
	if e := s.inbox.events; len(e) != 1 || e[0].Subject() != "dancing-forest: web could not be resized standard-1x → standard-2x" {
		t.Errorf("told %+v", e)
	}
	s.full(97, 19)
	s.wantSets(t, "standard-2x")
	s.platform.setErr = nil
	s.full(97, 1)
	s.wantSets(t, "standard-2x")
}

func TestADeployThatThePlatformTellsOfHoldsTheSize(t *testing.T) {
	s := newSizes("Standard-1X")
	s.platform.setErr = refusal{errPlatform}
	r := s.full(97, 6)
	if r.Action != record.Held || r.Decision.SizeHeld != decide.ClampDeploy || !strings.HasSuffix(r.Why(), "but a release is under way") {
		t.Errorf("%s: %s", r.Action, r.Why())
	}
	s.platform.setErr = nil
	s.full(97, 1)
	s.wantSets(t, "standard-2x", "standard-2x")
}

func TestADryRunTellsOfTheSizeOnce(t *testing.T) {
	s := newSizes("Standard-1X", func(o *bot.Options) { o.DryRun = true })
	r := s.full(97, 6)
	if got, want := r.Headline(), "dry run: would resize standard-1x → standard-2x"; got != want || r.Action != record.WouldResize {
		t.Errorf("the headline is %q, want %q", got, want)
	}
	s.full(97, 50)
	s.wantSets(t)
	if e := s.inbox.events; len(e) != 1 || !e[0].DryRun || e[0].Subject() != "dancing-forest: web would be resized standard-1x → standard-2x (dry run)" {
		t.Errorf("told %+v", e)
	}
}

func TestThePriceFollowsTheSize(t *testing.T) {
	s := newSizes("Standard-1X", func(o *bot.Options) { o.Policy.Budget = 1000 })
	if got := s.full(97, 5).Decision.Bill.Price; got != 25 {
		t.Errorf("a dyno costs $%g, want $25", got)
	}
	s.full(97, 1)
	s.wantSets(t, "standard-2x")
	if got := s.full(60, 1).Decision.Bill.Price; got != 50 {
		t.Errorf("a dyno costs $%g, want $50", got)
	}
	s.platform.size = "Performance-M" // manual change
	if got := s.full(60, 1).Decision.Bill.Price; got != 250 {
		t.Errorf("a dyno costs $%g, want $250", got)
	}
}

func TestTheDynoSizeIsLeftAloneUnlessARuleAsks(t *testing.T) {
	plain := memoryRule
	plain.Size = false
	for name, change := range map[string]func(*bot.Options){
		"without a ladder": func(o *bot.Options) { o.Policy.Sizes = nil },
		"without a rule":   func(o *bot.Options) { o.Policy.Rules = []decide.SignalRule{plain} },
	} {
		s := newSizes("Standard-1X", change)
		s.full(97, 20)
		s.wantSets(t)
		if s.platform.reads != 0 {
			t.Errorf("%s: the size was read %d times", name, s.platform.reads)
		}
	}
}

func TestARuleForTheSizeHasNoSayInTheNumber(t *testing.T) {
	s := newSizes("Performance-M", func(o *bot.Options) { o.Policy.Passes = decide.InARow(3) })
	s.heart.next = fast
	r := s.full(97, 2)
	if says := r.Decision.Says(); says != decide.Fast {
		t.Errorf("the tick says %s, want fast", says)
	}
	s.full(97, 1)
	wantResizes(t, s.world, 1)
	s.memory.next = probe.Reading{Signal: "memory_max", Outcome: probe.Unreachable, Error: "no metrics came"}
	s.platform.n = 3
	r = s.beat(times(3, fast)...)
	wantResizes(t, s.world, 2)
	if why := r.Why(); !strings.Contains(why, "memory_max has no data: unreachable: no metrics came") {
		t.Errorf("why: %s", why)
	}
}
