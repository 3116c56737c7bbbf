package pool_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/pool"
	"github.com/autoscalebot/autoscalebot/bot/pool/pooltest"
)

// A scene is a pool in a world, with all that was logged and told.
type scene struct {
	*testing.T
	life
	log    *bytes.Buffer
	events []pool.Event
}

// stage opens a scene of n servers that have served for an hour.
func stage(t *testing.T, n int, w *pooltest.World, change func(*pool.Options)) *scene {
	s := &scene{T: t, log: &bytes.Buffer{}}
	w.Serve("web", n)
	s.life = life{ctx: t.Context(), fail: t.Errorf, w: w}
	s.life.change = func(o *pool.Options) {
		o.Log = slog.New(slog.NewTextHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		o.Tell = func(e pool.Event) {
			_ = s.p.Status() // who is told may ask
			s.events = append(s.events, e)
		}
		if change != nil {
			change(o)
		}
	}
	s.again()
	return s
}

// again starts the bot anew.
func (s *scene) again() { s.p = open(s.fail, s.w, s.life.change) }

// lasts lets d go by, and a little more, so that it never ends at the moment of a pass.
func (s *scene) lasts(d time.Duration) { run(s.ctx, s.p, d+700*time.Millisecond) }

// asks wants n servers.
func (s *scene) asks(n int) {
	s.Helper()
	if err := s.p.Resize(s.ctx, n); err != nil {
		s.Error(err)
	}
}

// sizes wants servers of a size.
func (s *scene) sizes(name string) {
	s.Helper()
	if err := s.p.SetDynoSize(s.ctx, name); err != nil {
		s.Error(err)
	}
}

// are wants servers to be of a size.
func (s *scene) are(size string, names ...string) {
	s.Helper()
	for _, n := range names {
		if got := s.w.SizeOf(n); got != size {
			s.Errorf("%s is %s, want %s\n%s\n%s", n, got, size, s.p.Status(), s.log)
		}
	}
}

// exist wants these servers to exist, and all of them that have no mark to serve: "web-1 web-2!".
func (s *scene) exist(want string) {
	s.Helper()
	serving := " " + strings.Join(s.w.Serving(), " ") + " "
	got := s.w.Names()
	for i, n := range got {
		if !strings.Contains(serving, " "+n+" ") {
			got[i] += "!"
		}
	}
	if strings.Join(got, " ") != want {
		s.Errorf("there are %v, want %s\n%s\n%s", got, want, s.p.Status(), s.log)
	}
	for _, v := range s.w.Violations() {
		s.Error(v)
	}
}

// says wants the status to hold a text, or not to hold one that begins with "!".
func (s *scene) says(texts ...string) {
	s.Helper()
	for _, want := range texts {
		text, not := strings.CutPrefix(want, "!")
		if strings.Contains(s.p.Status().String(), text) == not {
			s.Errorf("the status should%s hold %q:\n%s", map[bool]string{true: " not"}[not], text, s.p.Status())
		}
	}
}

// told wants exactly these events of some kinds since the last time: "created web-3", "blocked cost".
func (s *scene) told(want ...string) {
	s.Helper()
	var got []string
	for _, e := range s.events {
		got = append(got, strings.TrimSpace(fmt.Sprintf("%s %s%s", e.Kind, e.Server, e.About)))
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		s.Errorf("told %q, want %q\n%v", got, want, s.events)
	}
	s.events = nil
}

func TestStories(t *testing.T) {
	for _, c := range []struct {
		name        string
		least, most int
		servers     int
		change      func(*pool.Options)
		tell        func(*scene)
	}{
		{"an empty pool is filled to the minimum", 2, 4, 0, nil, func(s *scene) {
			s.lasts(17 * time.Second)
			s.exist("web-1! web-2!")
			s.says("2 wanted, 0 serving, 2 existing", "web-1 creating: ordered 8 s")
			s.lasts(10 * time.Second)
			s.says("web-1 creating: ordered, waiting to be active")
			s.lasts(28 * time.Second)
			s.says("web-1 creating: active, waiting for health", "it answers with status 503")
			s.lasts(2 * time.Minute)
			s.exist("web-1 web-2")
			s.told("created web-1", "created web-2", "joined web-1", "joined web-2")
		}},
		{"no order is sent right after the start", 2, 4, 0, nil, func(s *scene) {
			s.lasts(9 * time.Second)
			s.exist("")
		}},
		{"the newest go first", 1, 4, 3, func(o *pool.Options) { o.OldestFirst = false }, func(s *scene) {
			s.asks(1)
			s.lasts(3 * time.Minute)
			s.exist("web-1")
			s.told("destroyed web-2", "destroyed web-3")
		}},
		{"the oldest go first", 1, 4, 3, func(o *pool.Options) { o.OldestFirst = true }, func(s *scene) {
			s.asks(1)
			s.lasts(3 * time.Minute)
			s.exist("web-3")
		}},
		{"one that fails goes before one that is well", 1, 4, 3, nil, func(s *scene) {
			s.w.Sicken("web-1", true)
			s.asks(2)
			s.lasts(3 * time.Minute)
			s.exist("web-2 web-3")
		}},
		{"half-made ones go before all others", 1, 4, 2, func(o *pool.Options) { o.OldestFirst = true }, func(s *scene) {
			s.asks(4)
			s.lasts(30 * time.Second)
			s.asks(2)
			s.lasts(20 * time.Second)
			s.exist("web-1 web-2")
		}},
		{"no fewer serve than the minimum, however many are wanted", 2, 4, 3, nil, func(s *scene) {
			s.w.Sicken("web-1", true)
			s.w.Sicken("web-2", true)
			s.asks(2)
			s.lasts(3 * time.Minute)
			s.exist("web-1! web-3")
		}},
		{"the limits move what is wanted", 2, 2, 4, nil, func(s *scene) {
			s.lasts(3 * time.Minute)
			s.exist("web-1 web-2")
			if n, settled, err := s.p.Size(s.ctx); n != 2 || !settled || err != nil {
				s.Errorf("Size = %d, %v, %v", n, settled, err)
			}
			if err := s.p.Resize(s.ctx, 3); err == nil || !strings.Contains(err.Error(), "want 2 to 2") {
				s.Errorf("Resize beyond the limits: %v", err)
			}
		}},
		{"drains its requests, but not for ever", 1, 4, 2, func(o *pool.Options) { o.DrainTimeout = 10 * time.Second }, func(s *scene) {
			s.asks(1)
			s.lasts(6 * time.Second)
			s.says("web-2 draining", "1 requests left", "there are more than wanted")
			s.lasts(60 * time.Second)
			if got := s.w.Names(); len(got) != 1 {
				s.Errorf("there are %v", got)
			}
		}},
		{"one that never runs is given up, and the next comes later each time", 1, 4, 1, nil, func(s *scene) {
			s.asks(2)
			s.lasts(15 * time.Second)
			s.w.Stick("web-2")
			s.lasts(5*time.Minute + 10*time.Second)
			s.exist("web-1")
			s.says("no server is made before", "failed once: web-2: it was not active in time")
			if n, settled, err := s.p.Size(s.ctx); n != 2 || !settled || err != nil {
				s.Errorf("Size while creation is put off = %d, %v, %v, want 2 and settled, so that the bot can go on", n, settled, err)
			}
			s.told("created web-2", "failed web-2", "destroyed web-2", "blocked create")
			s.lasts(3 * time.Minute)
			s.exist("web-1 web-2")
			s.says("!no server is made", "!failed")
		}},
		{"one that is never healthy is given up", 1, 4, 1, nil, func(s *scene) {
			s.asks(2)
			s.lasts(15 * time.Second)
			s.w.Sicken("web-2", true)
			s.lasts(time.Minute)
			s.says("web-2 creating: active, waiting for health", "it answers with status 503")
			s.lasts(5 * time.Minute)
			s.says("it was not healthy in time: it answers with status 503")
		}},
		{"one that never joins is given up", 1, 4, 1, func(o *pool.Options) { o.JoinedWithin = 20 * time.Second }, func(s *scene) {
			s.w.Join = time.Hour
			s.asks(2)
			s.lasts(75 * time.Second)
			s.says("web-2 creating: healthy, joining the balancer")
			s.lasts(37 * time.Second)
			s.says("it was not serving in time")
		}},
		{"what cannot be made is given up at once", 1, 4, 1, nil, func(s *scene) {
			s.asks(2)
			s.lasts(20 * time.Second)
			s.w.Fail("web-2", pool.Failed)
			s.lasts(20 * time.Second)
			s.exist("web-1")
			s.says("no server is made before", "could not make it")
		}},
		{"an order that is refused is told, and sent again later each time", 1, 4, 1, nil, func(s *scene) {
			s.w.SetFault(func(c pooltest.Call) pooltest.Fault {
				return pick(c.Name == "Create", pooltest.Refuses)
			})
			s.asks(3)
			s.lasts(time.Hour)
			if n := strings.Count(s.log.String(), "could not create"); n < 6 || n > 9 {
				s.Errorf("the order was sent %d times in an hour, want about 8", n)
			}
			s.says("no more servers for this account", "times in a row")
			s.told("blocked create")
			s.w.SetFault(nil)
			s.lasts(20 * time.Minute)
			s.exist("web-1 web-2 web-3")
			s.told("created web-2", "joined web-2", "cleared create", "created web-3", "joined web-3")
		}},
		{"no more is made than may be paid for", 1, 4, 1, func(o *pool.Options) { o.MaxDollarsPerHour = 0.02 }, func(s *scene) {
			s.asks(3)
			s.lasts(3 * time.Minute)
			s.exist("web-1 web-2")
			s.says("would then cost $0.03 an hour, and may cost $0.02", "2 serving, 2 existing, limits 1 to 4, $0.02 an hour")
			s.told("blocked cost", "created web-2", "joined web-2")
		}},
		{"nothing is made where nobody says what it costs", 1, 4, 0, func(o *pool.Options) { o.MaxDollarsPerHour = 1 }, func(s *scene) {
			s.lasts(3 * time.Minute)
			s.exist("")
			s.says("nobody says what one costs")
		}},
		{"one that fails for long is replaced, by one that is made first", 1, 4, 2, nil, func(s *scene) {
			s.w.Sicken("web-1", true)
			s.lasts(4 * time.Minute)
			s.exist("web-1! web-2")
			s.says("web-1 serving, failing", "503")
			s.lasts(2*time.Minute + 10*time.Second)
			s.exist("web-1! web-2 web-3!")
			if n, settled, err := s.p.Size(s.ctx); n != 2 || !settled || err != nil {
				s.Errorf("Size while one is replaced = %d, %v, %v, want 2, true, nil", n, settled, err)
			}
			s.lasts(4 * time.Minute)
			s.exist("web-2 web-3")
			s.told("created web-3", "joined web-3", "failed web-1", "destroyed web-1")
		}},
		{"one that the balancer sees failing is replaced as well", 1, 4, 3, nil, func(s *scene) {
			s.w.Down("web-1", true)
			s.lasts(12 * time.Minute)
			s.exist("web-2 web-3 web-4")
		}},
		{"one that is well again is not replaced", 1, 4, 2, nil, func(s *scene) {
			s.w.Sicken("web-1", true)
			s.lasts(6*time.Minute + 20*time.Second)
			s.exist("web-1! web-2 web-3!")
			s.w.Sicken("web-1", false)
			s.lasts(3 * time.Minute)
			s.exist("web-1 web-2")
		}},
		{"at the maximum the one that fails goes first", 2, 3, 3, nil, func(s *scene) {
			s.w.Sicken("web-2", true)
			s.lasts(12 * time.Minute)
			s.exist("web-1 web-2 web-3")
			s.told("failed web-2", "destroyed web-2", "created web-2", "joined web-2")
		}},
		{"the only server that may be is replaced when it is dead", 1, 1, 1, nil, func(s *scene) {
			s.w.Sicken("web-1", true)
			s.lasts(12 * time.Minute)
			s.exist("web-1")
			s.told("failed web-1", "destroyed web-1", "created web-1", "joined web-1")
		}},
		{"nobody is replaced where that is not wanted", 1, 4, 3, func(o *pool.Options) { o.ReplaceAfter = -1 }, func(s *scene) {
			s.w.Sicken("web-2", true)
			s.lasts(time.Hour)
			s.exist("web-1 web-2! web-3")
		}},
		{"nobody is replaced where most fail at once", 1, 6, 3, nil, func(s *scene) {
			s.w.Sicken("web-1", true)
			s.w.Sicken("web-2", true)
			s.lasts(time.Hour)
			s.exist("web-1! web-2! web-3")
			s.says("2 of 3 servers fail at once, so none is replaced")
			s.told("blocked mass")
			s.again() // even a bot that has just started, and knows nothing, empties no pool
			s.lasts(time.Hour)
			s.exist("web-1! web-2! web-3")
		}},
		{"servers in rotation do not go because they left the balancer", 1, 6, 3, nil, func(s *scene) {
			s.w.Sicken("web-1", true)
			s.w.Sicken("web-2", true)
			s.w.Forget("web-1")
			s.w.Forget("web-2")
			s.w.Forget("web-3")
			s.lasts(time.Hour)
			s.exist("web-1! web-2! web-3")
		}},
		{"a member whose server is no more is taken out", 1, 4, 2, nil, func(s *scene) {
			s.lasts(time.Minute)
			s.w.Vanish("web-1")
			s.lasts(5 * time.Minute)
			s.exist("web-2 web-3")
			if o := s.w.Orphans(); len(o) > 0 {
				s.Errorf("%v are left", o)
			}
			s.told("failed web-1", "created web-3", "joined web-3")
		}},
		{"of two servers of a name the one that serves stays", 1, 4, 2, nil, func(s *scene) {
			s.w.Twin("web-1")
			s.lasts(time.Minute)
			s.exist("web-1 web-2")
			s.told("destroyed web-1")
		}},
		{"one that was being drained when the bot started goes on", 1, 4, 3, nil, func(s *scene) {
			s.asks(2)
			s.lasts(6 * time.Second)
			s.again()
			s.lasts(3 * time.Minute)
			s.exist("web-1 web-2")
		}},
		{"one that is switched off is replaced", 1, 4, 2, nil, func(s *scene) {
			s.w.Fail("web-2", pool.Off)
			s.lasts(15 * time.Minute)
			s.exist("web-1 web-3")
		}},
		{"a dry run changes nothing, and says what it would do", 1, 4, 2, func(o *pool.Options) { o.Observe = true }, func(s *scene) {
			s.asks(3)
			s.lasts(5 * time.Minute)
			s.exist("web-1 web-2")
			s.says("would create web-3: 3 are wanted")
			s.asks(1)
			s.lasts(time.Minute)
			s.says("would drain web-2: there are more than wanted")
			s.exist("web-1 web-2")
			s.told()
			if n := strings.Count(s.log.String(), "would create"); n != 1 {
				s.Errorf("logged %d times what would be made, want once:\n%s", n, s.log)
			}
		}},
		{"servers of another size take the place of all, one at a time", 2, 4, 3, nil, func(s *scene) {
			s.sizes("large")
			s.lasts(20 * time.Minute)
			s.exist("web-1 web-2 web-4")
			s.are("large", "web-1", "web-2", "web-4")
			if n := strings.Count(s.log.String(), "as it is of another size than wanted"); n != 3 {
				s.Errorf("%d servers were made, want 3", n)
			}
		}},
		{"at the maximum one goes before the one of another size comes", 1, 3, 3, nil, func(s *scene) {
			s.sizes("large")
			s.lasts(20 * time.Minute)
			s.exist("web-1 web-2 web-3")
			s.are("large", "web-1", "web-2", "web-3")
		}},
		{"where no more may be paid for, too", 1, 9, 3, func(o *pool.Options) { o.MaxDollarsPerHour, o.Price = 0.03, 0.01 }, func(s *scene) {
			s.sizes("large")
			s.lasts(20 * time.Minute)
			s.are("large", "web-1", "web-2", "web-3")
		}},
		{"none goes for one that may not be paid for", 1, 3, 3, func(o *pool.Options) {
			o.MaxDollarsPerHour, o.Sizes = 0.03, []pool.Size{{Name: "small", Price: 0.01}, {Name: "large", Price: 0.02}}
		}, func(s *scene) {
			s.sizes("large")
			s.lasts(20 * time.Minute)
			s.exist("web-1 web-2 web-3")
			s.are("small", "web-1", "web-2", "web-3")
			s.says("would then cost $0.04 an hour, and may cost $0.03")
		}},
		{"a size that is taken back", 1, 4, 2, nil, func(s *scene) {
			s.sizes("large")
			s.lasts(20 * time.Second)
			s.exist("web-1 web-2 web-3!")
			s.sizes("small")
			s.lasts(10 * time.Minute)
			s.exist("web-1 web-2")
			s.are("small", "web-1", "web-2")
		}},
		{"the only server that may be keeps its size without a window", 1, 1, 1, nil, func(s *scene) {
			s.sizes("large")
			s.lasts(time.Hour)
			s.exist("web-1")
			s.are("small", "web-1")
			s.says("means downtime, and no maintenance window is set")
			s.told("blocked maintenance")
		}},
		{"the only server that may be is resized in the window", 1, 1, 1, func(o *pool.Options) {
			o.Maintenance = func(now time.Time) bool { return now.Hour() == 2 }
		}, func(s *scene) {
			s.sizes("large")
			s.lasts(110 * time.Minute)
			s.are("small", "web-1")
			s.says("is resized in its place in the maintenance window, with downtime")
			s.w.Limits = nil // there is downtime
			s.lasts(15 * time.Minute)
			s.exist("web-1")
			s.are("large", "web-1")
			s.says("!maintenance")
			if strings.Contains(s.log.String(), "pool: destroy") {
				s.Errorf("it was not resized in its place:\n%s", s.log)
			}
		}},
		{"a resize that fails is told, and the server serves again", 1, 1, 1, func(o *pool.Options) {
			o.Maintenance = func(time.Time) bool { return true }
		}, func(s *scene) {
			s.w.Limits = nil // there is downtime
			s.lasts(time.Second)
			s.w.SetFault(func(c pooltest.Call) pooltest.Fault { return pick(c.Name == "Resize", pooltest.FailsFirst) })
			s.sizes("large")
			s.lasts(5 * time.Minute)
			s.exist("web-1")
			s.are("small", "web-1")
			s.says("is not tried again before 00:15:", ": the world is out of order")
			s.told("failed web-1", "blocked maintenance")
			s.w.SetFault(nil)
			s.lasts(20 * time.Minute)
			s.are("large", "web-1")
			s.exist("web-1")
		}},
		{"one is drained by hand, and another takes its place", 1, 4, 2, nil, func(s *scene) {
			s.lasts(time.Second)
			if err := s.p.Drain(s.ctx, "web-1"); err != nil {
				s.Error(err)
			}
			s.lasts(time.Second)
			s.says("web-1 draining", "somebody asked for that")
			s.lasts(3 * time.Minute)
			s.exist("web-2 web-3")
		}},
		{"an order that is not listed yet counts beside one that drains", 1, 3, 2, nil, func(s *scene) {
			s.lasts(15 * time.Second)
			if err := s.p.Drain(s.ctx, "web-1"); err != nil {
				s.Error(err)
			}
			s.asks(3)
			s.lasts(7 * time.Second)
			s.exist("web-1! web-2 web-3!")
			s.lasts(4 * time.Minute)
			s.exist("web-1 web-2 web-3")
		}},
		{"one is destroyed by hand", 1, 4, 2, nil, func(s *scene) {
			var said []string
			if err := s.p.Destroy(s.ctx, "web-1", func(text string) { said = append(said, text) }); err != nil {
				s.Error(err)
			}
			time.Sleep(s.w.End)
			s.exist("web-2")
			if want := "draining web-1 for 1m0s at the most|taking web-1 out of the balancer|destroying web-1"; strings.Join(said, "|") != want {
				s.Errorf("said %q, want %q", said, want)
			}
			s.lasts(3 * time.Minute)
			s.exist("web-1 web-2") // as many are wanted as before
			s.told("created web-1", "joined web-1")
		}},
		{"what is refused by hand", 2, 4, 2, nil, func(s *scene) {
			s.w.Foreign("other-1")
			for name, want := range map[string]string{
				"web-1":   "2 serve, and no fewer than 2 may",
				"web-9":   "no server of this name, only web-1, web-2",
				"other-1": "no server of this name",
			} {
				for _, err := range []error{s.p.Drain(s.ctx, name), s.p.Destroy(s.ctx, name, nil)} {
					if err == nil || !strings.Contains(err.Error(), want) {
						s.Errorf("%s by hand: %v, want %q", name, err, want)
					}
				}
			}
			s.exist("web-1 web-2")
		}},
		{"what cannot be read is told, and nothing is changed", 1, 4, 2, nil, func(s *scene) {
			s.lasts(time.Second)
			s.asks(3)
			s.w.SetFault(func(c pooltest.Call) pooltest.Fault { return pick(c.Name == "Members", pooltest.FailsFirst) })
			s.lasts(time.Hour)
			s.exist("web-1 web-2")
			s.says("cannot be read: read who is behind the balancer: the world is out of order")
			if _, _, err := s.p.Size(s.ctx); err == nil {
				s.Error("Size of a pool that cannot be read gave no error")
			}
			s.w.SetFault(nil)
			s.lasts(3 * time.Minute)
			s.exist("web-1 web-2 web-3")
			s.told("blocked read", "cleared read", "created web-3", "joined web-3")
		}},
		{"a list that is too short empties nothing", 1, 4, 3, nil, func(s *scene) {
			s.lasts(time.Second)
			s.w.SetFault(func(c pooltest.Call) pooltest.Fault { return pick(c.Name == "List", pooltest.Forgets) })
			s.lasts(time.Hour)
			s.exist("web-1 web-2 web-3")
		}},
		{"nor where the balancer only knows names", 1, 4, 3, nil, func(s *scene) {
			s.w.Nameless = true
			s.lasts(time.Second)
			s.w.SetFault(func(c pooltest.Call) pooltest.Fault { return pick(c.Name == "List", pooltest.Forgets) })
			s.lasts(time.Hour)
			s.exist("web-1 web-2 web-3")
			s.told()
		}},
		{"a provider that knows none of the servers any more empties no balancer", 0, 4, 2, nil, func(s *scene) {
			s.w.Vanish("web-1")
			s.w.Vanish("web-2")
			s.lasts(time.Hour)
			if o := s.w.Orphans(); len(o) != 2 {
				s.Errorf("%v are left", o)
			}
			s.asks(1)
			s.lasts(5 * time.Minute)
			s.exist("web-3")
			if o := s.w.Orphans(); len(o) != 0 {
				s.Errorf("%v are left although another serves", o)
			}
		}},
		{"without a balancer", 1, 4, 1, func(o *pool.Options) { o.Balancer = nil }, func(s *scene) {
			s.asks(3)
			s.lasts(3 * time.Minute)
			s.says("3 wanted, 3 serving, 3 existing")
			s.asks(1)
			s.lasts(time.Minute)
			s.says("1 wanted, 1 serving, 1 existing", "web-1 serving")
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := slowWorld(c.least, c.most)
				c.tell(stage(t, c.servers, w, c.change))
			})
		})
	}
}

// pick is a fault where something holds.
func pick(holds bool, f pooltest.Fault) pooltest.Fault {
	if holds {
		return f
	}
	return pooltest.Works
}
