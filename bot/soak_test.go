package bot_test

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/autoscalebot/autoscalebot/bot"
	"github.com/autoscalebot/autoscalebot/bot/decide"
	"github.com/autoscalebot/autoscalebot/bot/racetest"
	"github.com/autoscalebot/autoscalebot/bot/record"
	"github.com/autoscalebot/autoscalebot/notify"
	"github.com/autoscalebot/autoscalebot/schedule"
)

// Thirty days of heartbeats, or six under the race detector, across a change of the clocks, with restarts, releases,
// outages of the heartbeat and of the API, manual changes, pauses, and load that comes and goes. The promises hold at
// every tick.
func TestSoak(t *testing.T) {
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	least, err := schedule.Parse("0:00=1, mon-fri 8:00=3, mon-fri 18:00=1")
	if err != nil {
		t.Fatal(err)
	}
	most, err := schedule.Parse("0:00=4, 8:00=12, 20:00=4")
	if err != nil {
		t.Fatal(err)
	}
	table, err := schedule.New(least, most, zone)
	if err != nil {
		t.Fatal(err)
	}
	rnd := rand.New(rand.NewPCG(1, 1))
	w, k := newKnowing(2, nil)
	s := &soaked{world: w, k: k, disk: &disk{}, rnd: rnd}
	configure := func(o *bot.Options) {
		o.Schedule, o.Scaler = table, k
		o.Policy.CooldownUp, o.Policy.CooldownDown = time.Minute, 5*time.Minute
		o.Policy.Stabilization, o.Policy.ManualHold = 5*time.Minute, 10*time.Minute
		o.Policy.Fails, o.Policy.Up = decide.Quorum{N: 3, M: 5}, decide.Step{Percent: 50}
		o.Policy.DeployGrace = 5 * time.Minute
	}
	s.restart(t, s.disk, configure)
	begin, days := time.Date(2026, 10, 20, 0, 0, 0, 0, time.UTC), 30 // the clocks go back on 1 November
	if racetest.On {
		begin, days = begin.AddDate(0, 0, 9), 6
	}
	const beat = 30 * time.Second
	open := map[notify.Kind]bool{}
	changes := 0
	for now := begin; now.Before(begin.AddDate(0, 0, days)); now = now.Add(beat) {
		if rnd.IntN(300) == 0 {
			s.restart(t, s.disk, configure)
		}
		s.happen(now)
		before, calls := s.platform.n, len(s.platform.resizes)
		r := s.Tick(t.Context(), now)
		s.hold(t, r, table.At(now), before, calls)
		changes += len(s.platform.resizes) - calls
		for _, e := range s.inbox.events {
			if e.Phase == notify.Opened && open[e.Kind] {
				t.Fatalf("%v: %s was opened twice", now, e.Kind)
			}
			if e.Phase != "" {
				kind := e.Kind
				if kind == notify.HeartbeatRecovered {
					kind = notify.HeartbeatUnreachable
				}
				open[kind] = e.Phase != notify.Resolved
			}
		}
		s.inbox.events = nil
	}
	if changes < 4*days {
		t.Errorf("only %d changes in %d days: the soak does not soak", changes, days)
	}
}

// soaked is what happens to the world in a soak.
type soaked struct {
	*world
	k     *knowing
	disk  *disk
	rnd   *rand.Rand
	blind int // ticks left of an outage of the heartbeat
	down  int // ticks left of an outage of the API
}

func (s *soaked) happen(now time.Time) {
	if s.rnd.IntN(2000) == 0 {
		s.blind = 1 + s.rnd.IntN(60)
	}
	if s.rnd.IntN(2000) == 0 {
		s.down = 1 + s.rnd.IntN(60)
	}
	s.platform.sizeErr = nil
	if s.down--; s.down > 0 {
		s.platform.sizeErr = errPlatform
	}
	switch s.rnd.IntN(1500) {
	case 0:
		s.platform.n = 1 + s.rnd.IntN(14) // a manual change
	case 1:
		s.k.released, s.k.done = now, false
	case 2:
		until := now.Add(time.Duration(s.rnd.IntN(120)) * time.Minute)
		s.SetControl(func(c decide.Control) decide.Control { c.Down = decide.Pause{On: true, Until: until}; return c })
	}
	if !s.k.done && s.rnd.IntN(5) == 0 {
		s.k.done = true
	}
	if s.k.up != s.platform.n && s.rnd.IntN(2) == 0 {
		s.k.up = s.platform.n
	}
	// The load has a daily rhythm; more dynos make answers faster.
	load := 2 + 8*float64(now.Hour()%12)/12
	ms := 150 * (0.5 + s.rnd.Float64()) * max(0.5, load/float64(max(1, s.platform.n))) * max(1, load/float64(max(1, s.platform.n)))
	s.heart.next = took(ms * 2)
	if s.blind--; s.blind > 0 {
		s.heart.next = noData
	}
}

func (s *soaked) hold(t *testing.T, r record.Record, lim schedule.Limits, before, calls int) {
	t.Helper()
	asked := s.platform.resizes[calls:]
	d := r.Decision
	switch {
	case len(asked) > 1:
		t.Fatalf("%v: asked for %v in one tick", r.Time, asked)
	case len(asked) == 1 && asked[0] == before:
		t.Fatalf("%v: asked for the %d dynos that there were", r.Time, before)
	case s.platform.sizeErr != nil && len(asked) > 0:
		t.Fatalf("%v: asked for %v without knowing how many there are", r.Time, asked)
	case s.platform.sizeErr != nil:
		return
	case s.platform.n > 0 && lim.Clamp(s.platform.n) != s.platform.n:
		t.Fatalf("%v: %d dynos are outside the limits %v: %s", r.Time, s.platform.n, lim, r.Why())
	}
	if len(asked) == 0 || asked[0] > before || d.Rule == decide.RuleLimits {
		return
	}
	// Scale-downs that do not correct the number.
	young := r.Time.Sub(s.k.released) < 5*time.Minute
	if d.Verdict != decide.Fast || !s.k.done || young || r.Control.Down.Active(r.Time) {
		text, _ := json.Marshal(r)
		t.Fatalf("%v: went down when it must not: %s", r.Time, text)
	}
}

func TestDryRunSoakNeverWrites(t *testing.T) {
	w, k := newKnowing(2, func(o *bot.Options) { o.DryRun = true })
	k.onResize = func(context.Context) error { t.Fatal("a dry run wrote"); return nil }
	s := &soaked{world: w, k: k, disk: &disk{}, rnd: rand.New(rand.NewPCG(7, 7))}
	wanted := false
	for now := noon; now.Before(noon.Add(48 * time.Hour)); now = now.Add(30 * time.Second) {
		s.happen(now)
		wanted = s.Tick(t.Context(), now).Action == record.WouldScale || wanted
	}
	if !wanted {
		t.Error("it never even wanted to")
	}
}
