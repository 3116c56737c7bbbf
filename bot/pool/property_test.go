package pool_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/autoscalebot/autoscalebot/bot/pool"
	"github.com/autoscalebot/autoscalebot/bot/pool/manual"
	"github.com/autoscalebot/autoscalebot/bot/pool/pooltest"
	"github.com/autoscalebot/autoscalebot/bot/rapidtest"
)

// What A and B mean depends on Kind.
type happening struct {
	What string
	A, B int
}

type machine struct {
	life
	least, most int
}

func (m *machine) limits(time.Time) (int, int) { return m.least, m.most }

func (m *machine) passes(n int) {
	for range n {
		if m.p == nil {
			m.p = open(m.fail, m.w, m.change)
		}
		ctx, cancel := context.WithCancel(m.ctx)
		m.kill = cancel
		wait, _ := m.p.Step(ctx, time.Now())
		cancel()
		if m.dead {
			m.dead, m.p = false, nil
		}
		time.Sleep(wait)
	}
}

// n is A modulo the number of servers.
func (m *machine) happens() map[string]func(h happening, server string) {
	faults := []pooltest.Fault{pooltest.FailsFirst, pooltest.FailsLast, pooltest.HangsFirst, pooltest.HangsLast, pooltest.Refuses}
	calls := []string{"Create", "Destroy", "Add", "Drain", "Remove", "List", "Members", "Describe"}
	return map[string]func(happening, string){
		"step":       func(h happening, _ string) { m.passes(1 + h.A%6) },
		"step on":    func(h happening, _ string) { m.passes(1 + h.A%20) },
		"step again": func(happening, string) { m.passes(1) },
		"wait":       func(h happening, _ string) { time.Sleep(time.Duration(h.A) * time.Second) },
		"resize": func(h happening, _ string) {
			m.asks(func(p *pool.Pool) { _ = p.Resize(m.ctx, m.least+h.A%(m.most-m.least+1)) })
		},
		"change size": func(h happening, _ string) {
			m.asks(func(p *pool.Pool) { _ = p.SetDynoSize(m.ctx, []string{"small", "large"}[h.A%2]) })
		},
		"a call fails": func(h happening, _ string) {
			m.w.SetFault(m.faults(m.w.Calls()+1+h.A%12, faults[h.B%len(faults)], false))
		},
		"killed": func(h happening, _ string) {
			m.w.SetFault(m.faults(m.w.Calls()+1+h.A%12, faults[h.B%2], true))
		},
		"calls fail": func(h happening, _ string) {
			m.w.SetFault(func(c pooltest.Call) pooltest.Fault {
				if c.Name == calls[h.A%len(calls)] {
					return faults[h.B%len(faults)]
				}
				return pooltest.Works
			})
		},
		"calls work": func(happening, string) { m.w.SetFault(nil) },
		"limits":     func(h happening, _ string) { m.most = h.A % 7; m.least = h.B % (m.most + 1) },
		"sick":       func(h happening, s string) { m.w.Sicken(s, h.B%3 > 0) },
		"down":       func(h happening, s string) { m.w.Down(s, h.B%3 > 0) },
		"stuck":      func(_ happening, s string) { m.w.Stick(s) },
		"lost":       func(_ happening, s string) { m.w.Vanish(s) },
		"off":        func(_ happening, s string) { m.w.Fail(s, pool.Off) },
		"failed":     func(_ happening, s string) { m.w.Fail(s, pool.Failed) },
		"twin":       func(_ happening, s string) { m.w.Twin(s) },
		"drained": func(_ happening, s string) {
			m.byHand(func(ctx context.Context, o *manual.Operator) (*manual.Plan, error) { return o.Drain(ctx, s) })
		},
		"destroyed": func(_ happening, s string) {
			m.byHand(func(ctx context.Context, o *manual.Operator) (*manual.Plan, error) { return o.Destroy(ctx, s) })
		},
	}
}

func (m *machine) asks(do func(*pool.Pool)) {
	if m.p == nil {
		return
	}
	_, cancel := context.WithCancel(m.ctx)
	m.kill = cancel
	do(m.p)
	if m.dead {
		m.dead, m.p = false, nil
	}
	cancel()
}

// The plan may remove the last server that serves.
func (m *machine) byHand(plan func(context.Context, *manual.Operator) (*manual.Plan, error)) {
	least := m.least
	m.least = 0
	m.asks(func(*pool.Pool) {
		ctx, cancel := context.WithTimeout(m.ctx, time.Minute)
		defer cancel()
		if p, err := plan(ctx, operator(m.w)); err == nil {
			_, _ = p.Do(ctx, func(string) {})
		}
	})
	m.least = least
}

// Whatever happens, no pool has more servers than its maximum, serves with fewer than its minimum, or touches a server
// that is not its own. Once all faults are over it reaches the desired state, with nothing left over.
func TestWhateverHappens(t *testing.T) {
	var whats []string
	for what := range (&machine{}).happens() {
		whats = append(whats, what)
	}
	slices.Sort(whats)
	one := rapid.Custom(func(t *rapid.T) happening {
		return happening{rapid.SampledFrom(whats).Draw(t, "what"), rapid.IntRange(0, 400).Draw(t, "a"), rapid.IntRange(0, 20).Draw(t, "b")}
	})
	rapidtest.Check(t, func(rt *rapid.T) {
		all := rapid.SliceOfN(one, 1, 60).Draw(rt, "happenings")
		servers, nameless, careful := rapid.IntRange(0, 4).Draw(rt, "servers"), rapid.Bool().Draw(rt, "nameless"), rapid.Bool().Draw(rt, "careful")
		want := rapid.IntRange(1, 6).Draw(rt, "wanted in the end")
		var wrong []string
		synctest.Test(t, func(t *testing.T) {
			m := &machine{least: 1, most: 5}
			m.ctx, m.kill = t.Context(), func() {}
			m.fail = func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
			m.w = slowWorld(0, 0)
			m.w.Limits, m.w.Nameless = m.limits, nameless
			m.w.Serve("web", servers)
			m.w.Foreign(map[bool]string{true: "other-9", false: "web-9"}[nameless]) // where only names tell, a name is enough
			m.change = func(o *pool.Options) {
				if careful {
					o.Parallel, o.OldestFirst, o.Price, o.MaxDollarsPerHour = 1, true, 0.01, 0.06
				}
			}
			happens := m.happens()
			for _, h := range all {
				server := ""
				if names := m.w.Names(); len(names) > 0 {
					server = names[h.A%len(names)]
				}
				if server != "" || h.What != "twin" {
					happens[h.What](h, server)
				}
			}
			m.settle(want)
		})
		if len(wrong) > 0 {
			rt.Fatal(strings.Join(wrong, "\n"))
		}
	})
}

func (m *machine) settle(want int) {
	m.w.Heal()
	m.dead = false
	m.least, m.most = 1, 6
	if m.p == nil {
		m.p = open(m.fail, m.w, m.change)
	}
	run(m.ctx, m.p, time.Hour)
	if err := m.p.Resize(m.ctx, want); err != nil {
		m.fail("Resize: %v", err)
	}
	if err := m.p.SetDynoSize(m.ctx, "large"); err != nil {
		m.fail("SetDynoSize: %v", err)
	}
	run(m.ctx, m.p, 2*time.Hour)
	for _, name := range m.w.Names() {
		if size := m.w.SizeOf(name); size != "large" {
			m.fail("%s is %s\n%s", name, size, m.p.Status())
		}
	}
	if n, settled, err := m.p.Size(m.ctx); n != want || !settled || err != nil {
		m.fail("Size = %d, %v, %v, want %d, true, nil\n%s", n, settled, err, want, m.p.Status())
	}
	m.whole(want)
}
