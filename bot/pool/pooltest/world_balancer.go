package pooltest

import (
	"context"
	"slices"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/pool"
)

func (w *World) memberState(m *member, now time.Time) pool.MemberState {
	switch {
	case !m.drained.IsZero() && now.Sub(m.drained) < w.Busy:
		return pool.Draining
	case !m.drained.IsZero():
		return pool.Drained
	case m.foreign:
		return pool.Serving
	case now.Sub(m.added) < w.Join || w.doubt != "" && !m.added.Before(w.doubted):
		return pool.Joining
	case m.down:
		return pool.Down
	}
	return pool.Serving
}

// Members implements [pool.Balancer].
func (w *World) Members(ctx context.Context) ([]pool.Member, error) {
	_, fail := w.enter(ctx, "Members")
	if err := fail(); err != nil {
		return nil, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.now()
	var list []pool.Member
	for id, m := range w.members {
		t := m.Member
		t.ID, t.State, t.Requests = id, w.memberState(m, now), 0
		switch t.State {
		case pool.Draining:
			t.Requests = 1
		case pool.Joining:
			t.Note = w.doubt
		}
		if w.Nameless {
			t.ID = ""
		}
		list = append(list, t)
	}
	slices.SortFunc(list, func(a, b pool.Member) int { return compare(a.Address, b.Address) })
	return list, nil
}

// Add implements [pool.Balancer].
func (w *World) Add(ctx context.Context, s pool.Server) error {
	act, fail := w.enter(ctx, "Add")
	if act {
		w.mu.Lock()
		w.join(s, w.now())
		w.mu.Unlock()
	}
	return fail()
}

// The caller holds the lock.
func (w *World) join(s pool.Server, now time.Time) {
	if w.members == nil {
		w.members = map[string]*member{}
	}
	m := w.members[s.ID]
	if m == nil {
		m = &member{Member: pool.Member{Name: s.Name, Address: s.Address}, added: now}
		w.members[s.ID] = m
	}
	if at := w.find(s.ID); w.Limits != nil && (at == nil || !w.well(at, now) && m.drained.IsZero()) {
		w.violate("%s was put behind the balancer although it is not healthy", s.Name)
	}
	m.drained, m.Partly = time.Time{}, false
}

// Drain implements [pool.Balancer].
func (w *World) Drain(ctx context.Context, m pool.Member) error {
	act, fail := w.enter(ctx, "Drain")
	if act {
		w.mu.Lock()
		if own, _ := w.own(m); own != nil {
			if own.Partly = false; own.drained.IsZero() {
				w.leaves(own, "drain")
				own.drained = w.now()
			}
		}
		w.mu.Unlock()
	}
	return fail()
}

// Remove implements [pool.Balancer].
func (w *World) Remove(ctx context.Context, m pool.Member) error {
	act, fail := w.enter(ctx, "Remove")
	if act {
		w.mu.Lock()
		if own, id := w.own(m); own != nil {
			if own.drained.IsZero() {
				w.leaves(own, "remove")
			}
			if at := w.find(id); at != nil && at.ended.IsZero() && w.memberState(own, w.now()) == pool.Draining {
				w.violate("%s was removed from the balancer with requests in flight", own.Name)
			}
			delete(w.members, id)
		}
		w.mu.Unlock()
	}
	return fail()
}

func (w *World) own(m pool.Member) (*member, string) {
	for id, own := range w.members {
		if m.ID == id || m.ID == "" && m.Name == own.Name && m.Address == own.Address {
			if own.foreign {
				w.violate("the member %s is not the pool's, and was touched", own.Name)
			}
			return own, id
		}
	}
	return nil, ""
}

// Only healthy members count.
func (w *World) leaves(m *member, call string) {
	now := w.now()
	if w.Limits == nil || !w.counts(m, now) {
		return
	}
	serving := 0
	for _, other := range w.members {
		if w.counts(other, now) {
			serving++
		}
	}
	if least, _ := w.Limits(now); serving-1 < least {
		w.violate("%s %s leaves %d serving, and the minimum is %d", call, m.Name, serving-1, least)
	}
}

func (w *World) counts(m *member, now time.Time) bool {
	if m.foreign || w.memberState(m, now) != pool.Serving {
		return false
	}
	for id, own := range w.members {
		if own == m {
			s := w.find(id)
			return s != nil && s.ended.IsZero() && w.well(s, now)
		}
	}
	return false
}
