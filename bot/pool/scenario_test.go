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

type scenario struct {
	*testing.T
	life
	log    *bytes.Buffer
	events []pool.Event
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// The n servers have served for an hour.
func stage(t *testing.T, n int, w *pooltest.World, change func(*pool.Options)) *scenario {
	s := &scenario{T: t, log: &bytes.Buffer{}}
	w.Serve("web", n)
	s.life = life{ctx: t.Context(), fail: t.Errorf, w: w}
	s.life.change = func(o *pool.Options) {
		o.Log = slog.New(slog.NewTextHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		o.Notify = func(e pool.Event) {
			_ = s.p.Status() // Notify may call Status
			s.events = append(s.events, e)
		}
		if change != nil {
			change(o)
		}
	}
	s.again()
	return s
}

func (s *scenario) again() { s.p = open(s.fail, s.w, s.life.change) }

func (s *scenario) startsWith(change func(*pool.Options)) {
	before := s.life.change
	s.life.change = func(o *pool.Options) {
		before(o)
		change(o)
	}
	s.again()
}

// A little longer than d, so that it never ends at the moment of a pass.
func (s *scenario) lasts(d time.Duration) { run(s.ctx, s.p, d+700*time.Millisecond) }

func (s *scenario) asks(n int) {
	s.Helper()
	if err := s.p.Resize(s.ctx, n); err != nil {
		s.Error(err)
	}
}

// Bypasses the pool.
func (s *scenario) drains(name string) {
	s.Helper()
	members, err := s.w.Members(s.ctx)
	for _, m := range members {
		if m.Name == name {
			err = s.w.Drain(s.ctx, m)
		}
	}
	if err != nil {
		s.Error(err)
	}
}

func (s *scenario) members() int {
	s.Helper()
	members, err := s.w.Members(s.ctx)
	if err != nil {
		s.Error(err)
	}
	return len(members)
}

func (s *scenario) sizes(name string) {
	s.Helper()
	if err := s.p.SetDynoSize(s.ctx, name); err != nil {
		s.Error(err)
	}
}

func (s *scenario) are(size string, names ...string) {
	s.Helper()
	for _, n := range names {
		if got := s.w.SizeOf(n); got != size {
			s.Errorf("%s is %s, want %s\n%s\n%s", n, got, size, s.p.Status(), s.log)
		}
	}
}

// A server that does not serve is marked: "web-1 web-2!".
func (s *scenario) exist(want string) {
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

func (s *scenario) existing(n int) {
	s.Helper()
	if names := s.w.Names(); len(names) != n {
		s.Errorf("there are %v, want %d\n%s", names, n, s.log)
	}
}

// The desired number is n, and the bot can continue.
func (s *scenario) settled(n int) {
	s.Helper()
	if got, settled, err := s.p.Size(s.ctx); got != n || !settled || err != nil {
		s.Errorf("Size = %d, %v, %v, want %d and settled\n%s", got, settled, err, n, s.p.Status())
	}
}

func (s *scenario) unsettled() {
	s.Helper()
	if _, settled, _ := s.p.Size(s.ctx); settled {
		s.Error("it is settled while a server is being created")
	}
}

// A text that begins with "!" must be absent.
func (s *scenario) says(texts ...string) {
	s.Helper()
	for _, want := range texts {
		text, not := strings.CutPrefix(want, "!")
		if strings.Contains(s.p.Status().String(), text) == not {
			s.Errorf("the status should%s hold %q:\n%s", map[bool]string{true: " not"}[not], text, s.p.Status())
		}
	}
}

// Exactly these events since the last call: "created web-3", "blocked cost".
func (s *scenario) notified(want ...string) {
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

type story struct {
	name        string
	least, most int
	servers     int
	change      func(*pool.Options)
	play        func(*scenario)
}

func play(t *testing.T, stories []story) {
	t.Helper()
	for _, c := range stories {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c.play(stage(t, c.servers, slowWorld(c.least, c.most), c.change))
			})
		})
	}
}

// The call fails each time.
func at(call string, f pooltest.Fault) func(pooltest.Call) pooltest.Fault {
	return func(c pooltest.Call) pooltest.Fault {
		if c.Name == call {
			return f
		}
		return pooltest.Works
	}
}
